"""`scores.json` and `curve.json`: the stable, versioned interface of a study.

Numbers are rounded to six digits, so that the same study gives the same bytes. Reading names file, row and field of
what is wrong. Not covered: other versions than 1.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from thalweg.errors import InputError
from thalweg.store import decode, encode
from thalweg.types import Curve, Score

VERSION = 1


def scores_document(scores: Sequence[Score]) -> dict[str, Any]:
    """`{"version": 1, "rows": [...]}`, one row a rung and benchmark."""
    return {"version": VERSION, "rows": [_rounded(encode(score)) for score in scores]}


def curve_document(curve: Curve) -> dict[str, Any]:
    """`{"version": 1, "benchmark": ..., "arms": {...}, "other_benchmarks": {...}}`."""
    document: dict[str, Any] = _rounded(encode(curve))
    return {"version": document.pop("version"), **document}


def read_scores(path: Path | str) -> list[Score]:
    """The rows of a `scores.json`.

    Raises:
        InputError: no such file, not JSON, another version, a row that is malformed, or two rows of one rung.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(str(path), "no such file", "give a study's scores.json")
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise InputError(str(path), f"not JSON: {error}", "give a study's scores.json") from None
    if not isinstance(document, dict) or not isinstance(document.get("rows"), list):
        raise InputError(str(path), "expected an object with 'version' and 'rows'", "give a study's scores.json")
    if document.get("version") != VERSION:
        raise InputError(str(path), f"version {document.get('version')!r} is not known", f"expected {VERSION}")
    scores = [decode(Score, row, f"{path}: row {number}") for number, row in enumerate(document["rows"], 1)]
    _refuse_twins(scores, path)
    return scores


def _refuse_twins(scores: Sequence[Score], path: Path) -> None:
    first: dict[tuple[str, int, int, str], int] = {}
    for number, s in enumerate(scores, 1):
        earlier = first.setdefault((s.arm, s.size, s.seed, s.benchmark), number)
        if earlier != number:
            raise InputError(
                f"{path}: row {number}", f"the same arm, size, seed and benchmark as row {earlier}", "remove one"
            )


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 6) + 0.0  # turns -0.0 into 0.0
    if isinstance(value, dict):
        return {key: _rounded(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_rounded(inner) for inner in value]
    return value
