"""A real model behind a real server: `transformers serve` answers GSM8K problems for `thalweg generate`.

    python -m benchmarks.real_server --model SMOLLM2_FOLDER [--problems gsm8k_test.jsonl.gz] [--count 50] [--out FOLDER]

Takes problems in with `thalweg import gsm8k`, starts the `transformers serve` of this environment on the CPU, lets it
answer them greedily through `thalweg generate`, grades the answers with `thalweg grade`, and generates once more, which
must ask for nothing: by the requests in the server's own log, and by the spending on file. The price is made up, to
have a cost to compare. Prints n, the accuracy with its 95 % interval, tokens and seconds.

What the server does, as seen with transformers 5.23: it takes a folder as a model's name, answers under that name with
`@main` behind it, and its /v1/models fails where the hub's cache folder does not exist.

SmolLM2-135M-Instruct, 50 problems, 256 tokens: 50 requests, none correct (95 % interval 0 to 7.5 %; no last number of
an answer is right either), 10,817 tokens, 21 cut at the budget, 1,315 s on two cores with a load of ten; again: no
request, spending unchanged, 1.3 s.
"""

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from thalweg import store
from thalweg.curve.intervals import clustered_rate
from thalweg.store import Shards
from thalweg.types import Response, Verdict

_ASKED = '"POST /v1/chat/completions'  # in the server's log


@contextmanager
def serving(model: Path, log: Path, batching: bool) -> Iterator[str]:
    """`transformers serve` on a free port, healthy; ends with the block."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [Path(sys.executable).parent / "transformers", "serve", model, "--host", "127.0.0.1", "--port", port]
    command += ["--device", "cpu", "--dtype", "float32", *(["--continuous-batching"] if batching else [])]
    cache = log.parent / "hub"
    cache.mkdir(exist_ok=True)
    environment = os.environ | {"HF_HUB_CACHE": str(cache), "HF_HUB_OFFLINE": "1"}
    with (
        log.open("w") as output,
        subprocess.Popen([*map(str, command)], stdout=output, stderr=output, env=environment) as process,
    ):
        try:
            wait_until_healthy(f"http://127.0.0.1:{port}/health", process)
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            process.terminate()


def wait_until_healthy(url: str, process: "subprocess.Popen[bytes]") -> None:
    """Returns when the server answers."""
    while True:
        assert process.poll() is None, "the server ended: see its log"
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.5)


def thalweg(*words: object) -> float:
    """Runs a command; the seconds that it took."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-m", "thalweg", *map(str, words)], check=True)
    return time.perf_counter() - began


def answered(model: Path, problems: Path, out: Path, tokens: int, batching: bool) -> None:
    """Generates twice against one server, and says what each cost."""
    log, spend = out / "server.log", out / "responses" / "spend.json"
    with serving(model, log, batching) as url:
        words = ["generate", "--problems", problems, "--model", f"endpoint:{url}#{model}", "--out", out / "responses"]
        words += ["--max-tokens", tokens, "--prompt", "boxed", "--concurrency", 64, "--timeout", 3600]
        words += ["--price", "prompt=1,completion=3"]
        seconds = thalweg(*words)
        asked, spent = log.read_text().count(_ASKED), spend.read_text()
        again = thalweg(*words)
    print(f"first: {asked} requests, ${json.loads(spent)['usd']:.6f} at the made-up price, {seconds:.0f} s")
    new = log.read_text().count(_ASKED) - asked
    print(f"again: {new} requests, spending {'unchanged' if spend.read_text() == spent else 'CHANGED'}, {again:.1f} s")


def graded(problems: Path, out: Path) -> None:
    """Grades, and prints what came of it."""
    verdicts_file = out / "verdicts.jsonl"
    thalweg("grade", "--problems", problems, "--responses", out / "responses", "--out", verdicts_file)
    responses = list(Shards(out / "responses", Response).read())
    verdicts = list(store.read(verdicts_file, Verdict))
    rate = clustered_rate([v.status == "correct" for v in verdicts], [v.problem_id for v in verdicts])
    cut = sum(response.finish_reason == "length" for response in responses)
    counted = sum(response.completion_tokens or 0 for response in responses)
    print(f"n = {len(verdicts)}, correct {rate.value:.1%} (95 % interval {rate.low:.1%} to {rate.high:.1%})")
    print(f"{counted:,} tokens generated, {cut} responses cut at the budget")


def main() -> None:
    """Imports, generates twice, grades."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True, help="a folder that transformers loads")
    parser.add_argument("--problems", help="a local copy of GSM8K's test rows (from the hub where absent)")
    parser.add_argument("--count", type=int, default=50)
    parser.add_argument("--max-tokens", type=int, default=256)
    parser.add_argument("--one-by-one", action="store_true", help="without the server's continuous batching")
    parser.add_argument("--out", type=Path, help="where to leave everything (a folder that is removed where absent)")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        out = given.out or Path(folder)
        out.mkdir(parents=True, exist_ok=True)
        source = ["--path", given.problems] if given.problems else []
        thalweg("import", "gsm8k", *source, "--split", "test", "--count", given.count, "--out", out / "gsm8k")
        problems = out / "gsm8k" / "problems.jsonl"
        answered(given.model, problems, out, given.max_tokens, not given.one_by_one)
        graded(problems, out)


if __name__ == "__main__":
    main()
