"""The scatter panels: one a column, every teacher in the legend once, values without intervals drawn too."""

from xml.etree import ElementTree

import pytest

from thalweg.report.scatters import Panel, Scatters, png, svg_file
from thalweg.types import Rate

TEXT = "{http://www.w3.org/2000/svg}text"
NAMES = ("line", "terse", "direct")


def rate(value: float, half: float | None = 0.1) -> Rate:
    return Rate(value=value, low=None if half is None else value - half, high=None if half is None else value + half)


def scatters(panels: int) -> Scatters:
    scores = {name: rate(0.2 + 0.2 * k, 0.05) for k, name in enumerate(NAMES)}
    values = {name: rate(2.0 + k) for k, name in enumerate(NAMES)}
    given = {name: rate(1.0, None) for name in NAMES[1:]}  # no interval, and not for every teacher
    return Scatters("miniature", scores, [Panel("given", given), *(Panel(f"p{k}", values) for k in range(panels - 1))])


@pytest.mark.parametrize("panels", [1, 5, 7])
def test_every_panel_and_teacher_is_named(panels: int) -> None:
    tree = ElementTree.fromstring(svg_file(scatters(panels)))
    said = ["".join(node.itertext()).strip() for node in tree.iter(TEXT)]
    assert [text for text in said if text == "given" or text.startswith("p")] == [
        "given",
        *(f"p{k}" for k in range(panels - 1)),
    ]
    assert {name: said.count(name) for name in NAMES} == dict.fromkeys(NAMES[1:] if panels == 1 else NAMES, 1) | (
        {"line": 0} if panels == 1 else {}
    )
    assert "students' pass@1 on miniature" in said


def test_the_same_numbers_give_the_same_bytes() -> None:
    assert svg_file(scatters(2)) == svg_file(scatters(2))
    assert png(scatters(2)) == png(scatters(2))
