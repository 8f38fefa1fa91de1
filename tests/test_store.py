"""Records on disk: what goes in comes out, what is wrong is named, and a kill leaves nothing half-done."""

import dataclasses
import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from thalweg import store, types
from thalweg.errors import InputError
from thalweg.store import BadRow, Shards
from thalweg.thinking import with_parts
from thalweg.types import CallCheck, Cell, Cells, Example, Outcome, Problem, Rate, Response, Score, TextCheck, Verdict

ENDINGS = ["x.jsonl", "x.json", "x.jsonl.gz", "x.parquet"]

# --------------------------------------------------------------------------- strategies

text = st.text(st.characters(codec="utf-8"), max_size=20)
maybe = st.none() | text
plain = (
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | text
)
json_values = st.recursive(
    plain, lambda v: st.lists(v, max_size=3) | st.dictionaries(text, v, max_size=3), max_leaves=6
)
tests = st.lists(st.dictionaries(text, json_values, max_size=3), max_size=3).map(tuple)
tests_of_calls = st.builds(
    CallCheck, entry_point=text, tests=tests, compare=st.just("value") | st.just({"float": 1e-6})
)
checks = st.one_of(
    st.builds(types.StdinCheck, tests=tests),
    tests_of_calls,
    st.builds(types.AssertCheck, asserts=st.lists(text, max_size=3).map(tuple), setup=text),
    st.builds(types.UnittestCheck, files=st.dictionaries(text, text, max_size=2)),
    st.builds(types.PredicateCheck, source=text),
    st.builds(types.OutputCheck, program=text, input=text, output=text),
    st.builds(types.CheckerCheck, source=text, tests=tests),
    st.builds(types.MathCheck, answer=text, timeout_s=st.floats(0.1, 10)),
    st.builds(types.TextCheck, answer=text),
    st.builds(types.ReasoningGymCheck, task=text, entry=st.dictionaries(text, json_values, max_size=3)),
)
problems = st.builds(Problem, id=text, statement=text, check=checks, source=text, group=maybe, difficulty=maybe)
responses = st.builds(
    Response,
    id=text,
    problem_id=text,
    model=text,
    sample=st.integers(0, 2**40),
    text=text | text.map("<think>{}</think>4".format),
    cost_usd=st.none() | st.floats(0, 1e3),
).map(with_parts) | st.builds(Response, id=text, problem_id=text, model=text, thinking=maybe, answer=text)
verdicts = st.builds(
    Verdict, response_id=text, problem_id=text, status=st.sampled_from(types.STATUSES), extracted=maybe, detail=maybe
)
examples = st.builds(Example, response_id=text, problem_id=text, prompt=text, text=text, weight=st.floats(0, 10))
records = st.one_of(*(st.lists(kind, min_size=1, max_size=4) for kind in (problems, responses, verdicts, examples)))

PROBLEM = Problem(id="p", statement="?", check=TextCheck(answer="x"))
RATE = Rate(value=0.5, low=None, high=1.0)
CELLS = Cells(**{name: Cell(n=1, correct=0) for name in Cells.__dataclass_fields__})
SCORE = Score(
    arm="a",
    start="base",
    size=0,
    seed=0,
    steps=0,
    tokens_trained=0,
    distinct_problems=0,
    benchmark="b",
    problems=1,
    samples=1,
    token_budget=8,
    sampling="greedy",
    prompt_hash="0",
    pass_at_1=RATE,
    completion_rate=RATE,
    think_tag_rate=RATE,
    loop_rate=RATE,
    cells=CELLS,
)

# --------------------------------------------------------------------------- round trips


@pytest.mark.parametrize("name", ENDINGS)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(records=records)
def test_what_is_written_is_read(tmp_path: Path, name: str, records: list[Any]) -> None:
    path = tmp_path / name
    assert store.write(path, iter(records)) == len(records)
    assert list(store.read(path, type(records[0]))) == records


@pytest.mark.parametrize("name", ENDINGS)
def test_nested_records_are_read_back(tmp_path: Path, name: str) -> None:
    store.write(tmp_path / name, [SCORE])
    assert list(store.read(tmp_path / name, Score)) == [SCORE]


def test_nested_columns_are_those_of_the_record_types() -> None:
    kinds = (Problem, Response, Verdict, Example, Outcome, Score)
    assert frozenset[str]().union(*(store._nested(kind) for kind in kinds)) == store._NESTED_COLUMNS


def test_parquet_columns_are_the_fields() -> None:
    import pyarrow as pa

    for kind in (Problem, Response, Verdict, Example, Outcome, Score):
        assert store.schema(kind).names == [field.name for field in dataclasses.fields(kind)]
    schema = store.schema(Outcome)
    assert (schema.field("size").type, schema.field("thinking").type) == (pa.int64(), pa.bool_())
    assert (store.schema(Response).field("cost_usd").type, store.schema(Problem).field("check").type) == (
        pa.float64(),
        pa.string(),
    )


def test_unknown_fields_are_ignored_and_defaults_stand(tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    path.write_text('\n{"id":"p","statement":"?","check":{"type":"text","answer":"x"},"extra":1}\n\n')
    assert store.read_all(path, Problem) == [PROBLEM]


def test_thinking_is_split_from_the_text_whatever_a_file_says(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    row = {"id": "r", "problem_id": "p", "model": "m", "text": "<think>a</think>4", "answer": "5"}
    path.write_text(json.dumps(row))
    (response,) = store.read(path, Response)
    assert (response.thinking, response.answer) == ("a", "4")


# --------------------------------------------------------------------------- malformed rows

GOOD = {"id": "r", "problem_id": "p", "model": "m", "text": "x"}


def changed(**fields: Any) -> str:
    return json.dumps({k: v for k, v in (GOOD | fields).items() if v is not ...})


MALFORMED = {
    "no json": (Response, '{"id": ', "not JSON: Expecting value at column"),
    "no object": (Response, "[1]", "expected an object with the fields of a Response, got [1]"),
    "a number": (Response, "3", "expected an object"),
    "no id": (Response, changed(id=...), "field 'id' is missing; a Response needs id, problem_id, model"),
    "wrong type": (Response, changed(sample="1"), "field 'sample': input should be a valid integer, got 1"),
    "number for text": (Response, changed(id=7), "field 'id': input should be a valid string, got 7"),
    "neither text nor answer": (Response, changed(text=...), "give 'text', or 'answer' with or without 'thinking'"),
    "status": (
        Verdict,
        '{"response_id":"r","problem_id":"p","status":"right"}',
        "field 'status': input should be 'correct', 'incorrect'",
    ),
    "no check": (
        Problem,
        '{"id":"p","statement":"?"}',
        "field 'check' is missing; a Problem needs id, statement, check",
    ),
    "check of no type": (Problem, '{"id":"p","statement":"?","check":{}}', "field 'check.type': expected one of stdin"),
    "check that is text": (Problem, '{"id":"p","statement":"?","check":"x"}', "field 'check.type': expected one of"),
    "check without field": (
        Problem,
        '{"id":"p","statement":"?","check":{"type":"math"}}',
        "check: field 'answer' is missing; a MathCheck needs answer",
    ),
    "check with wrong field": (
        Problem,
        '{"id":"p","statement":"?","check":{"type":"call","entry_point":"f","tests":3}}',
        "field 'tests': input should be a valid array, got 3",
    ),
}


@pytest.mark.parametrize(("kind", "row", "words"), MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_row_is_named(tmp_path: Path, kind: type[Any], row: str, words: str) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(f"\n{row}\n")
    with pytest.raises(InputError) as caught:
        list(store.read(path, kind))
    assert caught.value.where.startswith(f"{path}:2")
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_good_rows_are_not_lost(tmp_path: Path) -> None:
    path, bad = tmp_path / "rows.jsonl", list[BadRow]()
    path.write_text(f"{json.dumps(GOOD)}\n{{\n{changed(id=...)}\n{json.dumps(GOOD | {'id': 's'})}\n")
    assert [r.id for r in store.read(path, Response, bad.append)] == ["r", "s"]
    assert [(row.where, row.raw.strip()) for row in bad] == [(f"{path}:2", "{"), (f"{path}:3", changed(id=...))]
    assert "not JSON" in bad[0].why


def test_a_malformed_parquet_row_is_named(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    bad = list[BadRow]()
    pq.write_table(pa.Table.from_pylist([GOOD, GOOD | {"text": None}]), tmp_path / "r.parquet")
    assert len(list(store.read(tmp_path / "r.parquet", Response, bad.append))) == 1
    assert bad[0].where == f"{tmp_path / 'r.parquet'}: row 2"


def test_two_records_with_one_id_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    store.write(path, [PROBLEM, dataclasses.replace(PROBLEM, id="q"), PROBLEM])
    with pytest.raises(InputError, match="rows 1 and 3 have the same id 'p'; make the ids unique"):
        store.read_all(path, Problem)
    assert len(store.read_all(path, Problem, key="")) == 3


def _absent(_: Path) -> None: ...


def _empty_folder(path: Path) -> None:
    path.mkdir()


@pytest.mark.parametrize(
    ("name", "make", "words"),
    [
        ("absent.jsonl", _absent, "no such file"),
        ("folder", _empty_folder, "holds no .parquet file"),
        ("rows.csv", lambda p: p.write_text("a,b"), "unknown file ending; use .jsonl"),
        ("rows.parquet", lambda p: p.write_text("nonsense"), "not a Parquet file"),
        ("rows.jsonl", lambda p: p.write_bytes(b"\xff\xfe"), "cannot be read as text"),
        ("rows.jsonl.gz", lambda p: p.write_text("plain"), "cannot be read as text"),
        ("cut.jsonl.gz", lambda p: p.write_bytes(gzip.compress(b'{"id":"r"}' * 99)[:-12]), "cannot be read as text"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(
    tmp_path: Path, name: str, make: Callable[[Path], Any], words: str
) -> None:
    path = tmp_path / name
    make(path)
    with pytest.raises(InputError, match=words) as caught:
        list(store.read(path, Response))
    assert str(path) in str(caught.value)


def test_an_unknown_ending_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="unknown file ending"):
        store.write(tmp_path / "rows.csv", [PROBLEM])
    assert list(tmp_path.iterdir()) == []


# --------------------------------------------------------------------------- atomicity


@pytest.mark.parametrize("name", ENDINGS)
def test_a_failed_write_leaves_what_was_there(tmp_path: Path, name: str) -> None:
    def dying() -> Any:
        yield PROBLEM
        raise KeyboardInterrupt

    store.write(tmp_path / name, [PROBLEM])
    before = (tmp_path / name).read_bytes()
    with pytest.raises(KeyboardInterrupt):
        store.write(tmp_path / name, dying())
    assert [p.name for p in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_bytes() == before


def test_json_documents(tmp_path: Path) -> None:
    store.write_json(tmp_path / "new" / "x.json", {"é": [1, None]})
    written = (tmp_path / "new" / "x.json").read_text(encoding="utf-8")
    assert json.loads(written) == {"é": [1, None]}
    assert "é" in written
    assert written.endswith("}\n")


def response(index: int) -> Response:
    return Response(id=f"r{index}", problem_id="p", model="m", text="x", answer="x")


def test_shards_are_appended_once_and_read_in_order(tmp_path: Path) -> None:
    shards = Shards(tmp_path / "responses", Response)
    assert list(shards.read()) == []
    assert not shards.has(0)
    shards.put(10, [response(10)])
    shards.put(2, [response(2), response(3)])
    shards.put(2, [response(2), response(3)])
    assert (shards.has(2), shards.has(3)) == (True, False)
    assert [r.id for r in shards.read()] == ["r2", "r3", "r10"]
    assert list(store.read(shards.folder, Response)) == list(shards.read())


def test_the_same_batch_is_the_same_bytes(tmp_path: Path) -> None:
    one, two = (Shards(tmp_path / name, Response) for name in ("one", "two"))
    for shards in (one, two):
        shards.put(0, [response(i) for i in range(5)])
    files = [next(shards.folder.iterdir()) for shards in (one, two)]
    assert files[0].read_bytes() == files[1].read_bytes()


def test_a_file_left_by_a_kill_is_no_batch(tmp_path: Path) -> None:
    shards = Shards(tmp_path, Response)
    (tmp_path / ".part-000000.parquet.4242.tmp").write_bytes(b"half")
    assert not shards.has(0)
    assert list(shards.read()) == []
    shards.put(0, [response(0)])
    assert [r.id for r in shards.read()] == ["r0"]


# --------------------------------------------------------------------------- fingerprints


def test_fingerprints_tell_contents_apart() -> None:
    assert store.fingerprint(PROBLEM, {"a": 1, "b": 2}) == store.fingerprint(PROBLEM, {"b": 2, "a": 1})
    assert store.fingerprint(PROBLEM) != store.fingerprint(dataclasses.replace(PROBLEM, id="q"))
    assert store.fingerprint("a", "b") != store.fingerprint("ab")
    with pytest.raises(TypeError, match="no fingerprint for object"):
        store.fingerprint(object())
    one, two = dataclasses.replace(PROBLEM, id="1"), dataclasses.replace(PROBLEM, id="2")
    assert store.records_fingerprint([one, two]) == store.records_fingerprint(iter([one, two]))
    assert store.records_fingerprint([one, two]) != store.records_fingerprint([two, one])


def test_fingerprints_of_files_and_folders(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    (folder / "sub").mkdir(parents=True)
    (folder / "sub" / "a").write_text("1")
    mark = store.file_fingerprint(folder)
    (folder / ".hidden").write_text("x")
    assert store.file_fingerprint(folder) == mark
    (folder / "sub" / "a").rename(folder / "sub" / "b")
    renamed = store.file_fingerprint(folder)
    (folder / "sub" / "b").write_text("2")
    assert len({mark, renamed, store.file_fingerprint(folder)}) == 3
    assert store.file_fingerprint(folder / "sub" / "b") != store.file_fingerprint(folder)


def test_a_step_is_done_when_its_mark_agrees(tmp_path: Path) -> None:
    marker = tmp_path / "step.done"
    assert not store.done(marker, "abc")
    store.mark_done(marker, "abc")
    assert store.done(marker, "abc")
    assert not store.done(marker, "abd")
