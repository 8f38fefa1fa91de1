"""The report: one HTML file that needs no network, light and dark, everything from outside escaped.

`write_report` leaves it beside its figures:

    <folder>/report.html
    <folder>/figures/curve.svg  curve.png     pareto-<benchmark>.svg  .png where a benchmark is out of domain
"""

import re
from collections.abc import Sequence
from html import escape
from pathlib import Path

from thalweg.curve.controls import words
from thalweg.errors import InputError
from thalweg.report import figures, pareto, waterfall
from thalweg.report.advice import advice_section, sentence
from thalweg.report.data import ReportData
from thalweg.report.gate import gate_section
from thalweg.report.overlay import overlays
from thalweg.report.rungs import Rung, rungs
from thalweg.report.samples import sample_sections
from thalweg.report.style import CSS
from thalweg.report.tables import contrast_table, corpus_table, dip_table, plain_table, rung_table
from thalweg.report.verdict import headline, verdict
from thalweg.store import replacing
from thalweg.types import Rate

_CAPTION = (
    "Above: pass@1 of every arm with 95 % intervals; where there are several seeds, short dashes show each. Below: "
    "what the responses of '{arm}' are made of, then other benchmarks. Sizes are logarithmic, the start stands apart."
)
_MADE_OF = (
    "pass@1 of '{arm}': how often a response thinks, how often it finishes, how often it is right once finished. "
    "Grey: the rungs; coloured: what each of these changed from one rung to the next, with 95 % intervals; they add up."
)


def render(data: ReportData) -> str:
    """The page.

    Raises:
        InputError: the curve does not hold the arm that the report is about.
    """
    _check(data)
    return _page(data, _plot(data))


def write_report(data: ReportData, folder: Path) -> Path:
    """Writes the page and its figures, each in one step; returns the page's path."""
    _check(data)
    plot = _plot(data)
    _write(folder / "figures" / "curve.svg", figures.svg_file(plot).encode())
    _write(folder / "figures" / "curve.png", figures.png(plot))
    for plotted in _paretos(data, plot):
        _write(folder / "figures" / f"pareto-{plotted.outside}.svg", pareto.svg_file(plotted).encode())
        _write(folder / "figures" / f"pareto-{plotted.outside}.png", pareto.png(plotted))
    page = folder / "report.html"
    _write(page, _page(data, plot).encode())
    return page


def _write(path: Path, content: bytes) -> None:
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def _check(data: ReportData) -> None:
    if data.arm not in data.curve.arms:
        raise InputError("report", f"no arm '{data.arm}' in the curve", f"choose one of {', '.join(data.curve.arms)}")


def _plot(data: ReportData) -> figures.Plot:
    others = {name: rungs(data, name) for name in data.curve.other_benchmarks}
    first = data.curve.benchmark
    published = [curve for name in data.overlay for curve in overlays(name)]
    return figures.Plot(first, data.arm, data.curve.arms[data.arm], rungs(data, first), others, published)


def _page(data: ReportData, plot: figures.Plot) -> str:
    sections = [
        _opening(data, plot),
        _section("What to do next", advice_section(data.advice) if data.advice else ""),
        _section("What the score is made of", _made_of(data)),
        _section("The dip taken apart", _dip(data)),
        _section("The choice of a teacher", _choice(data)),
        _section("Arms against each other", contrast_table(data.contrasts) if data.contrasts else ""),
        _section("Rungs", _rung_tables(plot)),
        _section("In domain and out of domain", _trade_offs(data, plot)),
        _section("The gate", gate_section(data.gates)),
        _section("What was trained on", corpus_table(data.corpora) if data.corpora else ""),
        _section("What the student says", _samples(data)),
        _section("Caveats", _list(data.caveats)),
        _section("Configuration", _config(data.config_text)),
        _section("Provenance", _provenance(data)),
    ]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(data.title)}</title><style>{CSS}</style></head>\n<body><main>"
        + "\n".join(section for section in sections if section)
        + "</main></body></html>\n"
    )


def _opening(data: ReportData, plot: figures.Plot) -> str:
    arm = data.curve.arms[data.arm]
    said = "".join(f"<p>{_prose(text)}</p>" for text in verdict(data, plot.rungs))
    caption = escape(_CAPTION.format(arm=data.arm))
    following = f'<p class="next"><b>Next:</b> {_prose(sentence(data.advice))}</p>' if data.advice else ""
    return (
        f'<h1>{escape(data.title)}</h1><p class="lead">{escape(headline(arm, data.decompositions))}</p>'
        f"{following}{said}"
        f"<figure>{figures.svg(plot)}<figcaption>{caption}</figcaption></figure>"
    )


def _prose(text: str) -> str:
    """Escaped text whose ranges, percentages and counts stay on one line."""
    joined = re.sub(r"(?<=\d)–(?=\d)", "–\N{WORD JOINER}", escape(text))
    return re.sub(r"(?<=\d) (?=%)|(?<=n) (?==)|(?<==) (?=\d)", "\N{NO-BREAK SPACE}", joined)


def _dip(data: ReportData) -> str:
    own = f"<p>{_prose(data.own_control)}</p>" if data.own_control else ""
    if not data.decompositions:
        return own
    said = "".join(f"<li>{_prose(words(parts))}</li>" for parts in data.decompositions)
    return f"{own}{dip_table(data.decompositions)}<details><summary>In words</summary><ul>{said}</ul></details>"


def _made_of(data: ReportData) -> str:
    """The waterfall of the arm, its numbers, and the shapes of what it is made of."""
    said = f"<ul>{''.join(f'<li>{_prose(text)}</li>' for text in data.shapes)}</ul>" if data.shapes else ""
    if not data.changes:
        return said
    figure = waterfall.svg(data.changes, data.curve.benchmark)
    caption = escape(_MADE_OF.format(arm=data.arm))
    table = plain_table(("from", "to", "what moved", "points (95 %)"), waterfall.rows(data.changes))
    folded = f"<details><summary>In numbers</summary>{table}</details>"
    return f"<figure>{figure}<figcaption>{caption}</figcaption></figure>{said}{folded}"


def _section(title: str, body: str) -> str:
    return f"<section><h2>{escape(title)}</h2>{body}</section>" if body else ""


def _choice(data: ReportData) -> str:
    if not data.smoke_test:
        return ""
    ranked = sorted(data.smoke_test.items(), key=lambda item: -item[1])
    said = ", ".join(f"{teacher} {100 * score:.1f} %" for teacher, score in ranked)
    text = f"Mean pass@1 of the students that were quickly distilled from each candidate: {said}. The first was chosen."
    return f"<p>{_prose(text)}</p>"


def _paretos(data: ReportData, plot: figures.Plot) -> list[pareto.Pareto]:
    """One figure an out-of-domain benchmark."""
    inside = _rates(plot.rungs)
    return [
        pareto.Pareto(plot.benchmark, name, found, data.arm)
        for name in data.out_of_domain
        if (found := pareto.points(inside, _rates(plot.others[name])))
    ]


def _rates(found: Sequence[Rung]) -> dict[tuple[str, int], Rate]:
    return {(rung.arm, rung.size): rung.pass_at_1 for rung in found}


def _trade_offs(data: ReportData, plot: figures.Plot) -> str:
    caption = (
        "Pass@1 on {inside} and on {outside}, a point a rung with 95 % intervals on both; hollow: the start. The line "
        "joins what no other rung beats on both; with intervals this wide a rung may be on it by luck."
    )
    return "".join(
        f"<figure>{pareto.svg(one)}<figcaption>{escape(caption.format(inside=one.inside, outside=one.outside))}"
        "</figcaption></figure>"
        for one in _paretos(data, plot)
    )


def _rung_tables(plot: figures.Plot) -> str:
    first = rung_table(plot.rungs, _rung_caption(plot.benchmark, plot.rungs))
    others = "".join(
        f"<details><summary>{escape(name)}</summary>{rung_table(found, _rung_caption(name, found))}</details>"
        for name, found in plot.others.items()
    )
    return first + others


def _rung_caption(benchmark: str, found: Sequence[Rung]) -> str:
    problems = max((rung.problems for rung in found), default=0)
    return (
        f"On {benchmark}, n = {problems:,} problems. Small figures: 95 % intervals, and single seeds. Differences are "
        "in points, paired on the same problems; coloured where their own interval leaves out zero."
    )


def _samples(data: ReportData) -> str:
    floor = data.curve.arms[data.arm].valley.floor_size
    return sample_sections(data.samples, None if floor is None else (data.arm, floor))


def _list(items: Sequence[str]) -> str:
    return f"<ul>{''.join(f'<li>{escape(item)}</li>' for item in items)}</ul>" if items else ""


def _config(text: str) -> str:
    return f"<details><summary>study.yaml, resolved</summary><pre>{escape(text)}</pre></details>" if text else ""


def _provenance(data: ReportData) -> str:
    pairs = "".join(f"<dt>{escape(key)}</dt><dd>{escape(value)}</dd>" for key, value in data.provenance.items())
    return f"<dl>{pairs}</dl>" if pairs else ""
