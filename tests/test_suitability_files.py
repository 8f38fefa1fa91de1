"""Measuring files of responses: resumable, byte for byte the same, and token statistics that come back."""

import dataclasses
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.tiny import tiny_student
from thalweg import store
from thalweg.chat import Prompt
from thalweg.errors import InputError
from thalweg.suitability.files import measure_file, read_token_stats, write_token_stats
from thalweg.suitability.local import local_surprisals
from thalweg.suitability.rank_surprisal import summary
from thalweg.suitability.token_stats import Item, Scorer
from thalweg.types import Problem, Response, Suitability, TextCheck

PROMPT = Prompt(template="Q: {statement}")
PROBLEMS = {f"p{n}": Problem(id=f"p{n}", statement=f"what is {n}?", check=TextCheck(answer="x")) for n in range(4)}
RESPONSES = [
    Response(id=f"{model}/{n}", problem_id=f"p{n}", model=model, text=f"<think>\nhm\n</think>\n{model} says {n}")
    for model in ("m", "other")
    for n in range(4)
]


@pytest.fixture(scope="module")
def student(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_student(tmp_path_factory.mktemp("student"))


def rows(folder: Path) -> list[Suitability]:
    return list(store.Shards(folder, Suitability).read())


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_a_row_a_response(student: Path, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    report = lambda done, total: seen.append((done, total))  # noqa: E731
    measure_file(PROBLEMS, iter(RESPONSES), tmp_path / "s", student, PROMPT, "fp32", batch_size=3, on_progress=report)
    found = rows(tmp_path / "s")
    by_problem = sorted(RESPONSES, key=lambda response: response.problem_id)
    items = [Item(r.id, f"Q: what is {r.problem_id[1]}?", r.text or "") for r in by_problem]
    expected = [summary(*pair) for pair in zip(Scorer(student, PROMPT).score(items), by_problem, strict=True)]
    assert [row.response_id for row in found] == [response.id for response in by_problem]
    assert [row.rsr for row in found] == pytest.approx([row.rsr for row in expected], rel=1e-5)
    assert [(row.tokens, row.model, row.precision, row.local_surprisal) for row in found] == [
        (len(r.text or ""), r.model, "fp32", None) for r in by_problem
    ]
    assert seen == [(3, 8), (6, 8), (8, 8)]


def test_a_response_given_in_parts_is_put_together(student: Path, tmp_path: Path) -> None:
    whole = Response(id="w", problem_id="p0", model="m", text="<think>\nhm\n</think>\nyes")
    parts = Response(id="p", problem_id="p0", model="m", thinking="hm", answer="yes")
    measure_file(PROBLEMS, [whole, parts], tmp_path / "s", student, PROMPT)
    one, other = rows(tmp_path / "s")
    assert other.rsr == pytest.approx(one.rsr)


@pytest.mark.parametrize("lost_from", ["s", "t"])
@pytest.mark.parametrize("lost", ["part-000000.parquet", "part-000001.parquet", "part-000002.parquet"])
def test_a_lost_batch_is_made_again_and_no_other(student: Path, tmp_path: Path, lost_from: str, lost: str) -> None:
    def measure() -> dict[Path, tuple[int, bytes]]:
        out, tokens = tmp_path / "s", tmp_path / "t"
        measure_file(PROBLEMS, RESPONSES, out, student, PROMPT, tokens_out=tokens, batch_size=3)
        paths = [*out.iterdir(), *tokens.iterdir()]
        return {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in paths}

    first = measure()
    (tmp_path / lost_from / lost).unlink()
    again = measure()
    assert len(first) == 6
    assert {path: data for path, (_, data) in again.items()} == {path: data for path, (_, data) in first.items()}
    assert {path.name for path in first if again[path] != first[path]} == {lost}


def test_a_whole_folder_needs_no_model(student: Path, tmp_path: Path) -> None:
    measure_file(PROBLEMS, RESPONSES, tmp_path / "s", student, PROMPT)
    before = contents(tmp_path / "s")
    measure_file(PROBLEMS, RESPONSES, tmp_path / "s", tmp_path / "nowhere", PROMPT)
    assert contents(tmp_path / "s") == before


def test_local_surprisal_is_measured_when_asked_for(student: Path, tmp_path: Path) -> None:
    response = Response(id="r", problem_id="p0", model="m", text="One. Two. Three. Four. Five.")
    measure_file(PROBLEMS, [response], tmp_path / "a", student, PROMPT, local=True)
    measure_file(PROBLEMS, [response], tmp_path / "b", student, PROMPT, local=True, window=1)
    found = [rows(tmp_path / name)[0].local_surprisal for name in "ab"]
    scorer, item = Scorer(student, PROMPT), Item("r", "Q: what is 0?", response.text or "")
    assert found == [pytest.approx(local_surprisals(scorer, [item], window)[0]) for window in (3, 1)]


@pytest.mark.parametrize(
    ("responses", "message"),
    [
        ([], "there is none to measure"),
        ([Response(id="r", problem_id="p9", model="m", text="x")], "answers problem 'p9'"),
    ],
)
def test_bad_input(student: Path, tmp_path: Path, responses: list[Response], message: str) -> None:
    with pytest.raises(InputError, match=message):
        measure_file(PROBLEMS, responses, tmp_path / "s", student, PROMPT)


def test_token_stats_come_back_as_they_were(student: Path, tmp_path: Path) -> None:
    stats = Scorer(student, PROMPT).score([Item("a", "q", "some text"), Item("b", "q", ""), Item("c", "q", "x" * 600)])
    write_token_stats(tmp_path / "part-000000.parquet", stats[:2])
    write_token_stats(tmp_path / "part-000001.parquet", stats[2:])
    assert list(read_token_stats(tmp_path)) == stats
    assert stats[2].truncated
    kinds = {field.name: str(field.type) for field in pq.read_schema(tmp_path / "part-000000.parquet")}
    assert kinds["ranks"] == "list<element: uint8>"
    assert kinds["log_probs"] == "list<element: float>"
    assert set(kinds) == {field.name for field in dataclasses.fields(stats[0])}


def test_token_stats_of_other_responses_are_not_mixed_in(student: Path, tmp_path: Path) -> None:
    measure_file(PROBLEMS, RESPONSES, tmp_path / "a", student, PROMPT, tokens_out=tmp_path / "t", batch_size=3)
    with pytest.raises(InputError, match=r"part-000001\.parquet there is of other responses"):
        measure_file(PROBLEMS, RESPONSES[:2], tmp_path / "b", student, PROMPT, tokens_out=tmp_path / "t", batch_size=3)


def test_no_token_stats_to_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"holds no \.parquet file"):
        list(read_token_stats(tmp_path))


@pytest.mark.slow
def test_a_killed_run_goes_on_to_the_same_files(student: Path, tmp_path: Path) -> None:
    code = f"""
        import time
        from pathlib import Path
        from tests.test_suitability_files import PROBLEMS, PROMPT, RESPONSES
        from thalweg.suitability.files import measure_file
        def slow(done, total):
            time.sleep(60 if done >= 4 else 0)
        measure_file(PROBLEMS, RESPONSES, Path({str(tmp_path / "killed")!r}), {str(student)!r}, PROMPT,
                     tokens_out=Path({str(tmp_path / "killed-tokens")!r}), batch_size=2, on_progress=slow)
    """
    with subprocess.Popen([sys.executable, "-c", textwrap.dedent(code)], cwd=Path(__file__).parents[1]) as process:
        while process.poll() is None and not (tmp_path / "killed" / "part-000001.parquet").exists():
            time.sleep(0.05)
        os.kill(process.pid, signal.SIGKILL)
    for name in ("killed", "whole"):
        tokens = tmp_path / f"{name}-tokens"
        measure_file(PROBLEMS, RESPONSES, tmp_path / name, student, PROMPT, tokens_out=tokens, batch_size=2)
    for folder in ("", "-tokens"):
        assert contents(tmp_path / f"killed{folder}") == contents(tmp_path / f"whole{folder}")
