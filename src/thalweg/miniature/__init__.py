"""The embedded world: problems that CPython can check, a teacher that is CPython, and a tiny student.

`programs` makes the problems, `tracer` the teacher's traces, `tokenizer` and `build` the student, whose weights are
in `student/`. The second miniature is beside it, with the same lines of code and another task: `synthesis`,
`synthesis_tracer`, `build_synthesis` and `student_synthesis/`. A student is one synthetic task's; what a curve on it
says about sizes does not carry over.
"""

from pathlib import Path

STUDENTS = {"miniature": "student", "miniature-synthesis": "student_synthesis"}  # what a study calls them


def student_folder(name: str = "miniature") -> Path:
    """The folder of a shipped student, in ordinary `transformers` format."""
    # Beside this file rather than through importlib.resources: transformers needs a real folder to load from.
    return Path(__file__).parent / STUDENTS[name]
