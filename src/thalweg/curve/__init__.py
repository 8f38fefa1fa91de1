"""Scores to curve: rates with intervals, the valley, break-even, and the dip taken apart by its control arms.

    outcome ──▶ score ──▶ scores.json                     rates.py, documents.py
       └──▶ book ──▶ panel ──▶ estimate ──▶ intervals     panel.py, intervals.py
                                  ├──▶ valley, break-even valley.py, break_even.py
                                  ├──▶ fit ──▶ curve.json fit.py, documents.py
                                  ├──▶ controls           controls.py
                                  └──▶ contrasts          contrasts.py

Every comparison is a contrast of one `Estimate`: the scores of several rungs on the same problems, with a covariance
over problems (clustered) and one over seeds. Not covered here: scaling-law models, advice, published tables.
"""
