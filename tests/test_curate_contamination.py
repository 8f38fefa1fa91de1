"""Contamination: what each method finds and what it does not, the evidence, and that processes change nothing."""

import os
import random
import signal
from collections.abc import Sequence
from concurrent.futures.process import BrokenProcessPool
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thalweg import store
from thalweg.curate import duplicates as batching
from thalweg.curate.contamination import Contamination, Hit, Methods, contamination
from thalweg.curate.detector import Target
from thalweg.curate.evidence import marks, shared, word_places
from thalweg.curate.grams import index_grams
from thalweg.curate.parallel import ordered_map
from thalweg.curate.statements import statements
from thalweg.curate.words import fold, words
from thalweg.errors import InputError
from thalweg.types import Problem, TextCheck

DUCKS = (
    "Janet's ducks lay 16 eggs per day. She eats three for breakfast every morning and bakes muffins for her friends "
    "every day with four. How much does she make every day at the market?"
)
ROBE = "A robe takes 2 bolts of blue fiber and half that much white fiber. How many bolts in total does it take?"
SHORT = "Prove that seven is prime."
AGAINST = {"gsm": [("ducks", DUCKS), ("robe", ROBE)], "short": [("seven", SHORT), ("sum", "1 + 1 = ?")]}


def methods_of(text: str, methods: Methods = Methods()) -> dict[str, str]:  # noqa: B008  (frozen)
    """Method -> the benchmark problem that it finds in a text."""
    found = contamination([("t", text)], AGAINST, methods)
    return {hit.method: hit.benchmark_problem_id for hit in found.hits}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (DUCKS, {"exact", "near", "13-gram", "8-gram"}),
        (DUCKS.upper().replace(" ", "\n"), {"exact", "near", "13-gram", "8-gram"}),
        (DUCKS.replace(".", ""), {"near", "13-gram", "8-gram"}),
        ("Question: " + DUCKS + " Think step by step.", {"near", "13-gram", "8-gram"}),
        ("So she eats three for breakfast every morning and bakes muffins for her friends.", {"8-gram", "13-gram"}),
        ("Bob eats three for breakfast every morning and bakes cakes.", {"8-gram"}),
        ("Bob eats three for breakfast every day.", set()),
        ("Here is one. Prove that seven is prime! And then?", {"8-gram", "13-gram"}),  # whole, since it is short
        ("Prove that seven is a prime.", set()),
        ("1 + 1 = ?", {"exact", "near"}),
        ("Is 1 + 1 = ? easy", set()),  # too short to look for as a whole
        ("", set()),
    ],
)  # fmt: skip
def test_which_method_finds_what(text: str, found: set[str]) -> None:
    assert set(methods_of(text)) == found


def test_the_evidence_of_a_hit() -> None:
    text = "Ann says: half that much white fiber. How many bolts in all?"
    twice = [("a", text), ("b", text + " Again: " + text), ("c", "nothing to see here, or is there, my friend of old")]
    result = contamination(twice, AGAINST)
    assert (result.checked, result.benchmarks) == (3, {"gsm": 2, "short": 2})
    assert result.hits == tuple(
        Hit(
            item_id=key,
            benchmark="gsm",
            benchmark_problem_id="robe",
            method="8-gram",
            overlap=round(9 / 22, 4),
            shared="half that much white fiber how many bolts in",
            in_benchmark=1,
            in_checked=2,
        )
        for key in "ab"
    )
    assert result.counts()["gsm"] == {"exact": 0, "near": 0, "13-gram": 0, "8-gram": 2}
    assert result.reasons() == {"a": "in gsm (8-gram)", "b": "in gsm (8-gram)"}
    assert result.reasons(["13-gram"]) == {}
    assert len(contamination(twice, AGAINST, Methods(overlap=0.4)).hits) == 2
    assert len(contamination(twice, AGAINST, Methods(overlap=0.42)).hits) == 0


def test_of_several_methods_the_strictest_gives_the_reason() -> None:
    assert contamination([("t", DUCKS)], AGAINST).reasons() == {"t": "in gsm (exact)"}
    assert contamination([("t", DUCKS)], AGAINST).reasons(["8-gram", "13-gram"]) == {"t": "in gsm (13-gram)"}


def test_of_many_problems_the_best_is_named_and_the_others_counted() -> None:
    rows = [(f"{i}", f"Write a function that takes a list of numbers and returns {w}") for i, w in enumerate("abcd")]
    (hit,) = contamination([("t", rows[2][1] + " please")], {"code": rows}, Methods(ngrams=(8,), near=None)).hits
    assert (hit.benchmark_problem_id, hit.others, hit.in_benchmark) == ("2", 3, 1)


def test_the_best_problem_is_the_one_that_is_covered_most() -> None:
    long = "one two three four five six seven eight nine ten " + " ".join(f"w{i}" for i in range(50))
    rows = [("long", long), ("short", "two three four five six seven eight nine and so on")]
    (hit,) = contamination([("t", long[:48] + " end")], {"b": rows}, Methods(ngrams=(8,), near=None)).hits
    assert (hit.benchmark_problem_id, hit.overlap, hit.others) == ("short", round(8 / 11, 4), 1)


def test_boilerplate_of_a_benchmark_does_not_count() -> None:
    start = "Write a Python function that takes a list of numbers and returns"
    rows = [
        (f"{i}", f"{start} {' '.join(f'{w}{i}' for w in ('the', 'very', 'odd', 'thing', 'called', 'so'))}")
        for i in range(12)
    ]
    text = [("new", start + " its mean"), ("leak", rows[3][1])]

    def by_8(common: int | None) -> set[str]:
        found = contamination(text, {"code": rows}, Methods(ngrams=(8,), exact=False, near=None, common=common))
        return {hit.item_id for hit in found.hits}

    assert by_8(None) == by_8(12) == {"new", "leak"}
    assert by_8(11) == {"leak"}


def test_numbers_and_single_letters_count_only_when_asked() -> None:
    against = {"b": [("list", "Sort [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] and x y z"), ("word", "1 2 3 of 4 5 6 7 8 9 0")]}
    text = [("t", "Vertices: 1 2 3 4 5 6 7 8 9 10; x y z"), ("u", "1 2 3 of 4 5 6 7")]
    found = {
        symbols: {hit.item_id for hit in contamination(text, against, Methods(symbols=symbols)).hits}
        for symbols in (True, False)
    }
    assert found == {True: {"t", "u"}, False: {"u"}}


def test_equal_problems_in_several_benchmarks() -> None:
    against = {"one": [("a", ROBE), ("b", ROBE.lower())], "two": [("c", ROBE)]}
    found = contamination([("t", ROBE)], against, Methods(ngrams=(), near=None))
    assert [(h.benchmark, h.benchmark_problem_id, h.others, h.in_benchmark) for h in found.hits] == [
        ("one", "a", 1, None),
        ("two", "c", 0, None),
    ]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 6))
def test_ngrams_against_the_definition(seed: int, n: int) -> None:
    draw = random.Random(seed)

    def some(size: int) -> str:
        return " ".join(draw.choice(["aa", "bb", "cc", "dd", "1"]) for _ in range(size))

    against = {f"b{k}": [(f"{i}", some(draw.randrange(15))) for i in range(1, 6)] for k in range(2)}
    texts = [(f"t{i}", some(draw.randrange(15))) for i in range(10)]
    result = contamination(texts, against, Methods(ngrams=(n,), exact=False, near=None, common=None, symbols=True))

    def grams(text: str, size: int) -> set[str]:
        said = text.split()
        return {" ".join(said[i : i + size]) for i in range(len(said) - size + 1)}

    def holds(text: str, problem: str) -> bool:
        size = min(n, len(problem.split()))
        return (size == n or size >= 5) and bool(grams(text, size) & grams(problem, size))

    expected = {
        (key, name) for key, text in texts for name, held in against.items() if any(holds(text, p) for _, p in held)
    }
    assert {(hit.item_id, hit.benchmark) for hit in result.hits} == expected
    for hit in result.hits:
        assert hit.shared in dict(texts)[hit.item_id]
        problem = dict(against[hit.benchmark])[hit.benchmark_problem_id]
        size = min(n, len(problem.split()))
        assert grams(hit.shared, size) <= grams(problem, size)
        assert 0 < hit.overlap <= 1


def test_neither_processes_nor_batches_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    draw = random.Random(0)
    said = (DUCKS + ROBE + SHORT).split()
    texts = [(f"t{i}", " ".join(said[(start := draw.randrange(30)) : start + draw.randrange(40)])) for i in range(300)]
    expected = contamination(texts, AGAINST)
    assert len(expected.hits) > 100
    monkeypatch.setattr(batching, "BATCH_TEXTS", 40)
    assert set(contamination(texts, AGAINST).hits) == set(expected.hits)
    assert contamination(texts, AGAINST, workers=2) == contamination(texts, AGAINST)


@pytest.mark.parametrize(
    ("against", "methods", "said"),
    [
        ({}, Methods(), "there is none"),
        ({"b": []}, Methods(), "benchmark 'b': it has no problems"),
        (AGAINST, Methods(ngrams=(1,)), "make no n-gram"),
    ],
)
def test_bad_input(against: dict[str, list[tuple[str, str]]], methods: Methods, said: str) -> None:
    with pytest.raises(InputError, match=said):
        contamination([], against, methods)


def test_more_methods_can_be_added() -> None:
    hit = Hit(item_id="t", benchmark="b", benchmark_problem_id="p", method="embedding", overlap=0.9, shared="")
    found = Contamination(checked=1, benchmarks={"b": 1}, methods=("exact",), hits=()).plus("embedding", [hit])
    assert found.methods == ("exact", "embedding")
    assert found.reasons() == {"t": "in b (embedding)"}


# --------------------------------------------------------------------------- the parts


def test_hashes_that_collide_are_no_hit(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a hash that is the same for all n-grams everything is a candidate, and nothing is reported for it."""

    def same(found: object, n: int) -> object:
        from thalweg.curate.words import ngrams

        hashes, whole = ngrams(found, n)  # type: ignore[arg-type]
        return np.ones_like(hashes), whole

    monkeypatch.setattr("thalweg.curate.grams.ngrams", same)
    text = "quite another text that is long enough to have some thirteen words or even more of them"
    assert methods_of(text, Methods(near=None)) == {}


def test_an_index_finds_its_own_ngrams_and_no_others() -> None:
    draw = random.Random(1)
    texts = [fold(" ".join(f"w{draw.randrange(50)}" for _ in range(30))) for _ in range(200)]
    index = index_grams(list(enumerate(texts)), np.zeros(200, np.int64), 3)
    found = index.find(words(texts))
    assert len(found.word) == 200 * 28
    other = [fold(" ".join(f"v{draw.randrange(50)}" for _ in range(30))) for _ in range(2000)]
    assert len(index.find(words(other)).word) == 0


def test_shared_words() -> None:
    text, problem = fold("x one two three y three four five z").split(), fold("one two three four five six")
    begins = [(i, 2) for i in range(len(text) - 1)]
    assert shared(text, begins, problem) == (round(5 / 6, 4), "one two three")
    assert shared(text, [(0, 2)], problem) == (0.0, "")


def test_a_target_counts_problems_of_all_benchmarks_in_rows() -> None:
    target = Target.of(AGAINST)
    assert target.ids == ["ducks", "robe", "seven", "sum"]
    assert target.benchmark.tolist() == [0, 0, 1, 1]


@pytest.mark.parametrize(
    ("text", "other", "n", "expected"),
    [
        ("He said: One,  TWO three. Four", "one two three", 3, ["One,  TWO three"]),
        ("a b c x c d e", "a b c d e", 2, ["a b c", "c d e"]),
        ("Été ﬁn E\u0301te\u0301!", "été fin été", 3, ["Été ﬁn E\u0301te\u0301"]),
        ("数学 题", "数学", 2, ["数学"]),
        ("one two", "one two three four", 8, ["one two"]),
        ("", "one", 1, []),
        ("one", "", 1, []),
        ("\u1100\u1161 one", "one", 1, []),  # conjoining letters cannot be placed
    ],
)
def test_marks(text: str, other: str, n: int, expected: list[str]) -> None:
    assert [text[start:end] for start, end in marks(text, other, n)] == expected


@given(st.text(max_size=60))
def test_places_are_those_of_the_words(text: str) -> None:
    places = word_places(text)
    if places:
        assert [place.word for place in places] == fold(text).split()
    assert all(a.end <= b.start or a.start == b.start for a, b in pairwise(places))
    assert all(0 <= place.start < place.end <= len(text) for place in places)


def double(batch: Sequence[int]) -> list[int]:
    return [2 * number for number in batch]


def die(batch: Sequence[int]) -> list[int]:
    if 3 in batch:
        os.kill(os.getpid(), signal.SIGKILL)
    return list(batch)


@pytest.mark.parametrize("workers", [1, 2])
def test_results_come_in_order_and_little_is_read_ahead(workers: int) -> None:
    taken = 0

    def batches() -> object:
        nonlocal taken
        for number in range(100):
            taken += 1
            yield [number]

    results = ordered_map(double, batches(), workers)  # type: ignore[arg-type]
    assert next(results) == [0]
    assert taken <= 10
    assert list(results) == [[2 * number] for number in range(1, 100)]


def test_a_process_that_dies_ends_it() -> None:
    with pytest.raises(BrokenProcessPool):
        list(ordered_map(die, ([n] for n in range(20)), 2))


def test_statements_of_a_file(tmp_path: Path) -> None:
    problems = [Problem(id=f"p{i}", statement=f"s{i}", check=TextCheck(answer="")) for i in range(3)]
    for name in ("p.jsonl", "p.jsonl.gz", "p.parquet"):
        store.write(tmp_path / name, problems)
        assert list(statements(tmp_path / name)) == [(p.id, p.statement) for p in problems]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", r"p\.jsonl:1: not JSON"),
        ("[1]", r"p\.jsonl:1: expected an object"),
        ('{"id": "a"}', "field 'statement' is missing"),
        ('{"id": 3, "statement": "x"}', "field 'id' is missing or no text"),
    ],
)
def test_statements_of_a_bad_file(tmp_path: Path, line: str, said: str) -> None:
    (tmp_path / "p.jsonl").write_text(line + "\n")
    with pytest.raises(InputError, match=said):
        list(statements(tmp_path / "p.jsonl"))
