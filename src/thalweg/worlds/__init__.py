"""Many small studies and planted faults, run once: what forecasts, advice and diagnosis were learned and judged on.

Their outcomes ship with `thalweg.miniature` as scores, so a user never runs these.
"""
