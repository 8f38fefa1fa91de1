"""scores.json and curve.json: their shape, their bytes, and what is refused."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.curve_synthetic import PILOT, ladder, scores
from thalweg.curve.documents import curve_document, read_scores, scores_document
from thalweg.curve.fit import fit
from thalweg.errors import InputError
from thalweg.store import write_json

OUTCOMES = ladder(PILOT, seeds=(0, 1))


def test_scores_survive_the_file(tmp_path: Path) -> None:
    path = tmp_path / "scores.json"
    written = scores_document(scores(OUTCOMES))
    write_json(path, written)
    assert scores_document(read_scores(path)) == written
    assert written["version"] == 1
    assert written["rows"][0]["cells"]["direct_finished"]["n"] == 300


def test_the_curve_has_the_documented_shape() -> None:
    document = curve_document(fit(OUTCOMES))
    assert list(document) == ["version", "benchmark", "arms", "other_benchmarks"]
    arm = document["arms"]["random"]
    assert list(arm) == ["base", "valley", "break_even", "top", "seeds", "note"]
    assert list(arm["base"]) == ["value", "low", "high"]
    assert list(arm["valley"]) == ["detected", "floor", "floor_size", "low", "high"]
    assert list(arm["break_even"]) == ["size", "low", "high"]
    assert list(arm["top"]) == ["size", "value", "low", "high"]
    assert list(arm["seeds"]["1"]) == list(arm)


def test_numbers_have_six_digits_at_most() -> None:
    text = json.dumps(curve_document(fit(OUTCOMES)))
    numbers = [float(part) for part in text.replace(",", " ").replace("}", " ").split() if part[:1].isdigit()]
    assert numbers
    assert all(n == round(n, 6) for n in numbers)
    assert text == json.dumps(curve_document(fit(OUTCOMES)))


def document(**changes: Any) -> dict[str, Any]:
    row = scores_document(scores(OUTCOMES))["rows"][0]
    return {"version": 1, "rows": [row, {**row, "size": 32, **changes}]}


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("{", "not JSON"),
        ("[]", "expected an object with 'version' and 'rows'"),
        ('{"version": 1}', "expected an object with 'version' and 'rows'"),
        ('{"version": 2, "rows": []}', "version 2 is not known"),
        ('{"version": 1, "rows": [3]}', "row 1: expected an object"),
        (json.dumps(document(size="many")), "row 2: field 'size'"),
        (json.dumps(document(pass_at_1={"value": 0.1})), "row 2: field 'pass_at_1.low'"),
        (json.dumps(document(size=0)), "row 2: the same arm, size, seed and benchmark as row 1"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(content: str, problem: str, tmp_path: Path) -> None:
    path = tmp_path / "scores.json"
    path.write_text(content)
    with pytest.raises(InputError) as refused:
        read_scores(path)
    assert problem in str(refused.value)
    assert str(path) in str(refused.value)
    assert "\n" not in str(refused.value)


def test_an_absent_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_scores(tmp_path / "scores.json")
