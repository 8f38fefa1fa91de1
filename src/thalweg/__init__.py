"""Thalweg: distil reasoning from large teachers into small students, and chart the valley on the way.

    import thalweg
    curve = thalweg.Study.load("study.yaml").run().curve

Importing the package loads no third-party module; names are resolved when they are first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from thalweg.errors import InputError
    from thalweg.study.run import Study
    from thalweg.types import Curve, Example, Outcome, Problem, Response, Score, Verdict

__version__ = "0.1.0"

_HOMES = {
    "Curve": "thalweg.types",
    "Example": "thalweg.types",
    "InputError": "thalweg.errors",
    "Outcome": "thalweg.types",
    "Problem": "thalweg.types",
    "Response": "thalweg.types",
    "Score": "thalweg.types",
    "Study": "thalweg.study.run",
    "Verdict": "thalweg.types",
}

__all__ = ["Curve", "Example", "InputError", "Outcome", "Problem", "Response", "Score", "Study", "Verdict"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'thalweg' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
