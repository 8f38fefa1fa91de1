"""No secret in any file or output: a planted key, servers that echo it in their errors, and a search that can find it.

Every command runs in a process of its own with the key in `THALWEG_TEST_KEY`; then all that they wrote and printed is
searched for the key and for its base64, inside Parquet and gzip files, too. The server demands the key, so the runs
did use it. Not covered: memory, and core dumps.
"""

import base64
import gzip
import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pyarrow.parquet
import pytest
import yaml

from tests.faulty_server import Behaviour, Running, serving
from tests.tiny import tiny_student
from thalweg import store
from thalweg.chat import Prompt
from thalweg.generate import asking
from thalweg.generate.collect import collect
from thalweg.generate.endpoint import Endpoint
from thalweg.generate.model import Sampling
from thalweg.types import Problem, TextCheck

VARIABLE, KEY = "THALWEG_TEST_KEY", "sk-planted/5vXq+0aT9=wZ3"
CARELESS = Behaviour(key=KEY, echo=True, latency_s=0.02)
FAULTS = {"429": 0.05, "500": 0.1, "503": 0.05, "truncated": 0.05, "reset-midway": 0.05, "wrong-model": 0.05}


# --------------------------------------------------------------------------- the search


def needles(key: str) -> list[bytes]:
    """The key as it may be written: plain, quoted for a URL, escaped for JSON, and in base64 wherever it begins."""
    plain = key.encode()
    found = [plain, quote(key, safe="").encode(), json.dumps(key)[1:-1].encode(), key.replace("/", r"\/").encode()]
    for offset in range(3):
        # Of a longer text in base64, only the groups of three bytes that lie within the key are known.
        within = plain[(3 - offset) % 3 :]
        whole = within[: len(within) // 3 * 3]
        found += [base64.b64encode(whole), base64.urlsafe_b64encode(whole)]
    return list(dict.fromkeys(found))


def contents(path: Path) -> bytes:
    """What a file says, unpacked: pages of a Parquet file are compressed."""
    raw = path.read_bytes()
    if raw.startswith(b"\x1f\x8b"):
        raw += gzip.decompress(raw)
    if raw.startswith(b"PAR1"):
        table = pyarrow.parquet.read_table(path)
        raw += repr(table.to_pylist()).encode() + repr(table.schema.metadata).encode()
    return raw


def leaks(folder: Path, key: str = KEY) -> list[str]:
    """The files below a folder whose contents or names hold the key."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return [str(p) for p in files if any(needle in contents(p) + str(p).encode() for needle in needles(key))]


def is_in(text: str) -> bool:
    return any(needle in text.encode() for needle in needles(KEY))


@pytest.mark.parametrize("form", ["plain", "json", "base64", "basic", "gzip", "parquet"])
def test_the_search_finds_a_key(tmp_path: Path, form: str) -> None:
    (tmp_path / "clean.txt").write_text("sk-planted, and no more")
    assert leaks(tmp_path) == []
    file = tmp_path / "deep" / "file"
    file.parent.mkdir()
    echoed = f"Your header: Bearer {KEY}."
    if form == "parquet":
        table = pyarrow.table({"text": [echoed, "two"] * 500})
        pyarrow.parquet.write_table(table, file, compression="zstd")
    else:
        written = {
            "plain": echoed.encode(),
            "json": json.dumps({"error": echoed}).encode(),
            "base64": base64.b64encode(KEY.encode()),
            "basic": base64.b64encode(f"user:{KEY}".encode()),
            "gzip": gzip.compress(echoed.encode()),
        }
        file.write_bytes(written[form])
    assert leaks(tmp_path) == [str(file)]


def test_the_server_demands_the_key_and_echoes_it() -> None:
    with serving(replace(CARELESS, key="another")) as server:
        body = json.dumps({"model": "teacher", "messages": [{"role": "user", "content": "hello"}]}).encode()
        request = urllib.request.Request(f"{server.url}/chat/completions", body, {"Authorization": f"Bearer {KEY}"})
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(request, timeout=30)
        with caught.value as answer:
            assert answer.code == 401
            assert is_in(answer.read().decode())


def test_a_client_that_did_not_clear_answers_would_be_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, KEY)
    monkeypatch.setattr(asking, "_forms", lambda _: ())
    problems = [Problem(id="p", statement="problem", check=TextCheck(answer=""))]
    with serving(replace(CARELESS, refused=1.0)) as server:
        endpoint = Endpoint(url=server.url, model="teacher", key_env=VARIABLE, max_failed_share=1.0)
        sampling = Sampling(max_tokens=8)
        collect(problems, endpoint, name="t", sampling=sampling, prompt=Prompt(), samples=1, out=tmp_path)
    assert str(tmp_path / "failures.jsonl") in leaks(tmp_path)


# --------------------------------------------------------------------------- the commands


class Commands:
    """Runs the command line with the key in its environment, and keeps all that it prints."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.printed = folder, ""

    def run(self, *words: object, code: int = 0) -> str:
        """One command; its output, once its exit status is the one expected."""
        environment = os.environ | {VARIABLE: KEY, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
        command = [sys.executable, "-m", "thalweg", *map(str, words)]
        done = subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True, timeout=240)
        assert done.returncode == code, done.stdout + done.stderr
        self.printed += done.stdout + done.stderr
        return done.stdout + done.stderr

    def check(self) -> None:
        """Nothing that was printed or written holds the key."""
        assert self.printed
        assert not is_in(self.printed)
        assert leaks(self.folder) == []


@pytest.fixture
def commands(tmp_path: Path) -> Iterator[Commands]:
    check = TextCheck(answer="")
    store.write(tmp_path / "p.jsonl", [Problem(id=f"p{n}", statement=f"problem {n}", check=check) for n in range(24)])
    held = Commands(tmp_path)
    yield held
    held.check()


def model_at(server: Running) -> tuple[str, ...]:
    return ("--model", f"endpoint:{server.url}#teacher", "--key-env", VARIABLE, "--max-tokens", "200000")


def test_generate_among_faults(commands: Commands) -> None:
    with serving(replace(CARELESS, faults=FAULTS, refused=0.2, hopeless=0.1)) as server:
        words = ("generate", "--problems", "p.jsonl", *model_at(server), "--out", "out")
        said = commands.run(*words, "--attempts", 2, code=2)
        assert "400" in said
        commands.check()  # the journal is still there
        commands.run(*words, "--attempts", 2, "--failed-share", 1)
        assert (commands.folder / "out" / "failures.jsonl").read_text()
        assert server.stats()["faults"].get("401", 0) == 0


def test_generate_with_a_key_that_is_refused(commands: Commands) -> None:
    with serving(replace(CARELESS, key="another")) as server:
        said = commands.run("generate", "--problems", "p.jsonl", *model_at(server), "--out", "out", code=2)
    assert VARIABLE in said


@pytest.mark.parametrize(
    "words",
    [
        ("--model", f"endpoint:http://user:{KEY}@127.0.0.1:9/v1#m"),
        ("--model", "endpoint:http://127.0.0.1:9/v1#m", "--key-env", KEY),
        ("--model", "endpoint:http://127.0.0.1:9/v1#m", "--extra", f'api_key="{KEY}"'),
    ],
    ids=["in the address", "in place of its variable's name", "in the body"],
)
def test_a_key_in_the_wrong_place_is_refused_and_not_repeated(commands: Commands, words: tuple[str, ...]) -> None:
    commands.run("generate", "--problems", "p.jsonl", *words, "--out", "out", code=2)


@pytest.mark.parametrize("verb", ["generate", "run", "plan", "evaluate"])
def test_help(commands: Commands, verb: str) -> None:
    commands.run(verb, "--help")


def study(server: Running) -> dict[str, object]:
    """A study of two rungs whose teacher is behind the server; every answer is 7, and so is the server's."""
    asked = {"key_env": VARIABLE, "timeout_s": 5, "max_attempts": 5, "max_failed_share": 1.0}
    source = {"source": "gsm8k", "path": "rows.jsonl", "split": "test"}
    return {
        "name": "secrets",
        "student": "student",
        "problems": {**source, "count": 8},
        "teachers": {"far": {"model": f"endpoint:{server.url}#teacher", "max_tokens": 200_000, "endpoint": asked}},
        "prices": {"far": {"prompt": 1.0, "completion": 3.0}},
        "benchmarks": {"gsm8k": {**source, "skip": 8, "count": 4, "max_tokens": 8}},
        "sizes": [0, 4],
        "seeds": [0],
        "train": {"batch_size": 2, "max_steps": 2, "save_steps": 1, "max_length": 512},
        "arms": {"random": {}},
    }


@pytest.mark.slow
def test_a_study_with_a_teacher_behind_an_endpoint(commands: Commands) -> None:
    tiny_student(commands.folder / "student")
    rows = [{"question": f"What is {n} + {7 - n}?", "answer": "It is 7.\n#### 7"} for n in range(12)]
    (commands.folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    with serving(replace(CARELESS, faults=FAULTS, closing="So it is 7.", words=4)) as server:
        (commands.folder / "study.yaml").write_text(yaml.safe_dump(study(server)))
        commands.run("plan", ".", "--pilot", 2)
        commands.run("run", ".")
        asked = server.stats()["asked"]
        commands.run("run", ".")
        assert server.stats()["asked"] == asked
    for verb in ("status", "plan", "report"):
        commands.run(verb, ".")
    assert VARIABLE in (commands.folder / "manifest.json").read_text()
    assert (commands.folder / "report.html").exists()
