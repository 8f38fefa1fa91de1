"""The verbs that bring together what was made apart: studies, and rungs that were trained elsewhere."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from thalweg.study.merge import Merged
    from thalweg.types import Curve


def merge(studies: Sequence[Path], out: Path) -> "Merged":
    """One study of several that rest on the same; nothing is run again."""
    from thalweg.study.merge import merge as run

    return run(studies, out)


def fit_outside(file: Path, out: Path) -> "Curve":
    """The curve of a YAML file that lists rungs trained elsewhere; scores and a report go beside it."""
    from thalweg.study.outside import fit_outside as run

    return run(file, out)
