"""The tables of the experiments' page: every arm and comparison, on synthetic outcomes with known differences."""

import re
import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from tests.curve_synthetic import ladder, scores
from thalweg import store
from thalweg.curve.documents import scores_document
from thalweg.generate.model import Request
from thalweg.generate.scripted import Tracer
from thalweg.miniature import programs, student_folder
from thalweg.study.folder import Folder
from thalweg.types import Outcome, Response, Status, Verdict

DOCS = Path(__file__).parent.parent / "docs"


@pytest.fixture(scope="module")
def script() -> Iterator[Any]:
    """The script, which lies beside the docs and not in the package."""
    sys.path.insert(0, str(DOCS))
    yield import_module("make_experiments")
    sys.path.remove(str(DOCS))


@pytest.fixture(scope="module")
def tables(script: Any) -> Any:
    return import_module(script.Study.__module__)


def outcomes(rates: Mapping[tuple[str, int], float], seeds: tuple[int, ...] = (0, 1, 2)) -> list[Outcome]:
    """Arms at one size each, on two benchmarks; all start at 40 and 90 %."""
    rows = []
    for benchmark, start, scale, problems in (("miniature", 0.4, 1.0, 150), ("snippets", 0.9, 0.5, 60)):
        for (arm, size), rate in rates.items():
            table = {0: (start, 0.0, 1.0), size: (scale * rate, 1.0, 1.0)}
            rows += ladder(table, arm=arm, seeds=seeds, problems=problems, benchmark=benchmark, group=3)
    return rows


def cells(table: str) -> list[list[str]]:
    return [
        [cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines() if line.startswith("|")
    ]


def number(cell: str) -> float:
    return float(cell.strip("*").split(" ")[0].replace("−", "-"))


def study(tables: Any, rates: Mapping[tuple[str, int], float], seeds: tuple[int, ...] = (0, 1, 2)) -> Any:
    rows = outcomes(rates, seeds)
    return tables.Study(rows, scores(rows))


def test_differences_stand_in_the_column_of_their_stage(tables: Any) -> None:
    base = {(arm, 1024): 0.5 for arm in tables.ARMS} | {("hard", 1024): 0.9, ("answer", 1024): 0.1}
    top = {(f"top-{arm}", 1024): 0.6 for arm in tables.ARMS} | {("top-incorrect", 1024): 0.2}
    head, _, *lines = cells(tables.arm_table(study(tables, base | top, seeds=(0, 1, 2, 3, 4))))
    assert head == ["difference in points", "from the base", "from the top rung"]
    found = {line[0]: line[1:] for line in lines}
    assert list(found) == [tables.pair_name(*pair) for pair in tables.ARM_PAIRS]
    for name, base_points, top_points in [
        ("easy − hard", -40, 0),
        ("hard − random", 40, 0),
        ("answer − random", -40, 0),
        ("correct − incorrect", 0, 40),
        ("shuffled − random", 0, 0),
    ]:
        for cell, expected in zip(found[name], (base_points, top_points), strict=True):
            assert number(cell) == pytest.approx(expected, abs=8), name
            assert cell.startswith("**") is (expected != 0), name


def test_scores_come_with_how_an_arm_was_trained(tables: Any) -> None:
    found = study(tables, {("random", 1024): 0.7, ("easy", 512): 0.4})
    table = tables.score_table(found, ["random", "easy"])
    head, _, first, second = cells(table)
    assert head[:5] == ["arm", "examples", "problems", "steps", "tokens"]
    assert first[:4] == ["random", "1,024", "1,024", "384"]
    assert second[:2] == ["easy", "512"]
    assert number(first[5]) == pytest.approx(70, abs=6)
    assert number(first[6]) == pytest.approx(30, abs=12)
    assert number(first[8]) == pytest.approx(35, abs=10)
    assert "n = 150 problems of miniature, 3 seeds" in table


def test_arms_of_other_sizes_are_compared_on_both_benchmarks(tables: Any) -> None:
    found = study(tables, {("diverse", 960): 0.8, ("hard", 240): 0.5})
    _, _, (name, sizes, inside, outside) = cells(tables.contrast_table(found, [("diverse", "hard")]))
    assert (name, sizes) == ("diverse − hard", "960 / 240")
    assert number(inside) == pytest.approx(30, abs=8)
    assert number(outside) == pytest.approx(15, abs=12)


def test_the_smoke_test_names_its_choice_and_its_lead(tables: Any) -> None:
    text = tables.smoke_table(
        {
            "teacher": "b",
            "scores": {"a": 0.31, "b": 0.4},
            "runner_up": "a",
            "lead": {"value": 0.09, "low": -0.01, "high": 0.19},
            "seeds": 5,
            "problems": 300,
        }
    )
    assert cells(text)[2:] == [["b", "40.0", "chosen"], ["a", "31.0", ""]]
    assert "lead over a +9.0 (−1.0 to 19.0) points" in text


STYLES = ("line", "wrong", "terse", "direct")


def finished(folder: Path, rates: Mapping[tuple[str, int], float], seeds: tuple[int, ...] = (0, 1, 2)) -> None:
    """What the script reads of every study."""
    rows = outcomes(rates, seeds)
    folder.mkdir(parents=True)
    store.write(folder / "scores.parquet", rows)
    store.write_json(folder / "scores.json", scores_document(scores(rows)))


def with_teachers(root: Path, size: int, seeds: tuple[int, ...]) -> None:
    """Teachers' responses and verdicts; the students are all the shipped one, which nothing has moved."""
    folder = Folder(root)
    resolved = {
        "student": "miniature",
        "seeds": list(seeds),
        "benchmarks": {"miniature": {}, "snippets": {}},
        "teachers": {style: {"model": f"tracer:{style}"} for style in STYLES},
    }
    store.write_json(root / "manifest.json", {"study": resolved})
    problems = programs.problems("train", 6)
    store.write(folder.problems("train"), problems)
    store.write(folder.problems("miniature"), programs.problems("test", 6))
    for style in STYLES:
        responses = Tracer(style).respond([Request(problem, 0) for problem in problems])
        store.Shards(folder.teacher_responses(style), Response).put(0, responses)
        status: Status = "incorrect" if style == "wrong" else "correct"
        verdicts = [Verdict(response_id=r.id, problem_id=r.problem_id, status=status) for r in responses]
        store.write(folder.teacher_verdicts(style), verdicts)
        for seed in seeds:
            student = folder.student(f"{style}-{size}-s{seed}")
            student.parent.mkdir(exist_ok=True)
            student.symlink_to(student_folder())


@pytest.mark.slow
def test_the_page_is_made_from_three_finished_studies(
    tables: Any, script: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, studies = tmp_path / "docs" / "experiments.md", tmp_path / "studies"
    page.parent.mkdir()
    page.write_text((DOCS / "experiments.md").read_text(encoding="utf-8"), encoding="utf-8")
    finished(studies / "miniature-arms", {(p + arm, 1024): 0.5 for p in ("", "top-") for arm in tables.ARMS})
    finished(studies / "miniature-teachers", {(style, 64): 0.2 + 0.2 * k for k, style in enumerate(STYLES)})
    with_teachers(studies / "miniature-teachers", 64, (0, 1, 2))
    arms = dict.fromkeys([arm for pair in tables.DED_PAIRS for arm in pair])
    finished(studies / "ded", {(arm, {"hard": 240, "right": 800}.get(arm, 960)): 0.6 for arm in arms})
    lead = {"value": 0.1, "low": 0.0, "high": 0.2}
    choice = {"teacher": "varied", "scores": {"varied": 0.5, "shuffled": 0.4}, "runner_up": "shuffled", "lead": lead}
    store.write_json(studies / "ded" / "smoke_test.json", choice | {"seeds": 3, "problems": 150})
    monkeypatch.setattr(script, "DOCS", page.parent)
    monkeypatch.setattr(sys, "argv", ["make_experiments.py", "--studies", str(studies)])
    assert script.main() == 0
    once = page.read_text(encoding="utf-8")
    blocks = re.findall(r"<!-- begin (\S+) -->\n\n(.+?)\n\n<!-- end \1 -->", once, re.DOTALL)
    assert [name for name, _ in blocks] == re.findall(r"<!-- begin (\S+) -->", once)
    by_name = dict(blocks)
    teachers = {line[0]: line for line in cells(by_name["teachers"])[2:]}
    assert list(teachers) == ["direct", "terse", "wrong", "line"]  # the best score first
    metrics = {line[0]: line for line in cells(by_name["metrics"])[2:]}
    assert metrics["accuracy"][5] == "line, terse, direct"
    assert metrics["rsr"][5] == "direct"
    assert metrics["rsr"][6].startswith("0.0 (0.0 to")
    assert metrics["shift"][2] == "–"  # no student has moved
    assert metrics["tokens"][1] == metrics["tokens"][6] == "–"
    assert {p.name for p in (page.parent / "figures").iterdir()} == {
        f"experiment-{name}.{ending}" for name in ("arms", "teachers", "ded") for ending in ("svg", "png")
    }
    assert script.replaced(once, {name: f"{block}\n" for name, block in blocks}) == once


def test_a_page_without_a_marked_place_is_refused(script: Any) -> None:
    with pytest.raises(ValueError, match="mark the place of 'arms' once"):
        script.replaced("# Experiments", {"arms": "| a |"})


def test_without_studies_nothing_is_written(
    script: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["make_experiments.py", "--studies", str(tmp_path)])
    assert script.main() == 2
    assert "holds none of the three studies" in capsys.readouterr().err
