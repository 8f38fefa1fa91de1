"""From responses to verdicts. (While its parts are being written, this loads nothing by itself.)"""
