"""Published curves over one's own."""

import pytest

from tests.curve_synthetic import report_data, study
from thalweg.errors import InputError
from thalweg.report import figures
from thalweg.report.overlay import overlay, overlays, top
from thalweg.report.rungs import rungs


@pytest.fixture(scope="module")
def plot() -> figures.Plot:
    data = report_data(study())
    first = data.curve.benchmark
    return figures.Plot(first, data.arm, data.curve.arms[data.arm], rungs(data, first), {})


def test_points_are_the_printed_ones_with_intervals_over_the_assumed_responses() -> None:
    points = overlay("valley", "Qwen2.5-7B-Instruct")
    assert [(point.size, point.value) for point in points] == [
        (0, 0.127),
        (1000, 0.055),
        (10000, 0.188),
        (30000, 0.264),
    ]
    assert all(point.low < point.value < point.high for point in points)
    assert points[1].high - points[1].low == pytest.approx(0.0319, abs=5e-4)


def test_the_figure_names_the_students_and_reaches_its_sizes(plot: figures.Plot) -> None:
    published = overlays("valley")
    plain, with_them = (
        figures.svg(plot),
        figures.svg(figures.Plot(plot.benchmark, plot.arm, plot.curve, plot.rungs, plot.others, published)),
    )
    for one in published:
        assert one.label in with_them
        assert one.label not in plain
    assert "30,000" in with_them
    assert "30,000" not in plain
    assert "1,000<" not in with_them, "of published sizes only those beyond the study's own are marked"


def test_the_axis_holds_the_highest_point() -> None:
    assert top(overlays("valley")) == max(point.high for one in overlays("valley") for point in one.points) > 0.299
    assert top(()) == 0


def test_what_is_not_there_is_refused() -> None:
    with pytest.raises(InputError, match="use valley"):
        overlays("ocr")
    with pytest.raises(InputError, match=r"use Qwen2\.5-7B-Instruct, Llama-3\.1-8B-Instruct"):
        overlay("valley", "GPT-2")
