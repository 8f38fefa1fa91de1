"""From responses to verdicts.

`grader.py` judges, `extract.py` finds the final answer, `compare.py` and `math.py` decide whether two answers are the
same. Nothing here executes what a model wrote.
"""

from thalweg.grade.grader import GRADERS, check_gradable, grade, grade_all

__all__ = ["GRADERS", "check_gradable", "grade", "grade_all"]
