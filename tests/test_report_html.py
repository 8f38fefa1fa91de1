"""The page and its figures: complete, self-contained, escaped, repeatable, in words that fit the numbers."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.curve_synthetic import PILOT, ladder, report_data, sampled, scores, study
from thalweg.curve.controls import Decomposition
from thalweg.curve.fit import fit, fit_scores
from thalweg.curve.intervals import Difference
from thalweg.errors import InputError
from thalweg.report.data import ReportData
from thalweg.report.html import render, write_report
from thalweg.report.samples import shortened
from thalweg.report.verdict import headline
from thalweg.types import ArmCurve, BreakEven, Cells, Outcome, Rate, Top, Valley

VOID = {"meta", "br", "hr", "img", "link", "input"}


class Page(HTMLParser):
    """Collects the text and attributes of a page, and refuses elements that are not closed in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text: list[str] = []
        self.references: list[str] = []
        self.tags: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert not self._open, self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.references += [v for name, v in attrs if v and name in {"src", "href", "xlink:href", "data", "action"}]
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    @property
    def words(self) -> str:
        return re.sub(r"\s+", " ", "".join(self.text).replace("\N{WORD JOINER}", ""))


DATA = report_data(study((0, 1, 2)))
HTML = render(DATA)
PAGE = Page(HTML)


def test_the_page_loads_nothing() -> None:
    assert all(reference.startswith("#") for reference in PAGE.references)
    assert not {"script", "link", "iframe", "img", "object"} & set(PAGE.tags)
    assert "@import" not in HTML
    assert not re.findall(r"url\((?!#)", HTML)
    assert len(HTML.encode()) < 3_000_000


def test_the_verdict_says_what_happened_with_intervals_and_n() -> None:
    assert "A valley is detected" in PAGE.words
    assert "n = 300 problems, 3 seeds" in PAGE.words
    assert "falls to a floor of 0.0 % (0.0–1.3) at 128 examples" in PAGE.words
    assert re.search(r"back at its start at about 1,\d{3} examples \(95 % interval 1,\d{3} to 1,\d{3}\)", PAGE.words)
    assert "3 of 3 seeds show a valley" in PAGE.words
    assert "what stays at equal steps, the data's part, is a loss of" in PAGE.words


def test_every_part_is_there() -> None:
    for heading in ("The dip taken apart", "Rungs", "What was trained on", "What the student says", "Caveats"):
        assert heading in PAGE.words
    assert "prompt: {chat: none}" in PAGE.words
    assert "sizes do not transfer to your model" in PAGE.words
    assert "git revision" in PAGE.words
    assert "never reached an answer" in PAGE.words
    assert "no answer" in PAGE.words
    assert "svg" in PAGE.tags


def test_everything_from_outside_is_escaped() -> None:
    evil = "<script>alert(1)</script><b onclick='x'>&"
    shown = sampled(0, 0, f"<think>{evil}</think>{evil}", "incorrect", finish_reason=evil)
    shown = replace(shown, problem=replace(shown.problem, statement=evil, id=evil), benchmark=evil)
    shown = replace(shown, verdict=replace(shown.verdict, detail=evil, extracted=evil))
    corpora = [replace(DATA.corpora[0], arm=evil, hash=evil)]
    data = replace(DATA, title=evil, samples=[shown], corpora=corpora, config_text=evil, caveats=[evil])
    html = render(replace(data, provenance={evil: evil}))
    assert "<script" not in html
    assert "<b onclick" not in html
    assert Page(html).words.count("alert(1)") >= 10


def test_an_arm_with_markup_in_its_name_stays_text() -> None:
    outcomes = [replace(row, arm="<i>a</i>", benchmark="<u>b</u>") for row in ladder(PILOT)]
    data = ReportData(
        title="t", arm="<i>a</i>", scores=scores(outcomes), outcomes=outcomes, curve=fit(outcomes), caveats=()
    )
    html = render(data)
    assert not {"i", "u"} & set(Page(html).tags)
    assert "<i>a</i>" in Page(html).words


def test_the_same_study_gives_the_same_bytes(tmp_path: Path) -> None:
    first, second = (write_report(report_data(study((0,))), tmp_path / name).parent for name in ("a", "b"))
    files = sorted(p.relative_to(first) for p in first.rglob("*") if p.is_file())
    assert [str(p) for p in files] == ["figures/curve.png", "figures/curve.svg", "report.html"]
    assert all((first / p).read_bytes() == (second / p).read_bytes() for p in files)


def test_the_figure_follows_the_pages_colours() -> None:
    svg = HTML[HTML.index("<svg") : HTML.index("</svg>")]
    assert "currentColor" in svg
    assert "var(--grid" in svg
    assert "#010203" not in svg
    for label in ("break-even", "thinks, unfinished", "8,192", "pass@1 on miniature", "one-line"):
        assert label in svg


@pytest.mark.parametrize(
    "outcomes",
    [
        [row for row in ladder(PILOT) if row.size == 0],
        [row for row in ladder(PILOT) if row.size in (0, 32)],
        [replace(row, status="harness_error") if row.size == 128 else row for row in ladder(PILOT)],
        [replace(row, status="incorrect") for row in ladder(PILOT)],
        ladder(PILOT, problems=1),
    ],
    ids=["start only", "one rung", "a rung of harness errors", "nothing correct", "one problem"],
)
def test_a_poor_study_still_has_a_report(outcomes: list[Outcome]) -> None:
    data = ReportData(title="t", arm="random", scores=scores(outcomes), outcomes=outcomes, curve=fit(outcomes))
    assert "<svg" in render(data)


def test_scores_alone_have_a_report() -> None:
    rows = scores(study((0, 1)))
    words = Page(render(ReportData(title="t", arm="random", scores=rows, outcomes=(), curve=fit_scores(rows)))).words
    assert "Unpaired" in words
    assert "The dip taken apart" not in words


def test_an_arm_that_is_not_in_the_curve_is_refused() -> None:
    with pytest.raises(InputError, match="no arm 'other'"):
        render(replace(DATA, arm="other"))


@pytest.mark.parametrize("size", [10, 3_500, 3_501, 100_000])
def test_long_texts_keep_head_and_tail(size: int) -> None:
    text = "a" * (size - 3) + "end"
    short = shortened(text)
    assert short.endswith("end")
    assert len(short) <= 3_600
    assert (short == text) is (size <= 3_500)


def arm(note: str | None = None, *, detected: bool = False, floor: float | None = None) -> ArmCurve:
    rate = Rate(value=0.4, low=0.3, high=0.5)
    valley = Valley(detected=detected, floor=floor, floor_size=None if floor is None else 8)
    return ArmCurve(
        base=rate, valley=valley, break_even=BreakEven(), top=Top(size=8, value=0.4, low=0.3, high=0.5), note=note
    )


@pytest.mark.parametrize(
    ("curve", "said"),
    [
        (arm(detected=True, floor=0.1), "A valley is detected"),
        (arm("not enough to tell whether it falls below its start: ...", floor=0.3), "Not enough to tell"),
        (arm("falls below its start and does not rise again on this ladder", floor=0.1), "does not come back"),
        (arm("never below its start"), "No valley: the score is never below"),
        (arm("nothing was graded"), "No valley is detected"),
        (arm("no rung is trained yet"), "No rung is trained yet"),
    ],
)
def test_the_headline_fits_the_curve(curve: ArmCurve, said: str) -> None:
    assert said in headline(curve)


def parts(dip: float, steps: float | None, data: float, size: int = 512) -> Decomposition:
    """Effects with intervals of plus and minus one point."""

    def effect(value: float) -> Difference:
        return Difference(value=value, low=value - 0.01, high=value + 0.01, problems=300, seeds=1)

    matched = None if steps is None else effect(steps)
    left = None if steps is None else effect(data)
    return Decomposition(
        arm="random", size=size, dip=effect(dip), refitting=None, new_format=None, steps=matched, data=left
    )


@pytest.mark.parametrize(
    ("decompositions", "said"),
    [
        ([], "No control arm says whether steps or data are behind it."),
        ([parts(0.3, None, 0.0)], "No control arm says whether steps or data are behind it."),
        ([parts(0.3, 0.3, 0.0)], "At 512 examples it is too few optimiser steps, not too little data."),
        ([parts(0.3, 0.05, 0.25)], "At 512 examples as many optimiser steps as the top rung took do not undo it."),
        (
            [parts(0.3, 0.0, 0.3, size=64), parts(0.3, 0.0, 0.3, size=128), parts(0.3, 0.3, 0.0)],
            "At 64 and 128 examples as many optimiser steps as the top rung took do not undo it; "
            "at 512 examples it is too few optimiser steps, not too little data.",
        ),
        ([parts(-0.1, 0.3, 0.0)], "No control arm says whether steps or data are behind it."),
    ],
)
def test_a_valley_is_not_announced_without_its_control(decompositions: list[Decomposition], said: str) -> None:
    assert headline(arm(detected=True, floor=0.1), decompositions) == f"A valley is detected. {said}"


def test_cells_of_the_start_are_direct() -> None:
    start = next(s for s in DATA.scores if s.size == 0)
    assert isinstance(start.cells, Cells)
    assert start.cells.thinking_finished.n == 0
    assert f"{3 * start.cells.direct_finished.correct:,} / 900 / 0" in PAGE.words
