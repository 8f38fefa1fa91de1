"""Students behind a server that is started for them: its command line, its life, its death, and the same answers."""

import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.tiny import tiny_student, tiny_tokenizer
from thalweg.chat import Prompt
from thalweg.engine.devices import gpu_workers
from thalweg.errors import InputError
from thalweg.generate import Sampling, batches
from thalweg.generate.collect import collect
from thalweg.generate.endpoint import Endpoint
from thalweg.generate.local import LocalModel
from thalweg.generate.vllm import ServerError, ask_served, serving
from thalweg.generate.vllm_command import Serving, arguments
from thalweg.store import Shards
from thalweg.types import Problem, Response, TextCheck

ROOT = Path(__file__).parent.parent
STAND_IN = f"{sys.executable} {ROOT / 'tests' / 'stand_in_server.py'}"
PROMPT = Prompt()


@pytest.fixture(scope="module")
def student(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_student(tmp_path_factory.mktemp("student"))


def stand_in(*extra: str, startup_timeout_s: float = 120.0) -> Serving:
    return Serving(command=STAND_IN, extra_args=extra, startup_timeout_s=startup_timeout_s)


def members(student: Path) -> list[int]:
    """The processes that name a student, and those of their groups where they lead one; zombies left out."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if fields[0] != "Z":
            found[int(entry.name)] = (str(student).encode() in words, int(fields[2]))
    led = {group for pid, (named, group) in found.items() if named and pid == group}
    return [pid for pid, (named, group) in found.items() if named or group in led]


def assert_gone(student: Path, within_s: float = 20.0) -> None:
    until = time.monotonic() + within_s
    while (left := members(student)) and time.monotonic() < until:
        time.sleep(0.1)
    assert not left, "a server, or a child of it, was left over"


def get(endpoint: Endpoint, path: str) -> int:
    with closing(http.client.HTTPConnection(urlsplit(endpoint.url).netloc, timeout=10)) as connection:
        connection.request("GET", path)
        return connection.getresponse().status


# --------------------------------------------------------------------------- the command line


def test_every_setting_has_its_argument() -> None:
    settings = Serving(
        command="/opt/vllm/bin/vllm serve",
        tensor_parallel=2,
        data_parallel=3,
        dtype="float16",
        max_model_len=4096,
        gpu_memory_utilization=0.8,
        max_num_seqs=64,
        enforce_eager=True,
        extra_args=("--kv-cache-dtype", "fp8"),
    )
    assert settings.devices == 6
    line = arguments("org/student", settings, "bf16", 8123)
    assert line[:7] == ["/opt/vllm/bin/vllm", "serve", "org/student", "--host", "127.0.0.1", "--port", "8123"]
    assert line[7:] == [
        *["--served-model-name", "student", "--tokenizer", "org/student", "--dtype", "float16"],
        *["--generation-config", "vllm", "--seed", "0", "--tensor-parallel-size", "2", "--data-parallel-size", "3"],
        *["--max-model-len", "4096", "--gpu-memory-utilization", "0.8", "--max-num-seqs", "64", "--enforce-eager"],
        *["--kv-cache-dtype", "fp8"],
    ]


@pytest.mark.parametrize(("precision", "dtype"), [("fp32", "float32"), ("bf16", "bfloat16")])
def test_what_is_absent_is_left_to_the_server_but_the_precision(precision: str, dtype: str) -> None:
    line = arguments("m", Serving(), precision, 1)  # type: ignore[arg-type]
    assert line[line.index("--dtype") + 1] == dtype
    assert not {"--max-model-len", "--gpu-memory-utilization", "--max-num-seqs", "--enforce-eager"} & set(line)


def adapter(folder: Path, rank: int, **others: object) -> str:
    config = {"base_model_name_or_path": "org/base", "r": rank, **others}
    (folder / "adapter_config.json").write_text(json.dumps(config))
    return str(folder)


@pytest.mark.parametrize(("rank", "pattern", "room"), [(16, {}, "16"), (20, {}, "32"), (8, {"q_proj": 64}, "64")])
def test_an_adapter_is_served_on_its_base(tmp_path: Path, rank: int, pattern: dict[str, int], room: str) -> None:
    model = adapter(tmp_path, rank, rank_pattern=pattern)
    line = arguments(model, Serving(), "bf16", 1)
    assert line[2] == "org/base"
    assert line[line.index("--served-model-name") + 1] == "base"
    assert line[line.index("--tokenizer") + 1] == "org/base"
    assert line[line.index("--max-lora-rank") + 1] == room
    assert json.loads(line[line.index("--lora-modules") + 1]) == {"name": "student", "path": model}
    (tmp_path / "tokenizer.json").write_text("{}")
    assert arguments(model, Serving(), "bf16", 1)[line.index("--tokenizer") + 1] == model


def test_an_adapter_that_no_server_takes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="rank 1024, vLLM serves up to 512"):
        arguments(adapter(tmp_path, 1024), Serving(), "bf16", 1)


# --------------------------------------------------------------------------- life and death


def test_a_server_lives_as_long_as_its_block(student: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VLLM_API_KEY", "not-for-us")
    log = tmp_path / "logs" / "server.log"
    with serving(str(student), stand_in(), prompt=PROMPT, precision="fp32", log=log) as endpoint:
        assert get(endpoint, "/health") == 200
        assert len(members(student)) == 3, "the supervisor, the server and its child"
        assert endpoint.api == "completions"
    assert_gone(student)
    assert log.read_text().startswith(f"$ {sys.executable}")
    with pytest.raises(KeyError), serving(str(student), stand_in(), prompt=PROMPT, precision="fp32", log=log):
        raise KeyError
    assert_gone(student)


def test_a_server_that_does_not_start_says_why(student: Path, tmp_path: Path) -> None:
    settings = stand_in("--no-such-flag")
    with (
        pytest.raises(
            ServerError, match=r"(?s)unrecognized arguments: --no-such-flag.*exit status 2 before it answered"
        ),
        serving(str(student), settings, prompt=PROMPT, precision="fp32", log=tmp_path / "log"),
    ):
        pass
    assert_gone(student)


def test_a_server_that_never_answers_is_given_up(student: Path, tmp_path: Path) -> None:
    settings = stand_in("--never-healthy", startup_timeout_s=1.0)
    with (
        pytest.raises(ServerError, match=r"did not answer within 1 s \(serve.startup_timeout_s\)"),
        serving(str(student), settings, prompt=PROMPT, precision="fp32", log=tmp_path / "log"),
    ):
        pass
    assert_gone(student)


def test_a_program_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with (
        pytest.raises(InputError, match=r"no such program: no-vllm.*environment of its own"),
        serving("m", Serving(command="no-vllm serve"), prompt=PROMPT, precision="fp32", log=tmp_path / "log"),
    ):
        pass


OWNER = """
import signal, sys, time
from pathlib import Path
from thalweg.chat import Prompt
from thalweg.generate.vllm import serving
from thalweg.generate.vllm_command import Serving
model, command, log, ready = sys.argv[1:]
signal.signal(signal.SIGINT, signal.default_int_handler)  # shells start background jobs with it ignored
with serving(model, Serving(command=command), prompt=Prompt(), precision="fp32", log=Path(log)):
    Path(ready).touch()
    time.sleep(600)
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_a_server_dies_with_whoever_started_it(student: Path, tmp_path: Path, number: signal.Signals) -> None:
    ready = tmp_path / "ready"
    line = [sys.executable, "-c", OWNER, str(student), STAND_IN, str(tmp_path / "log"), str(ready)]
    with subprocess.Popen(line, stderr=subprocess.DEVNULL) as owner:
        until = time.monotonic() + 120
        while not ready.exists() and owner.poll() is None and time.monotonic() < until:
            time.sleep(0.1)
        assert ready.exists()
        owner.send_signal(number)
    assert_gone(student)


# --------------------------------------------------------------------------- answers


def problems(count: int) -> list[Problem]:
    texts = ["What is 1 + 1?", "Ünïcode, and <|im_end|> inside", "x" * 60, "print('hi')\n", "last"]
    return [Problem(id=f"p{n}", statement=f"{texts[n % 5]} {n}", check=TextCheck(answer="2")) for n in range(count)]


def rows(folder: Path) -> list[Response]:
    return list(Shards(folder, Response).read())


def asked(student: Path, out: Path, settings: Serving, *, count: int = 5) -> list[Response]:
    """What a served student answers, collected into a folder."""

    def work(endpoint: Endpoint) -> None:
        found = collect(
            problems(count),
            endpoint,
            name="rung",
            sampling=Sampling(max_tokens=24),
            prompt=PROMPT,
            samples=1,
            out=out,
        )
        if found.failed:
            raise RuntimeError(f"{found.failed} requests failed")

    ask_served(str(student), settings, work, prompt=PROMPT, precision="fp32", log=out.with_suffix(".log"))
    return rows(out)


def answers_of_transformers(student: Path, count: int = 5) -> list[Response]:
    model = LocalModel(student, Sampling(max_tokens=24), PROMPT, name="rung")
    return [response for batch in batches(problems(count), 1, count) for response in model.respond(batch)]


def test_a_served_student_answers_as_one_that_runs_here(student: Path, tmp_path: Path) -> None:
    here = answers_of_transformers(student)
    served = asked(student, tmp_path / "out", stand_in())
    assert [(r.id, r.text, r.finish_reason) for r in served] == [(r.id, r.text, r.finish_reason) for r in here]
    assert [r.prompt_tokens for r in served] == [r.prompt_tokens for r in here]
    assert [r.completion_tokens for r in served] == [r.completion_tokens for r in here]


def test_a_student_that_ends_its_turn_at_once_has_answered(student: Path, tmp_path: Path) -> None:
    """Ends that the model's own generation settings name count as they do here, and nothing is an answer, too."""
    silent = tmp_path / "silent"
    shutil.copytree(student, silent)
    first = answers_of_transformers(student, 1)[0]
    tokenizer = tiny_tokenizer()
    ends = tokenizer(first.text, add_special_tokens=False)["input_ids"][:1]
    settings = json.loads((silent / "generation_config.json").read_text())
    (silent / "generation_config.json").write_text(json.dumps({**settings, "eos_token_id": [2, *ends]}))
    here = answers_of_transformers(silent, 1)
    served = asked(silent, tmp_path / "out", stand_in(), count=1)
    assert (served[0].text, served[0].finish_reason) == (here[0].text, here[0].finish_reason) == ("", "stop")
    assert served[0].completion_tokens == here[0].completion_tokens == 1


@pytest.mark.slow
def test_a_server_that_dies_is_started_again_and_asked_for_the_rest(student: Path, tmp_path: Path) -> None:
    here = answers_of_transformers(student)
    once = stand_in("--die-after", "2", "--die-once", str(tmp_path / "died"))
    served = asked(student, tmp_path / "once", once)
    assert [r.text for r in served] == [r.text for r in here]
    assert (tmp_path / "once.log").read_text().count("$ ") == 2
    assert_gone(student)


def test_a_server_that_dies_twice_is_an_error(student: Path, tmp_path: Path) -> None:
    seen = []

    def work(_: Endpoint) -> None:
        seen.append(members(student))
        for pid in members(student):
            os.kill(pid, signal.SIGKILL)
        raise RuntimeError("nobody answers")

    with pytest.raises(ServerError, match="the model server died again"):
        ask_served(str(student), stand_in(), work, prompt=PROMPT, precision="fp32", log=tmp_path / "log")
    assert len(seen) == 2
    assert_gone(student)


def test_an_error_of_the_work_is_not_the_servers(student: Path, tmp_path: Path) -> None:
    calls = []

    def work(endpoint: Endpoint) -> None:
        calls.append(endpoint)
        raise InputError("here", "this is wrong", "mend it")

    with pytest.raises(InputError, match="this is wrong"):
        ask_served(str(student), stand_in(), work, prompt=PROMPT, precision="fp32", log=tmp_path / "log")
    assert len(calls) == 1
    assert_gone(student)


@pytest.mark.skipif(
    shutil.which("vllm") is None or not gpu_workers(), reason="vLLM is not on the path, or there is no GPU to run it on"
)
def test_vllm_itself_answers_as_transformers_does(tmp_path: Path) -> None:
    """Greedily and in fp32, on a model with heads of a size that vLLM's kernels take."""
    wide = tiny_student(tmp_path / "wide", hidden=128)
    settings = Serving(max_model_len=512, gpu_memory_utilization=0.2, enforce_eager=True, max_num_seqs=8)
    here = answers_of_transformers(wide)
    served = asked(wide, tmp_path / "out", settings)
    same = sum(a.text == b.text for a, b in zip(served, here, strict=True))
    assert same >= len(here) - 1, "kernels round differently: one near-tie may fall the other way"
