"""The forest figure names every line and series, and draws each contrast where it belongs."""

from xml.etree import ElementTree

from thalweg.curve.contrasts import Contrast
from thalweg.report.forest import Forest, png, svg_file

TEXT = "{http://www.w3.org/2000/svg}text"


def contrast(value: float, half: float = 0.05) -> Contrast:
    return Contrast(
        arm="a",
        against="b",
        size=8,
        against_size=8,
        value=value,
        low=value - half,
        high=value + half,
        problems=9,
        seeds=3,
    )


def forest(shift: float = 0.0) -> Forest:
    first = {"a − b": contrast(0.1 + shift), "a − c": contrast(-0.2)}
    return Forest("miniature", ["a − b", "a − c"], {"from the base": first, "from the top": {"a − c": contrast(0.3)}})


def test_lines_series_and_axis_are_named() -> None:
    tree = ElementTree.fromstring(svg_file(forest()))
    said = ["".join(node.itertext()).strip() for node in tree.iter(TEXT)]
    for text in ("a − b", "a − c", "from the base", "from the top"):
        assert said.count(text) == 1
    assert "difference of pass@1 on miniature, points" in said


def test_the_same_numbers_give_the_same_bytes_and_others_do_not() -> None:
    assert svg_file(forest()) == svg_file(forest())
    assert png(forest()) == png(forest())
    assert svg_file(forest()) != svg_file(forest(shift=0.02))
