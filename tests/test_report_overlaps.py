"""The page of hits: each pair once, what is shared marked, everything from outside escaped, seeded samples."""

import json
import re
from collections.abc import Collection
from pathlib import Path

import pytest

from tests.test_report_html import Page
from thalweg.curate.contamination import Contamination, Hit, contamination
from thalweg.report.overlaps import render, write_overlaps

PROBLEM = "A robe takes 2 bolts of blue fiber & half that much white fiber. How many bolts in total does it take?"
PROBLEMS = {
    "gsm <b>": {"p1": PROBLEM, "p2": "Quite another problem <i>about</i> nothing that anybody has ever asked for."}
}
TEXTS = {
    "same": PROBLEM,
    "<script>": "Hear this: half that much white fiber. How many bolts in all, <script>alert(1)</script>?",
    "none": "Nothing that is in any benchmark.",
}
AGAINST = {name: list(held.items()) for name, held in PROBLEMS.items()}


def texts_of(ids: Collection[str]) -> dict[str, str]:
    return {key: TEXTS[key] for key in ids}


@pytest.fixture(scope="module")
def found() -> Contamination:
    return contamination(TEXTS.items(), AGAINST)


def test_each_pair_stands_once_under_its_strictest_method(found: Contamination) -> None:
    page = Page(render(found, texts_of, PROBLEMS))
    assert "gsm <b>, exact: 1" in page.words
    assert "gsm <b>, 8-gram: 1" in page.words
    assert "13-gram: 1" not in page.words
    assert page.tags.count("article") == 2
    assert "also near, 8-gram, 13-gram" in page.words
    assert "2 of 3 texts (66.67 %)" in page.words


def test_what_is_shared_is_marked_on_both_sides(found: Contamination) -> None:
    html = render(found, texts_of, PROBLEMS)
    marked = re.findall(r"<mark>(.*?)</mark>", html, re.DOTALL)
    assert marked == [
        PROBLEM.replace("&", "&amp;"),
        PROBLEM.replace("&", "&amp;"),
        "half that much white fiber. How many bolts in",
        "half that much white fiber. How many bolts in",
    ]


def test_the_page_is_escaped_and_needs_nothing_else(found: Contamination) -> None:
    page = Page(render(found, texts_of, PROBLEMS))
    assert page.references == []
    assert not {"script", "b", "i", "link", "img"} & set(page.tags)
    assert "<script>alert(1)</script>" in page.words


def test_many_hits_are_sampled_by_the_seed() -> None:
    hits = tuple(
        Hit(
            item_id=f"t{i}", benchmark="b", benchmark_problem_id="p", method="near", overlap=i / 50, shared="", others=i
        )
        for i in range(50)
    )
    found = Contamination(checked=60, benchmarks={"b": 1}, methods=("near",), hits=hits)

    def shown(seed: int) -> list[str]:
        html = render(found, lambda ids: dict.fromkeys(ids, "text"), {"b": {"p": "text"}}, shown=5, seed=seed)
        assert "5 of 50, drawn at random" in html
        return re.findall(r"text (t\d+)<", html)

    assert len(shown(0)) == 5
    assert shown(0) == shown(0) == sorted(shown(0), key=lambda key: -int(key[1:]))
    assert shown(0) != shown(1)


def test_a_long_text_is_shown_around_its_first_mark() -> None:
    text = "before " * 2000 + PROBLEM + " after" * 2000
    html = render(contamination([("t", text)], AGAINST), lambda _: {"t": text}, {"gsm <b>": dict(AGAINST["gsm <b>"])})
    assert len(html) < 20_000
    assert html.count("characters left out …]") == 2
    assert f"before <mark>{PROBLEM.replace('&', '&amp;').removesuffix('?')}</mark>? after" in html


def test_an_embedding_has_nothing_to_mark() -> None:
    hit = Hit(
        item_id="same", benchmark="gsm <b>", benchmark_problem_id="p2", method="embedding", overlap=0.91, shared=""
    )
    found = contamination([("same", "x y")], AGAINST).plus("embedding", [hit])
    html = render(found, texts_of, PROBLEMS)
    assert "cosine 0.91" in html
    assert "<mark>" not in html


def test_nothing_found() -> None:
    found = contamination([("none", TEXTS["none"])], AGAINST)
    assert "0 of 1 texts (0.00 %)" in Page(render(found, texts_of, PROBLEMS)).words


def test_files(found: Contamination, tmp_path: Path) -> None:
    page = write_overlaps(found, tmp_path / "out", texts_of, PROBLEMS)
    assert page.read_text(encoding="utf-8") == render(found, texts_of, PROBLEMS)
    rows = [json.loads(line) for line in (tmp_path / "out" / "hits.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [(row["item_id"], row["method"]) for row in rows] == [(hit.item_id, hit.method) for hit in found.hits]
    assert json.loads((tmp_path / "out" / "summary.json").read_text()) == {
        "checked": 3,
        "texts_with_a_hit": 2,
        "benchmarks": {"gsm <b>": 2},
        "found": {"gsm <b>": {"exact": 1, "near": 1, "13-gram": 1, "8-gram": 2}},
    }
    assert sorted(path.name for path in page.parent.iterdir()) == ["contamination.html", "hits.jsonl", "summary.json"]
