"""`thalweg import` as a verb: streamed to files, rows set aside, formats, and how much memory many rows take."""

import gzip
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.sources import jsonl
from thalweg import InputError, cli, store, verbs
from thalweg.problems import READERS
from thalweg.problems.source import Item
from thalweg.study.inputs import asked_of, load_source
from thalweg.study.sections import Source
from thalweg.types import MathCheck, Problem, Response, TextCheck
from thalweg.verbs import sink
from thalweg.verbs.sink import Sink


def talk(user: str, assistant: str, **more: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": user}, {"role": "assistant", "content": assistant}], **more}


TEAM = [
    talk("a", r"\boxed{1}"),
    talk("b", "<think>never ends"),
    {"messages": talk("c", "1")["messages"] * 2},
    talk("b", r"\boxed{2}"),
    talk("d", "no box"),
    {"prompt": "e"},
]


def read_back(out: Path, form: str = "jsonl") -> tuple[list[Problem], list[Response]]:
    return store.read_all(out / f"problems.{form}", Problem), store.read_all(out / f"responses.{form}", Response)


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
def test_a_teams_file(tmp_path: Path, form: Any) -> None:
    path, out, rejects = jsonl(tmp_path / "team.jsonl", *TEAM), tmp_path / "data", tmp_path / "aside.jsonl"
    done = verbs.import_source("messages", out, options={"path": path, "check": "boxed"}, form=form, rejects=rejects)
    problems, responses = read_back(out, form)
    assert [(p.statement, p.check) for p in problems] == [
        ("a", MathCheck(answer="1")),
        ("b", MathCheck(answer="2")),  # its first response has no answer, so it waited for the second
        ("d", TextCheck(answer="")),  # nobody knows
    ]
    assert [(r.sample, r.text) for r in responses] == [(0, t["messages"][1]["content"]) for t in TEAM[:2]] + [
        (1, r"\boxed{2}"),
        (0, "no box"),
    ]
    assert {r.problem_id for r in responses} == {p.id for p in problems}
    assert done.written == {out / f"problems.{form}": 3, out / f"responses.{form}": 4}
    assert (done.rows, sum(done.rejected.values())) == (4, 2)
    aside = [json.loads(line) for line in rejects.read_text().splitlines()]
    assert [row["where"] for row in aside] == [f"{path}:3", f"{path}:6"]
    assert json.loads(aside[1]["row"]) == {"prompt": "e"}


def test_a_bad_row_ends_an_import_that_sets_none_aside(tmp_path: Path) -> None:
    path, out = jsonl(tmp_path / "team.jsonl", *TEAM), tmp_path / "data"
    jsonl(out / "problems.jsonl", {"old": 1})
    with pytest.raises(InputError, match=r"team.jsonl:3: its turns are: user, assistant, user, assistant"):
        verbs.import_source("messages", out, options={"path": path})
    assert [file.name for file in out.iterdir()] == ["problems.jsonl"], "nothing half-written is left"
    assert json.loads((out / "problems.jsonl").read_text()) == {"old": 1}, "what was there stays"


def test_count_stops_the_reading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []

    def reader(path: str = "x") -> Iterator[Item]:
        assert path
        for number in range(1000):
            read.append(number)
            yield Item(Problem(id=str(number), statement="?", check=TextCheck(answer="x")))

    monkeypatch.setitem(READERS, "endless", reader)
    done = verbs.import_source("endless", tmp_path, count=3)
    assert (done.rows, read) == (3, [0, 1, 2])
    assert not (tmp_path / "responses.jsonl").exists()


def test_what_a_source_leaves_out_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def reader(on_left_out: Callable[[store.BadRow], None] | None = None) -> Iterator[Item]:
        assert on_left_out is not None
        for number in range(3):
            on_left_out(store.BadRow(f"row {number}", "it is interactive; nobody is there", "{}"))
        yield Item(Problem(id="p", statement="?", check=TextCheck(answer="x")))

    monkeypatch.setitem(READERS, "picky", reader)
    assert verbs.import_source("picky", tmp_path).left_out == {"it is interactive": 3}


def test_one_id_for_two_responses_is_refused(tmp_path: Path) -> None:
    path = jsonl(tmp_path / "t.jsonl", talk("a", "1", id="r"), talk("b", "2", id="r"))
    with pytest.raises(InputError, match="response 'r': its id came before"):
        verbs.import_source("messages", tmp_path / "o", options={"path": path})


@pytest.mark.parametrize(
    ("source", "given", "words"),
    [
        ("messages", {"options": {"path": "empty.jsonl"}}, "source 'messages': it holds no row"),
        ("gsm8k", {"rejects": Path("r")}, "--rejects: source 'gsm8k' sets no rows aside"),
        ("responses", {"options": {"path": "x"}, "rejects": Path("r")}, "source 'responses' sets no rows aside"),
        ("responses", {}, "--path: responses come from a file"),
        ("responses", {"options": {"path": "x", "split": "y"}}, "it takes no 'split'; it takes path, columns"),
        ("messages", {"options": {"path": "bad.jsonl"}, "rejects": Path("r")}, "all 2 rows were set aside"),
    ],
)
def test_what_cannot_be_imported_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, given: dict[str, Any], words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("empty.jsonl").write_text("")
    jsonl(Path("bad.jsonl"), {}, {"messages": 3})
    with pytest.raises(InputError, match=words):
        verbs.import_source(source, Path("out"), **given)


def test_how_far_it_is_is_told(tmp_path: Path) -> None:
    told: list[int] = []
    path = jsonl(tmp_path / "t.jsonl", *(talk(str(number), "1") for number in range(2500)))
    verbs.import_source("messages", tmp_path / "o", options={"path": path}, on_rows=told.append)
    assert told == [1000, 2000]


def test_a_source_that_makes_problems_takes_the_count(tmp_path: Path) -> None:
    done = verbs.import_source("miniature", tmp_path, options={"split": "test"}, count=4)
    assert done.rows == 4


# --------------------------------------------------------------------------- shares of a file


def test_a_share_is_kept_or_left_by_a_hash_of_the_group(tmp_path: Path) -> None:
    rows = [Problem(id=f"p{n}", statement="?", check=TextCheck(answer="x"), group=f"g{n // 2}") for n in range(600)]
    store.write(tmp_path / "p.jsonl", rows)

    def ids(**options: str) -> set[str]:
        return {item.problem.id for item in READERS["records"](tmp_path / "p.jsonl", **options)}

    kept, left = ids(keep="1/10"), ids(leave="1/10")
    assert kept | left == {row.id for row in rows}
    assert not kept & left
    assert 20 <= len(kept) <= 110
    assert all((f"p{n}" in kept) == (f"p{n + 1}" in kept) for n in range(0, 600, 2)), "a group stays together"
    assert ids(keep="0/1") == set()
    for share in ("1/0", "3/2", "0.1", "1/-2"):
        with pytest.raises(InputError, match="it is none; expected one such as 1/50"):
            ids(keep=share)


def test_a_study_gives_its_options_to_the_source(tmp_path: Path) -> None:
    rows = [Problem(id=f"p{n}", statement="?", check=TextCheck(answer="x")) for n in range(40)]
    store.write(tmp_path / "p.jsonl", rows)
    whole = Source(source="records", path="p.jsonl")
    half = Source(source="records", path="p.jsonl", options={"keep": "1/2"})
    assert len(load_source(whole, tmp_path)) == 40
    assert 0 < len(load_source(half, tmp_path)) < 40
    assert "options" not in asked_of(whole), "studies without options keep their fingerprints"
    assert asked_of(half)["options"] == {"keep": "1/2"}
    with pytest.raises(InputError, match="it takes no 'kep'; it takes path"):
        load_source(Source(source="records", path="p.jsonl", options={"kep": "1/2"}), tmp_path)
    with pytest.raises(ValueError, match="no source 'gsm9k', there are miniature"):
        Source(source="gsm9k")


# --------------------------------------------------------------------------- sinks


@pytest.mark.parametrize("name", ["p.jsonl", "p.jsonl.gz", "p.parquet"])
def test_a_sink_writes_what_the_store_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(sink, "_GROUP_BYTES", 40)
    problems = [Problem(id=str(n), statement="?" * n, check=MathCheck(answer="x"), group="é") for n in range(9)]
    with Sink(tmp_path / name, Problem) as out:
        for problem in problems:
            out.put(problem)
        assert not (tmp_path / name).exists()
    assert store.read_all(tmp_path / name, Problem) == problems
    assert out.count == 9
    if name.endswith("gz"):
        assert gzip.decompress((tmp_path / name).read_bytes()).count(b"\n") == 9


def test_a_sink_without_records_makes_no_file(tmp_path: Path) -> None:
    with Sink(tmp_path / "p.parquet", Problem):
        pass
    assert list(tmp_path.iterdir()) == []


# --------------------------------------------------------------------------- the command


@pytest.fixture
def thalweg(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str]]:
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["thalweg", *arguments])
        with pytest.raises(SystemExit) as caught:
            cli.main()
        captured = capsys.readouterr()
        return int(caught.value.code or 0), captured.out + captured.err

    return run


def test_the_command_takes_options_and_columns(thalweg: Callable[..., tuple[int, str]]) -> None:
    jsonl(Path("t.jsonl"), {"chat": TEAM[0]["messages"], "gold": "1"}, {"chat": []})
    mapping = ["--column", "messages=chat", "--column", "answer=gold", "--option", "license=own"]
    words = ["import", "messages", "--path", "t.jsonl", *mapping, "--format", "parquet", "--rejects", "r.jsonl"]
    code, said = thalweg(*words, "--out", "data")
    assert code == 0, said
    assert "data/problems.parquet: 1 rows" in said
    assert "r.jsonl: 1 set aside: its turns are: none" in said
    ((problem,), _) = read_back(Path("data"), "parquet")
    assert (problem.check, problem.license) == (MathCheck(answer="1"), "own")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["aime", "--option", "yeer=2024"], "source 'aime': it takes no 'yeer'; it takes path, year"),
        (["messages", "--option", "check=fuzzy", "--path", "x.jsonl"], "'check': input should be 'math', 'text' or"),
        (["messages", "--path", "x.jsonl", "--format", "csv"], "--format: no format 'csv'; use jsonl or parquet"),
        (["math", "--start", "2024-01-01"], "source 'math': it takes no 'start'"),
        (["messages", "--option", "check"], "--option: expected KEY=VALUE"),
    ],
)
def test_wrong_options_are_the_users_to_know(
    thalweg: Callable[..., tuple[int, str]], words: list[str], said: str
) -> None:
    code, told = thalweg("import", *words, "--out", "data")
    assert code == 2
    assert said in told


# --------------------------------------------------------------------------- memory

PEAK = """
import sys
from pathlib import Path
from thalweg import verbs
columns = {"statement": "prompt", "text": "response", "answer": "gold"}
verbs.import_source("pairs", Path(sys.argv[2]), options={"path": sys.argv[1], "columns": columns})
status = Path("/proc/self/status").read_text()  # getrusage would count what the parent held
print(int(status.partition("VmHWM:")[2].split()[0]) // 1024)
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak of memory is read from /proc")
def test_memory_does_not_grow_with_the_texts(tmp_path: Path) -> None:
    """A hundred thousand rows of 8 kB are 800 MB of text, of which hashes are held (benchmarks: two million)."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = tmp_path / "rows.parquet"
    schema = pa.schema({"prompt": pa.string(), "response": pa.string(), "gold": pa.int64()})
    with pq.ParquetWriter(path, schema) as out:
        for start in range(0, 100_000, 10_000):
            numbers = range(start, start + 10_000)
            texts = [f"{n} " * (8000 // (len(str(n)) + 1)) for n in numbers]
            columns = {"prompt": [f"What is {n}?" for n in numbers], "response": texts, "gold": list(numbers)}
            out.write_table(pa.table(columns, schema=schema))
    found = subprocess.run(
        [sys.executable, "-c", PEAK, str(path), str(tmp_path / "out")], capture_output=True, text=True, check=True
    )
    assert int(found.stdout) < 400
