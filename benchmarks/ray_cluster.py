"""Grading and token statistics on a Ray cluster of two nodes against this process alone: the same rows, a node lost.

    python -m benchmarks.ray_cluster                                         20,000 graded, 4,000 read by a student
    python -m benchmarks.ray_cluster --data ../shared/data                   with real answers to GSM8K and MBPP in it
    python -m benchmarks.ray_cluster --count 600 --read 200                  in small

Both nodes run on this machine, so that nothing is gained in time: what is shown is what the cluster adds, and that the
files are the same. Responses are a seeded mixture of programs, formulas and words (`benchmarks/grade_scale.py`), with
--data also every recorded answer to GSM8K and every MBPP reference, right and spoilt. The student is the embedded one;
what it reads are traces of the miniature. Each is done here, on two nodes, and on two nodes of which one is killed
(SIGKILL of all its processes) when half of the rows are there. Verdicts are compared in all but `seconds`, which is
time and differs from run to run; token statistics in every bit.
"""

import argparse
import gzip
import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks import grade_scale
from thalweg import store
from thalweg.chat import Prompt
from thalweg.engine.map import Mapper
from thalweg.engine.ray import RaySettings, connected
from thalweg.generate.model import Request, Sampling, open_model
from thalweg.grade import Bench, Settings, grade_file
from thalweg.miniature import student_folder
from thalweg.problems import load_problems
from thalweg.suitability.files import measure_file, read_token_stats
from thalweg.types import Problem, Response, Suitability, Verdict

WORKERS = 2
_SHOWN = 5  # rows that differ
UNDISTURBED, ONE_LOST = "two nodes", "two nodes, one lost"
_STORE_BYTES = 150 << 20
Progress = Callable[[int, int], None]


# --------------------------------------------------------------------------- the cluster


@dataclass
class TwoNodes:
    """A head with one processor, and a second node with another."""

    cluster: Any
    second: Any

    def kill_second(self) -> None:
        """SIGKILL to every process of the second node."""
        self.cluster.remove_node(self.second, allow_graceful=False)


@contextmanager
def two_nodes() -> Iterator[TwoNodes]:
    """Starts them on this machine, and stops them."""
    os.environ.update(RAY_USAGE_STATS_ENABLED="0", RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER="0")
    from ray.cluster_utils import Cluster

    size = {"num_cpus": 1, "object_store_memory": _STORE_BYTES, "include_dashboard": False}
    cluster = Cluster(initialize_head=True, head_node_args=size, shutdown_at_exit=True)
    try:
        yield TwoNodes(cluster, cluster.add_node(**size))
    finally:
        cluster.shutdown()


# --------------------------------------------------------------------------- what is graded and read


def mixture(count: int, data: Path | None) -> tuple[dict[str, Problem], list[Response]]:
    """Problems and `count` responses; real ones first where there are any."""
    problems = {f"p{n}": grade_scale.problem(n) for n in range(grade_scale.PROBLEMS)}
    real: list[Response] = []
    if data is not None:
        for found, answers in (_gsm8k(data), _mbpp(data)):
            problems |= {problem.id: problem for problem in found}
            real += answers
    real = real[: count // 2]
    return problems, real + list(grade_scale.responses(count - len(real)))


def _gsm8k(data: Path) -> tuple[list[Problem], list[Response]]:
    problems = load_problems("gsm8k", path=str(data / "gsm8k_test.jsonl.gz"))
    rows = enumerate(_rows(data / "gsm8k_test_multi.jsonl.gz"))
    return problems, [_response(f"gsm8k {n}", problems[row["idx"]].id, row["response"]) for n, row in rows]


def _mbpp(data: Path) -> tuple[list[Problem], list[Response]]:
    problems = load_problems("mbpp", path=str(data / "mbpp.jsonl.gz"))
    answers = []
    for row in _rows(data / "mbpp.jsonl.gz"):
        for name, code in (("right", row["code"]), ("spoilt", row["code"].replace("return", "return not"))):
            text = f"```python\n{code}\n```"
            answers.append(_response(f"mbpp {row['task_id']} {name}", f"mbpp/{row['task_id']}", text))
    return problems, answers


def _response(name: str, problem: str, text: str) -> Response:
    return Response(id=name, problem_id=problem, model="recorded", text=text)


def _rows(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def traces(count: int) -> tuple[dict[str, Problem], list[Response]]:
    """The miniature's problems and what its teacher writes on them."""
    problems = load_problems("miniature", split="train", count=count, seed=0)
    teacher = open_model("tracer:line", sampling=Sampling(max_tokens=512), prompt=Prompt())
    answers = teacher.respond([Request(problem, 0) for problem in problems])
    return {problem.id: problem for problem in problems}, list(answers)


# --------------------------------------------------------------------------- one run of each


@dataclass
class Case:
    """Something that is done here and on a cluster: how, and what rows it left."""

    name: str
    do: Callable[[Path, Mapper | None, Progress], None]
    rows: Callable[[Path], list[Any]]
    total: int


def grading(folder: Path, count: int, data: Path | None) -> Case:
    """Grades a mixture of responses."""
    problems, answers = mixture(count, data)
    store.write(folder / "responses.jsonl", answers)

    def do(out: Path, mapper: Mapper | None, tell: Progress) -> None:
        with Bench(Settings(workers=WORKERS)) as bench:
            grade_file(
                problems,
                folder / "responses.jsonl",
                out / "verdicts.jsonl",
                bench,
                mapper=mapper,
                on_progress=lambda done, total, _counts: tell(done, total),
            )

    def rows(out: Path) -> list[Any]:
        return [replace(verdict, seconds=0.0) for verdict in store.read(out / "verdicts.jsonl", Verdict)]

    return Case("grading", do, rows, count)


def reading(count: int) -> Case:
    """Lets the embedded student read traces, on one thread a worker wherever it is."""
    problems, answers = traces(count)

    def do(out: Path, mapper: Mapper | None, tell: Progress) -> None:
        measure_file(
            problems,
            answers,
            out / "rows",
            student_folder("miniature"),
            Prompt(),
            "fp32",
            threads=1,
            tokens_out=out / "tokens",
            mapper=mapper,
            on_progress=tell,
        )

    def rows(out: Path) -> list[Any]:
        return [*store.Shards(out / "rows", Suitability).read(), *read_token_stats(out / "tokens")]

    return Case("token statistics", do, rows, count)


@dataclass
class _Killer:
    """Kills the second of the nodes, if any, when half of the rows are there."""

    nodes: TwoNodes | None
    killed_at: int | None = None

    def __call__(self, done: int, total: int) -> None:
        if self.nodes is not None and self.killed_at is None and 2 * done >= total:
            self.killed_at = done
            self.nodes.kill_second()


def compare(case: Case, folder: Path, runs: Sequence[str] = (UNDISTURBED, ONE_LOST)) -> dict[str, Any]:
    """Does it here and on two nodes, of which one may be lost; what each took, and how many rows differ."""
    began = time.monotonic()
    case.do(folder / "here", None, lambda _done, _total: None)
    found: dict[str, Any] = {"case": case.name, "rows": case.total, "here_s": time.monotonic() - began}
    expected = case.rows(folder / "here")
    for name in runs:
        with two_nodes() as nodes, connected(RaySettings(address=nodes.cluster.address), print) as mapper:
            killer = _Killer(nodes if name == ONE_LOST else None)
            began = time.monotonic()
            case.do(folder / name, mapper, killer)
            found[name] = {
                "seconds": time.monotonic() - began,
                "killed_at": killer.killed_at,
                "shards_given_twice": mapper.redone,
                "different": _differences(expected, case.rows(folder / name)),
            }
    return found


def _differences(expected: list[Any], found: list[Any]) -> list[str]:
    """Every row that is not the same, and how many there are where one side has more."""
    pairs = zip(expected, found, strict=False)
    lengths = [] if len(expected) == len(found) else [f"{len(expected)} rows, and {len(found)} on the cluster"]
    return lengths + [f"{one}\n    on the cluster: {other}" for one, other in pairs if one != other]


def main() -> None:
    """Compares both and prints what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=20_000, help="responses to grade")
    parser.add_argument("--read", type=int, default=4_000, help="responses that the student reads")
    parser.add_argument("--data", type=Path, help="folder with gsm8k_test, gsm8k_test_multi and mbpp (.jsonl.gz)")
    options = parser.parse_args()
    with TemporaryDirectory() as folder:
        for case in (grading(Path(folder), options.count, options.data), reading(options.read)):
            found = compare(case, Path(folder) / case.name)
            print(f"{case.name}: {found['rows']} rows; here {found['here_s']:.1f} s")
            for name in (UNDISTURBED, ONE_LOST):
                run = found[name]
                at = "" if run["killed_at"] is None else f", killed at {run['killed_at']}"
                twice, different = run["shards_given_twice"], run["different"]
                print(f"  {name}: {run['seconds']:.1f} s{at}, {twice} shards given twice, {len(different)} rows differ")
                for row in different[:_SHOWN]:
                    print(f"    {row}")


if __name__ == "__main__":
    main()
