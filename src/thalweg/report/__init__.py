"""The report of a study: one self-contained HTML file, its figure as SVG and PNG, and a page server on loopback.

data.py      what a report is made of          rungs.py    one line a rung, seeds put together
verdict.py   the verdict in words              figures.py  the curve, the four cells, the other benchmarks
tables.py    rungs and corpora                 samples.py  what the student said, rung by rung
pareto.py    in-domain against out-of-domain   forest.py   differences between arms
scatters.py  metrics against scores            canvas.py   what all figures share
html.py      the page                          style.py    its style sheet
view.py      serves it
"""
