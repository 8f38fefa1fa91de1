"""Programs that try to break out of the sandbox, and what becomes of each.

`kit.py` stands in front of every program; the tables of programs are `processes`, `memory`, `endless`, `output`,
`network`, `reading`, `writing`, `control`, `kernel` and `harness`; `host.py` watches the machine, and `runner.py` runs
all in one pool and reports as JSON. Nothing here stands on more than the standard library and `thalweg.sandbox`, so
that another user with another interpreter can run it.

These are tests of our own walls and belong inside them: nothing here may run as a plain program. Where success would
hurt the machine, the attack stops at the proof (signal 0, a file opened but not written, worthless arguments).
"""
