"""The waterfall figure: what it shows, that it is the same twice, and its table."""

from xml.etree import ElementTree

import pytest

from tests.curve_synthetic import PILOT, ladder
from thalweg.curve.composition import Change, waterfall_of
from thalweg.report import waterfall


@pytest.fixture(scope="module")
def changes() -> list[Change]:
    return waterfall_of(ladder(PILOT, seeds=(0, 1, 2), spread=0.01), "random", "miniature")


def test_svg_shows_every_rung_and_term(changes: list[Change]) -> None:
    drawn = waterfall.svg(changes, "miniature")
    ElementTree.fromstring(drawn)
    for text in ("start", "128", "8,192", "finishes", "is right once finished, thinking", "pass@1 on miniature"):
        assert f">{text}<" in drawn
    assert "thinks instead" not in drawn  # of all the terms that one moved nothing here
    assert 'role="img"' in drawn
    assert drawn == waterfall.svg(changes, "miniature")


def test_png_and_file(changes: list[Change]) -> None:
    assert waterfall.png(changes, "miniature").startswith(b"\x89PNG")
    assert waterfall.svg_file(changes, "miniature").startswith("<?xml")


def test_rows_are_the_terms_in_points(changes: list[Change]) -> None:
    rows = waterfall.rows(changes)
    assert {(row[0], row[1]) for row in rows} == {(f"{c.size:,}", f"{c.next_size:,}") for c in changes}
    first = next(row for row in rows if row[:2] == ["2,048", "8,192"])
    assert first[2] == "better at what it finishes, thinking"
    value = next(t.value for t in changes[-1].terms if t.kind == "skill_thinking")
    assert first[3].startswith(f"{100 * value:+.1f} (+")
    assert not any(row[3] == "+0.0 (+0.0 to +0.0)" for row in rows)
