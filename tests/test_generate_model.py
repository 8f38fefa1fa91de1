"""The generation loop: batches, resume, and the specs that name models."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from thalweg.chat import Prompt
from thalweg.errors import InputError
from thalweg.generate import Request, Sampling, batches, generate, open_model, response_id
from thalweg.store import Shards
from thalweg.types import Problem, Response, TextCheck

PROBLEMS = [Problem(id=f"p{i}", statement=f"question {i}", check=TextCheck(answer=str(i))) for i in range(5)]


class Parrot:
    """Repeats the statement, and remembers what it was asked."""

    name = "parrot"

    def __init__(self, dies_at: int | None = None) -> None:
        self.batches: list[list[Request]] = []
        self._dies_at = dies_at

    def respond(self, requests: Sequence[Request]) -> list[Response]:
        if len(self.batches) == self._dies_at:
            raise KeyboardInterrupt
        self.batches.append(list(requests))
        return [
            Response(
                id=response_id(self.name, r), problem_id=r.problem.id, model=self.name, sample=r.sample, text="said"
            )
            for r in requests
        ]


def test_batches_go_problem_by_problem_and_the_last_may_be_short() -> None:
    cut = batches(PROBLEMS, samples=2, batch_size=4)
    assert [len(batch) for batch in cut] == [4, 4, 2]
    assert [(r.problem.id, r.sample) for r in cut[0]] == [("p0", 0), ("p0", 1), ("p1", 0), ("p1", 1)]
    assert batches([], 1, 4) == []


@pytest.mark.parametrize(("samples", "batch_size"), [(0, 4), (1, 0)])
def test_nothing_to_ask_is_refused(samples: int, batch_size: int) -> None:
    with pytest.raises(InputError, match="at least 1"):
        batches(PROBLEMS, samples, batch_size)


def test_a_run_that_was_killed_goes_on_with_the_batches_of_an_uninterrupted_one(tmp_path: Path) -> None:
    whole, broken = Shards(tmp_path / "whole", Response), Shards(tmp_path / "broken", Response)
    generate(PROBLEMS, Parrot(), whole, samples=1, batch_size=2)
    with pytest.raises(KeyboardInterrupt):
        generate(PROBLEMS, Parrot(dies_at=1), broken, samples=1, batch_size=2)
    assert len(list(broken.read())) == 2
    second = Parrot()
    calls: list[tuple[int, int]] = []
    generate(
        PROBLEMS, second, broken, samples=1, batch_size=2, on_batch=lambda done, total: calls.append((done, total))
    )
    assert [[r.problem.id for r in batch] for batch in second.batches] == [["p2", "p3"], ["p4"]]
    assert calls == [(1, 3), (2, 3), (3, 3)]
    assert list(broken.read()) == list(whole.read())
    parts = [sorted(p.name for p in shards.folder.iterdir()) for shards in (whole, broken)]
    assert parts[0] == parts[1]
    assert all((whole.folder / n).read_bytes() == (broken.folder / n).read_bytes() for n in parts[0])


@pytest.mark.parametrize(
    ("sampling", "words"),
    [
        (Sampling(max_tokens=8), "greedy"),
        (Sampling(max_tokens=8, top_p=0.5), "greedy"),
        (Sampling(max_tokens=8, temperature=0.6, top_p=0.95), "temperature 0.6, top-p 0.95"),
        (Sampling(max_tokens=8, temperature=1.0, top_k=20), "temperature 1, top-k 20"),
    ],
)
def test_sampling_is_described(sampling: Sampling, words: str) -> None:
    assert sampling.describe() == words


@pytest.mark.parametrize(
    "wrong",
    [
        {"max_tokens": 0},
        {"max_tokens": 1, "temperature": -0.1},
        {"max_tokens": 1, "temperature": float("nan")},
        {"max_tokens": 1, "top_p": 0.0},
        {"max_tokens": 1, "top_p": 1.1},
        {"max_tokens": 1, "top_k": -1},
        {"max_tokens": 1, "stop": ("",)},
    ],
)
def test_impossible_sampling_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InputError, match=list(wrong)[-1]):
        Sampling(**wrong)  # type: ignore[arg-type]  # wrong on purpose


@pytest.mark.parametrize("spec", ["vllm:some/model", "local:", "tracer:", "gpt", ""])
def test_a_spec_of_no_known_kind_says_which_kinds_there_are(spec: str) -> None:
    with pytest.raises(InputError, match="use local:FOLDER, local:HUB_ID, endpoint:URL#MODEL or tracer:STYLE"):
        open_model(spec, sampling=Sampling(max_tokens=8), prompt=Prompt())


def test_a_tracer_is_a_model_like_any_other() -> None:
    assert open_model("tracer:line", sampling=Sampling(max_tokens=8), prompt=Prompt()).name == "tracer:line"
