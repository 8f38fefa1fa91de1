"""Writes the tables and figures of `experiments.md` from finished studies; the text around them is written by hand.

`python docs/make_experiments.py [--studies FOLDER]` reads `miniature-arms`, `miniature-teachers` and `ded` there, those
that have been run. A table replaces what stands between `<!-- begin NAME -->` and `<!-- end NAME -->`; figures go to
`figures/experiment-*.svg` and `.png`.
"""

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path

from experiment_tables import (
    ARM_PAIRS,
    ARMS,
    DED_PAIRS,
    MINUS,
    STAGES,
    Study,
    arm_table,
    contrast_table,
    metric_table,
    pair_name,
    score_table,
    smoke_table,
    staged,
    teacher_table,
)
from teacher_metrics import measured

from thalweg.report import forest, pareto, scatters
from thalweg.study.ranking import Judged, Values, judge, scored
from thalweg.types import Rate

DOCS = Path(__file__).parent


def main() -> int:
    """Writes what the studies at hand allow."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--studies", type=Path, default=DOCS.parent / "studies", help="folder of the three studies")
    folder = parser.parse_args().studies
    page, done = DOCS / "experiments.md", False
    for name, make in (("miniature-arms", arms), ("miniature-teachers", teachers), ("ded", ded)):
        if (folder / name / "scores.parquet").exists():
            text = page.read_text(encoding="utf-8")
            page.write_text(replaced(text, make(folder / name, DOCS / "figures")), encoding="utf-8")
            done = True
            print(name, flush=True)
    if not done:
        print(f"{folder} holds none of the three studies; run them first", file=sys.stderr)
    return 0 if done else 2


def arms(folder: Path, figures: Path) -> dict[str, str]:
    """Which traces, at two stages: a table of differences, a table of scores a stage, and a figure."""
    study = Study.read(folder)
    lines = [pair_name(*pair) for pair in ARM_PAIRS]
    series = {stage: dict(zip(lines, study.compare(staged(prefix)), strict=True)) for stage, prefix in STAGES.items()}
    figure = forest.Forest(study.benchmarks[0], lines, series)
    _save(figures / "experiment-arms", forest.svg_file(figure), forest.png(figure))
    return {
        "arms": arm_table(study),
        "arms-base": score_table(study, ARMS),
        "arms-top": score_table(study, [f"top-{arm}" for arm in ARMS]),
    }


def teachers(folder: Path, figures: Path) -> dict[str, str]:
    """Which teacher: what every metric says of each, what their students score, and how far the two agree."""
    study = Study.read(folder)
    (size,) = {row.size for row in study.scores if row.size > 0}
    values = measured(folder, dict.fromkeys(study.arms, size))
    students = scored(study.outcomes, study.benchmarks[0], {name: name for name in study.arms}, size)
    judged = judge(values, students)
    rates = {name: students.rate(name) for name in students.models}
    figure = scatters.Scatters(study.benchmarks[0], rates, [_panel(one, values) for one in judged])
    _save(figures / "experiment-teachers", scatters.svg_file(figure), scatters.png(figure))
    return {"teachers": teacher_table(study, values), "metrics": metric_table(judged, students)}


def _panel(one: Judged, values: Values) -> scatters.Panel:
    rho = one.spearman.value
    said = "" if rho is None else f": ρ = {rho:+.2f}".replace("-", MINUS)
    found = {name: own[one.column] for name, own in values.items() if one.column in own}
    bounds = {name: Rate(value=each.value, low=each.low, high=each.high) for name, each in found.items()}
    return scatters.Panel(f"{one.column}{said}", bounds)


def ded(folder: Path, figures: Path) -> dict[str, str]:
    """DED taken apart: the smoke test, the arms, their differences, and the Pareto plot."""
    study = Study.read(folder)
    inside, outside = study.benchmarks
    own = [arm for arm in study.arms if not arm.startswith("smoke-")]
    shown = {
        name: {rung: rate for rung, rate in study.rates[name].items() if rung[0] in own} for name in study.benchmarks
    }
    figure = pareto.Pareto(inside, outside, pareto.points(shown[inside], shown[outside]), "diverse")
    _save(figures / "experiment-ded", pareto.svg_file(figure), pareto.png(figure))
    choice = json.loads((folder / "smoke_test.json").read_text(encoding="utf-8"))
    return {
        "ded-smoke": smoke_table(choice),
        "ded-arms": score_table(study, own),
        "ded": contrast_table(study, DED_PAIRS),
    }


def replaced(page: str, blocks: Mapping[str, str]) -> str:
    """The page with its marked blocks replaced.

    Raises:
        ValueError: the page has no such block, or two.
    """
    for name, block in blocks.items():
        begin, end = f"<!-- begin {name} -->", f"<!-- end {name} -->"
        if page.count(begin) != 1 or page.count(end) != 1:
            raise ValueError(f"experiments.md: mark the place of {name!r} once, with '{begin}' and '{end}'")
        before, _, rest = page.partition(begin)
        page = f"{before}{begin}\n\n{block}\n{end}{rest.partition(end)[2]}"
    return page


def _save(stem: Path, svg: str, png: bytes) -> None:
    stem.parent.mkdir(parents=True, exist_ok=True)
    stem.with_suffix(".svg").write_text(svg, encoding="utf-8")
    stem.with_suffix(".png").write_bytes(png)


if __name__ == "__main__":
    sys.exit(main())
