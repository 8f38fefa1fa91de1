"""The embedded world: problems that CPython can check, a teacher that is CPython, and a tiny student.

`programs` makes the problems, `tracer` the teacher's traces, `tokenizer` and `build` the student, whose weights are
in `student/`. The student is one synthetic task's; what a curve on it says about sizes does not carry over.
"""

from pathlib import Path


def student_folder() -> Path:
    """The folder of the shipped student, in ordinary `transformers` format."""
    # Beside this file rather than through importlib.resources: transformers needs a real folder to load from.
    return Path(__file__).parent / "student"
