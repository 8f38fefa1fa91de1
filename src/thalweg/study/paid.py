"""Responses that were paid for are not thrown away because a study file has changed.

Everything else that a study makes is made again when what it rests on changes. Responses of an endpoint cost money, so
a study that no longer asks for those in its folder is refused until the user has moved them away. A try that brought
nothing and cost nothing (a wrong model, no key) is no reason. Not covered: folders that are deleted by hand.
"""

from itertools import pairwise
from pathlib import Path

from thalweg.errors import InputError
from thalweg.generate.journal import Journal
from thalweg.study.config import Loaded
from thalweg.study.data import teacher_mark
from thalweg.study.endpoints import FAILURES, SPEND, answered, spent
from thalweg.study.folder import Folder, is_begun
from thalweg.types import Problem

_JOURNAL = "journal.jsonl"
_EMPTY = {".inputs", _JOURNAL, SPEND, FAILURES, "server.log"}  # files of a collection beside its responses
_FREE = {"collection", "run", "flight", "landed", "failure"}  # rows of the journal that stand for no cost


def check_paid(loaded: Loaded, folder: Folder, problems: list[Problem]) -> None:
    """Raises `InputError` where a teacher's folder holds what an endpoint was paid for and the study asks for other."""
    for name in loaded.config.teachers:
        out = folder.teacher_responses(name)
        if _was_paid(out) and not is_begun(out, teacher_mark(loaded, name, problems)):
            cost = f" (${usd:,.2f})" if (usd := spent(out)) else ""
            problem = f"{out} holds responses of an endpoint{cost} that were made with other settings or problems"
            remedy = "take the change back, give the new teacher another name, or move the folder away"
            raise InputError(f"{loaded.file}: teachers.{name}", problem, remedy)


def cost_nothing(out: Path) -> bool:
    """Whether a folder holds no response, and no attempt that was paid for or may have been: a first try that failed.

    Raises:
        InputError: another process writes to it.
    """
    if not out.exists():
        return True
    if {path.name for path in out.iterdir()} - _EMPTY or answered(out) or spent(out):
        return False
    kinds: list[str] = []
    if (out / _JOURNAL).exists():
        Journal(out / _JOURNAL, lambda _, row: kinds.append(str(row.get("row")))).close()
    marks = [*(kind for kind in kinds if kind in ("run", "flight", "landed")), "run"]
    was_killed = ("flight", "run") in pairwise(marks)  # what was in flight then may have been billed
    return not was_killed and _FREE.issuperset(kinds)


def _was_paid(out: Path) -> bool:
    return ((out / SPEND).exists() or (out / _JOURNAL).exists()) and not cost_nothing(out)
