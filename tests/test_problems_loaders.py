"""Every source of problems, from real files of its format, and what is said of the wrong ones."""

import gzip
import json
import sys
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.sources import says_what_is_missing
from thalweg import store
from thalweg.errors import InputError
from thalweg.problems import READERS, cruxeval, gsm8k, load_problems, read_source, schemas_of
from thalweg.problems.cruxeval import read_cruxeval
from thalweg.problems.gsm8k import read_gsm8k
from thalweg.problems.options import arguments
from thalweg.problems.records import read_records
from thalweg.types import MathCheck, OutputCheck, Problem, TextCheck

DATA = Path(__file__).parents[2] / "shared" / "data"

GSM8K = {"question": "2 + 2?", "answer": "2 + 2 = <<2+2=4>>4\nSo it is 4.\n#### 4"}
CRUX = {"code": "def f(x):\n    return x", "input": "[1], 2", "output": "([1], 2)", "id": "sample_7"}


def rows_file(path: Path, rows: Iterable[Any]) -> Path:
    """Writes rows as the path's ending says."""
    rows = list(rows)
    if path.suffix == ".parquet":
        import pyarrow as pa
        import pyarrow.parquet as pq

        pq.write_table(pa.Table.from_pylist(rows), path)
        return path
    lines = "".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows)
    path.write_bytes(gzip.compress(lines.encode()) if path.suffix == ".gz" else lines.encode())
    return path


@pytest.mark.parametrize("name", ["some.jsonl", "some.jsonl.gz", "some.parquet"])
def test_gsm8k(tmp_path: Path, name: str) -> None:
    ((problem, _, _),) = read_gsm8k(rows_file(tmp_path / name, [GSM8K]), "test")
    expected = MathCheck(answer="4")
    assert (problem.id, problem.statement, problem.check) == ("gsm8k/test/0", "2 + 2?", expected)
    assert (problem.source, problem.difficulty, problem.license) == ("gsm8k", "2", "MIT")


@pytest.mark.parametrize("name", ["some.jsonl", "some.jsonl.gz", "some.parquet"])
def test_cruxeval(tmp_path: Path, name: str) -> None:
    ((problem, _, _),) = read_cruxeval(rows_file(tmp_path / name, [CRUX]))
    assert problem.id == "cruxeval/sample_7"
    assert problem.statement == "def f(x):\n    return x\n\nWhat does f([1], 2) return?"
    assert problem.check == OutputCheck(program=CRUX["code"], input="[1], 2", output="([1], 2)")


@pytest.mark.parametrize("name", ["mine.jsonl", "mine.jsonl.gz", "mine.parquet"])
def test_records(tmp_path: Path, name: str) -> None:
    problems = [
        Problem(id="a", statement="?", check=TextCheck(answer="x")),
        Problem(id="b", statement="?", check=OutputCheck(program="p", input="i", output="o"), source="theirs"),
    ]
    store.write(tmp_path / name, problems)
    loaded = [item.problem for item in read_records(tmp_path / name)]
    assert [p.source for p in loaded] == ["mine", "theirs"]
    assert [(p.id, p.check) for p in loaded] == [(p.id, p.check) for p in problems]


def test_a_folder_of_shards_is_a_source(tmp_path: Path) -> None:
    shards = store.Shards(tmp_path / "set", Problem)
    shards.put(0, [Problem(id="a", statement="?", check=TextCheck(answer="x"))])
    shards.put(1, [Problem(id="b", statement="?", check=TextCheck(answer="x"))])
    assert [(p.id, p.source) for p in load_problems("records", path=str(tmp_path / "set"))] == [
        ("a", "set"),
        ("b", "set"),
    ]


def test_two_problems_with_one_id_are_refused(tmp_path: Path) -> None:
    row = {"id": "a", "statement": "?", "check": {"type": "text", "answer": "x"}}
    with pytest.raises(InputError, match="same id 'a'"):
        list(read_records(rows_file(tmp_path / "p.jsonl", [row, row])))


@pytest.mark.parametrize(
    ("source", "row", "words"),
    [
        (
            "gsm8k",
            {"question": "?"},
            r"column 'answer' is missing; GSM8K has the columns .* found are question \(text\)",
        ),
        (
            "gsm8k",
            {"answer": "#### 4", "q": "?"},
            r"column 'question' is missing; .* found are answer \(text\), q \(text\)",
        ),
        ("gsm8k", {"question": "?", "answer": "4"}, "does not end in '#### '"),
        ("gsm8k", {"question": "?", "answer": "#### "}, "does not end in '#### '"),
        ("gsm8k", {"question": 3, "answer": "#### 4"}, "column 'question' holds a whole number, not text"),
        ("gsm8k", "[1]", "holds list; expected one object a line"),
        ("gsm8k", "{", "not JSON"),
        ("cruxeval", {**CRUX, "output": None}, "column 'output' holds null, not text"),
        ("cruxeval", {k: v for k, v in CRUX.items() if k != "code"}, "column 'code' is missing"),
        ("cruxeval", {k: v for k, v in CRUX.items() if k != "id"}, "column 'id' is missing"),
        ("records", {"id": "a", "statement": "?"}, "field 'check' is missing"),
        ("records", {"id": "a", "statement": "?", "check": {"type": "nonesuch"}}, "expected one of stdin, call"),
        ("messages", {"conversation": []}, "column 'messages' is missing; .* found are conversation"),
        ("messages", {"messages": "hi"}, "column 'messages' holds text, not a list"),
        ("messages", {"messages": []}, "its turns are: none"),
        ("messages", {"messages": [{"role": "user", "content": "?"}]}, "its turns are: user"),
    ],
)
def test_a_wrong_row_is_named_with_file_and_line(tmp_path: Path, source: str, row: Any, words: str) -> None:
    good = {"gsm8k": GSM8K, "cruxeval": CRUX}.get(source)
    path = rows_file(tmp_path / "rows.jsonl", [*([good] if good else []), row])
    with pytest.raises(InputError, match=words) as caught:
        load_problems(source, path=str(path))
    assert caught.value.where.startswith(f"{path}:{2 if good else 1}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("read", "schema", "row"), [(read_gsm8k, gsm8k.SCHEMA, GSM8K), (read_cruxeval, cruxeval.SCHEMA, CRUX)]
)
def test_columns_that_are_gone_are_named(tmp_path: Path, read: Any, schema: Any, row: Any) -> None:
    says_what_is_missing(read, schema, row, tmp_path)


@pytest.mark.parametrize("source", ["gsm8k", "cruxeval", "messages", "records"])
def test_a_missing_file_is_no_hub_id(tmp_path: Path, source: str) -> None:
    with pytest.raises(InputError, match="no such file"):
        load_problems(source, path=str(tmp_path / "absent.jsonl"))


# --------------------------------------------------------------------------- the hub


def fake_hub(monkeypatch: pytest.MonkeyPatch, answer: Any) -> list[tuple[Any, ...]]:
    calls: list[tuple[Any, ...]] = []

    def load_dataset(name: str, subset: str | None, *, split: str, revision: str | None, streaming: bool) -> Any:
        assert streaming
        calls.append((name, subset, split, revision))
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setitem(sys.modules, "datasets", SimpleNamespace(load_dataset=load_dataset))
    return calls


def test_gsm8k_comes_from_the_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = fake_hub(monkeypatch, [GSM8K, GSM8K])
    assert [p.id for p in load_problems("gsm8k", split="test", count=1)] == ["gsm8k/test/0"]
    assert calls == [("openai/gsm8k", "main", "test", None)]


def test_a_revision_of_the_hub_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = fake_hub(monkeypatch, [GSM8K])
    load_problems("gsm8k", path="openai/gsm8k@abc123")
    assert calls == [("openai/gsm8k", "main", "train", "abc123")]


def test_no_more_is_read_than_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    rows = ({**GSM8K, "question": str(read.append(n))} for n in range(1000))  # type: ignore[func-returns-value]
    fake_hub(monkeypatch, rows)
    assert len(list(islice(read_source("gsm8k", {}), 3))) == 3
    assert len(read) == 3


def test_cruxeval_comes_from_the_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = fake_hub(monkeypatch, [CRUX])
    assert [p.id for p in load_problems("cruxeval")] == ["cruxeval/sample_7"]
    assert calls == [("cruxeval-org/cruxeval", None, "test", None)]


def test_a_wrong_row_of_the_hub_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    fake_hub(monkeypatch, [GSM8K, {"question": "?"}])
    with pytest.raises(InputError, match=r"openai/gsm8k \(train\): row 2: column 'answer' is missing"):
        load_problems("gsm8k")


@pytest.mark.parametrize(
    "error", [ConnectionError("offline\nmore"), ValueError("Unknown split"), FileNotFoundError("x")]
)
def test_a_hub_that_does_not_answer_is_the_users_to_know(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    fake_hub(monkeypatch, error)
    with pytest.raises(InputError, match="not loaded from the hub") as caught:
        load_problems("gsm8k", path="some/where")
    assert "\n" not in str(caught.value)


def test_without_datasets_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(InputError, match=r"pip install 'thalweg\[hub\]'"):
        load_problems("gsm8k")


# --------------------------------------------------------------------------- by name


@pytest.mark.parametrize(
    ("source", "arguments", "words"),
    [
        ("nonesuch", {}, "use one of miniature, snippets, synthesis, records, messages, pairs"),
        ("records", {}, "it needs 'path'"),
        ("miniature", {"split": "test"}, "it needs 'count'"),
        ("miniature", {"split": "test", "count": 2, "path": "x"}, "it takes no 'path'; it takes split"),
        ("records", {"path": "x.jsonl", "split": "test"}, "it takes no 'split'"),
    ],
)
def test_what_a_source_takes_is_checked(source: str, arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        load_problems(source, **arguments)


def test_the_miniature_is_a_source() -> None:
    problems = load_problems("miniature", split="test", count=4, depths=(2,))
    assert len(problems) == 4
    assert {p.difficulty for p in problems} == {"2"}
    assert len(load_problems("snippets", split="test", count=3)) == 3


def test_count_cuts(tmp_path: Path) -> None:
    path = rows_file(tmp_path / "g.jsonl", [GSM8K] * 3)
    assert [p.id for p in load_problems("gsm8k", path=str(path), count=2)] == ["gsm8k/train/0", "gsm8k/train/1"]


OWN = {"miniature", "snippets", "synthesis", "records", "pairs"}  # Thalweg's own rows, or the user's


@pytest.mark.parametrize("source", sorted(set(READERS) - OWN))
def test_every_source_has_a_schema_that_says_where_it_is_documented(source: str) -> None:
    schemas = schemas_of(source)
    assert schemas
    for schema in schemas:
        assert schema.documented.startswith(("https://", "not documented"))
        assert schema.license
        assert any(column.needed for column in schema.columns)
        assert all(column.holds for column in schema.columns)


# --------------------------------------------------------------------------- options


def reader(path: str, year: int = 2024, names: Sequence[str] = (), tests: bool = True, one: str | None = None) -> Any:
    return path, year, names, tests, one


def test_options_become_what_the_reader_asks_for() -> None:
    given = {"path": "p", "year": "2025", "names": "a, b", "tests": "false", "one": "a,b"}
    assert arguments("x", reader, given) == {
        "path": "p",
        "year": 2025,
        "names": ["a", "b"],
        "tests": False,
        "one": "a,b",
    }
    assert arguments("x", reader, {"path": "p", "year": None}) == {"path": "p"}
    assert arguments("x", reader, {"path": "p", "year": 3, "names": ("c",)}) == {
        "path": "p",
        "year": 3,
        "names": ("c",),
    }


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "source 'x': it needs 'path'"),
        (
            {"path": "p", "yaer": 1},
            r"it takes no 'yaer'; it takes path \(needed\), year \(2024\), names, tests \(True\), one",
        ),
        ({"path": "p", "year": "soon"}, "'year': input should be a valid integer.* got 'soon'"),
    ],
)
def test_options_that_do_not_fit_are_named(given: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        arguments("x", reader, given)


@pytest.mark.data
def test_the_real_files() -> None:
    if not DATA.exists():
        pytest.skip(f"no developers' data at {DATA}")
    assert len(load_problems("gsm8k", path=str(DATA / "gsm8k_train.jsonl.gz"))) == 7473
    assert len(load_problems("cruxeval", path=str(DATA / "cruxeval.jsonl.gz"))) == 400
