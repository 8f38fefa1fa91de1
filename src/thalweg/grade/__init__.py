"""From responses to verdicts.

`grader.py` dispatches and keeps the order, `files.py` grades files of any length, `bench.py` holds the workers.
Programs are judged by `stdin.py`, `calls.py`, `asserts.py`, `unittests.py` and `predicates.py`, and by `lcb.py` as
LiveCodeBench does; values by `math.py`, `literal.py` and `gym.py`. Programs run in `thalweg.sandbox` alone.
"""

from thalweg.grade.bench import Bench, GraderName, Judge, Settings
from thalweg.grade.files import grade_file
from thalweg.grade.finding import Finding
from thalweg.grade.grader import GRADERS, NEED_SANDBOX, JudgeModel, check_gradable, grade, grade_all, open_sandbox

__all__ = [
    "GRADERS",
    "NEED_SANDBOX",
    "Bench",
    "Finding",
    "GraderName",
    "Judge",
    "JudgeModel",
    "Settings",
    "check_gradable",
    "grade",
    "grade_all",
    "grade_file",
    "open_sandbox",
]
