"""The viewer driven in headless Chromium on a synthetic study of 200,000 responses: rows, counts, keys, no network.

It asserts what the page shows, never how fast; `benchmarks/view.py` measures.
"""

import threading
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from benchmarks.browser import Browser, chromium
from benchmarks.view_study import BENCHMARK, PLANTED, RARE, make

from thalweg import store
from thalweg.types import Outcome
from thalweg.view.server import server

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(chromium() is None, reason="no chromium on this machine"),
]
A, B = "base", "arm-0-512-s0"


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, int]]:
    root = tmp_path_factory.mktemp("view") / "study"
    return root, make(root, responses=200_000, characters=240)


@pytest.fixture(scope="module")
def address(study: tuple[Path, dict[str, int]]) -> Iterator[str]:
    with server(study[0]) as serving:
        thread = threading.Thread(target=serving.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{serving.server_port}/"
        serving.shutdown()
        thread.join()


@pytest.fixture
def browser(address: str) -> Iterator[Browser]:
    with Browser() as opened:
        opened.open(address)
        yield opened
        assert opened.problems == []
        assert [url for url in opened.requests if not url.startswith((address, "about:"))] == []
        assert opened.evaluate("window.planted") is None


def summary(browser: Browser) -> str:
    return str(browser.evaluate("document.getElementById('summary').textContent"))


def count(browser: Browser, selector: str) -> int:
    return int(browser.evaluate(f"document.querySelectorAll({selector!r}).length"))


def focused(browser: Browser) -> str:
    return str(browser.evaluate("document.activeElement.textContent"))


def choose(browser: Browser, name: str, value: str) -> None:
    field = f"document.querySelector('#filters [name={name}]')"
    browser.act(f"({field}.value = {value!r}, {field}.dispatchEvent(new Event('change')))")


def outcomes(study: tuple[Path, dict[str, int]]) -> list[Outcome]:
    return list(store.read(study[0] / "scores.parquet", Outcome))


def test_the_first_page_and_filters_show_what_the_study_holds(
    browser: Browser, study: tuple[Path, dict[str, int]]
) -> None:
    assert summary(browser).startswith("200,000 responses, 40,400 problems, 302 models;")
    assert count(browser, "tr.item") == 50
    scored = outcomes(study)
    choose(browser, "pool", BENCHMARK)
    choose(browser, "status", "correct")
    assert summary(browser).startswith(f"{study[1]['correct']:,} responses,")
    choose(browser, "size", "512")
    choose(browser, "finished", "yes")
    choose(browser, "thinking", "no")
    expected = [o for o in scored if o.status == "correct" and o.size == 512 and o.finished and not o.thinking]
    assert summary(browser).startswith(f"{len(expected):,} responses,")
    assert browser.evaluate("location.search").startswith("?pool=bench&status=correct&size=512")
    browser.act("document.querySelector('.clear').click()")
    assert summary(browser).startswith("200,000 responses,")


def test_a_search_finds_every_response_that_says_it(browser: Browser, study: tuple[Path, dict[str, int]]) -> None:
    browser.key("/")
    assert browser.evaluate("document.activeElement.name") == "text"
    browser.call("Input.insertText", text=RARE.upper())
    browser.key("Enter", draws=True)
    paths = (study[0] / "responses").rglob("*.parquet")
    texts = (text for path in paths for text in pq.read_table(path, columns=["text"])["text"].to_pylist())
    expected = sum(RARE in text for text in texts)
    assert expected > 50
    assert summary(browser).startswith(f"{expected:,} responses,")


def test_the_keys_go_through_rows_problems_and_pages(browser: Browser) -> None:
    browser.key("j")
    assert focused(browser) == f"{BENCHMARK}/00000"
    browser.key("j")
    browser.key("j")
    browser.key("k")
    assert focused(browser) == f"{BENCHMARK}/00001"
    assert browser.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    browser.key("Enter", draws=True)
    assert browser.evaluate("document.querySelector('h2').textContent") == f"{BENCHMARK}/00001"
    assert count(browser, ".card") == 24
    browser.key("t")
    assert count(browser, "details.thinking[open]") == count(browser, "details.thinking") > 10
    browser.key("j", draws=True)
    assert browser.evaluate("document.querySelector('h2').textContent") == f"{BENCHMARK}/00002"
    browser.key("Escape", draws=True)
    assert focused(browser) == f"{BENCHMARK}/00002"
    browser.key("n", draws=True)
    assert browser.evaluate("document.querySelector('.pages span').textContent") == "page 2 of 4,000"
    browser.key("f")
    assert browser.evaluate("document.activeElement.closest('#filters') !== null")
    browser.key("Escape")
    browser.key("?")
    assert browser.evaluate("document.getElementById('help').open")
    browser.key("Escape")
    assert not browser.evaluate("document.getElementById('help').open")


def test_two_rungs_are_compared_and_diffed(browser: Browser, study: tuple[Path, dict[str, int]]) -> None:
    correct = [o for o in outcomes(study) if o.status == "correct" and (o.arm, o.seed) == ("arm-0", 0)]
    start, rung = ({o.problem_id for o in correct if o.size == size} for size in (0, 512))
    lost = sorted(start - rung)
    browser.key("d", draws=True)
    choose(browser, "a", A)
    choose(browser, "b", B)
    assert "paired on 400 problems" in summary(browser)
    assert browser.evaluate("document.querySelector('.kinds a').textContent") == f"A solves, B does not: {len(lost)}"
    assert count(browser, "tr.item") == min(50, len(lost))
    browser.key("j")
    browser.key("Enter", draws=True)
    assert summary(browser).startswith("correct → ")
    assert browser.evaluate("document.querySelector('h2').textContent") == lost[0]
    assert count(browser, "del") > 0
    assert count(browser, "ins") > 0
    browser.key("j", draws=True)
    assert browser.evaluate("document.querySelector('h2').textContent") == lost[1]
    browser.key("Escape", draws=True)
    assert focused(browser) == lost[1]


def test_what_a_model_wrote_never_acts(browser: Browser, address: str) -> None:
    browser.open(f"{address}?view=problem&pool={BENCHMARK}&problem={BENCHMARK}%2F00000")
    assert PLANTED in browser.evaluate("document.querySelector('.statement pre').textContent")
    assert PLANTED in browser.evaluate(
        "[...document.querySelectorAll('.card pre')].map((one) => one.textContent).join()"
    )
    browser.open(f"{address}?view=diff&pool={BENCHMARK}&problem={BENCHMARK}%2F00000&a={A}&b={B}")
    assert PLANTED in browser.evaluate("document.querySelector('.card pre').textContent")
    browser.open(f"{address}?text=planted&problem=%22%3E%3Cimg%20src%3Dx%3E")
    assert count(browser, "img, #view script") == 0


def test_the_funnel_names_its_reasons_and_rows(browser: Browser) -> None:
    browser.key("3", draws=True)
    assert summary(browser) == "200 responses in the pool, 60 became examples"
    browser.key("j")
    browser.key("Enter", draws=True)
    assert browser.evaluate("document.querySelector('h2').textContent") == "Dropped: not correct, 100"
    browser.act("document.querySelector('table:last-of-type td a[href*=problem]').click()")
    assert browser.evaluate("document.querySelector('h2').textContent") == "train/00060"
    assert count(browser, ".card") == 2


def test_the_report_is_shown_as_it_is(browser: Browser) -> None:
    browser.evaluate("document.querySelector('#tabs a:last-child').click()")
    browser.wait("document.body?.textContent.includes('The report.')")
