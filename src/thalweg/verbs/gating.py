"""The gate on plain files: evaluations before training against evaluations after it."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from thalweg import store
from thalweg.errors import InputError
from thalweg.types import Outcome

if TYPE_CHECKING:
    from thalweg.curve.gate import Gate

_FILE = "scores.parquet"


def gate(before: Path, after: Path, max_loss: float = 0.02, inside: Sequence[str] = ()) -> "Gate":
    """Compares the benchmarks that both folders hold, item by item; `inside` are those of the domain.

    A folder is what `thalweg evaluate` left, or holds several such. A benchmark that only one of them has is refused
    rather than left out, since a gate that looks elsewhere lets a loss through.

    Raises:
        InputError: no evaluations; different benchmarks; as `thalweg.curve.gate.gate`.
    """
    from thalweg.curve.gate import AFTER, BEFORE, compared
    from thalweg.curve.gate import gate as judged

    first, second = _outcomes(before), _outcomes(after)
    names = {row.benchmark for row in first}, {row.benchmark for row in second}
    if alone := sorted(names[0] ^ names[1]):
        raise InputError(str(after), f"only one of the two has {', '.join(alone)}", "score both on the same benchmarks")
    if unknown := sorted(set(inside) - names[0]):
        raise InputError("--inside", f"no benchmark {unknown[0]!r}", f"there are {', '.join(sorted(names[0]))}")
    return judged(compared(first, second), AFTER, BEFORE, max_loss, inside)


def _outcomes(folder: Path) -> list[Outcome]:
    files = sorted(folder.rglob(_FILE))
    if not files:
        raise InputError(str(folder), f"holds no {_FILE}", "name a folder that 'thalweg evaluate' wrote")
    rows = [row for file in files for row in store.read(file, Outcome)]
    if any(row.size for row in rows):
        problem, remedy = "holds the rungs of a study", "a study has a gate of its own: see 'gate' in the study file"
        raise InputError(str(folder), problem, remedy)
    return rows
