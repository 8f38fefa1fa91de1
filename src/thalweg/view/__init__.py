"""`thalweg view`: a study in the browser, on this machine alone, read-only.

    catalogue  what the study's folder holds: models, pools, files
    index      one row a response as NumPy columns: what filters read; no text
    flags      whether responses think and finish, from whole columns of text
    scored     the same from `scores.parquet`, where a study has been scored
    filters    a question in the page's address -> row numbers
    texts      responses and verdicts of the rows shown, and the search through texts
    contrast   two models on the same problems: who solves what, with the paired difference
    words      what differs between two responses, word by word
    funnels    corpora: what became of the pool, row by row
    shown      responses and problems as plain values
    answers    the page's requests -> plain values
    server     HTTP on loopback; page/ holds the page itself (HTML, CSS, JavaScript; no framework, no network)

Not covered: writing anything, more than one study at a time, and access from other machines.
"""
