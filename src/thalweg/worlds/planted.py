"""Faults planted on purpose: each is made the way it happens, in rows, in labels, in settings, or in the evaluation.

A `Course` is a healthy run: a start, training rows, a recipe, problems and a budget. A fault changes it into a `Plan`.
What a user would have at hand stays apart from what went wrong: `Plan.shown` is the corpus on disk, `Plan.rows` what
the trainer was fed. `carry_out` trains with the real trainer (labels are changed behind its encoder) and lets the real
local model answer (its padding is changed for one fault alone). Not covered: faults that stop a run with an error.
"""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from thalweg import chat
from thalweg.generate.model import Request, Sampling
from thalweg.thinking import CLOSE, OPEN
from thalweg.train.config import TrainConfig
from thalweg.types import Example, Problem, Response

if TYPE_CHECKING:
    from thalweg.train.encode import Encoded

Relabel: TypeAlias = "Callable[[Encoded, int], Encoded]"  # the second argument is the padding token's id
Padding: TypeAlias = Literal["masked", "right", "unmasked"]
BATCH = 32  # problems answered together, where padding is at fault as anywhere


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """A healthy run on a world."""

    start: Path
    rows: Sequence[Example]
    unseen: Sequence[Example]
    config: TrainConfig
    problems: Sequence[Problem]
    budget: int
    prompt: chat.Prompt = field(default_factory=chat.Prompt)
    seed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is done: training and evaluation as they really happen."""

    rows: Sequence[Example]
    shown: Sequence[Example]
    config: TrainConfig
    prompt: chat.Prompt
    sampling: Sampling
    relabel: "Relabel | None" = None
    padding: Padding = "masked"
    saved: bool = True


def healthy(course: Course) -> Plan:
    """The course as it is."""
    return Plan(
        rows=course.rows,
        shown=course.rows,
        config=course.config,
        prompt=course.prompt,
        sampling=Sampling(max_tokens=course.budget),
    )


# --------------------------------------------------------------------------- in the corpus


def _duplicates(course: Course) -> Plan:
    """A sixteenth of the rows, sixteen times."""
    kept = course.rows[: max(8, len(course.rows) // 16)]
    rows = [replace(kept[i % len(kept)], response_id=row.response_id) for i, row in enumerate(course.rows)]
    return replace(healthy(course), rows=rows, shown=rows)


def _mispaired(course: Course) -> Plan:
    """Each response under the prompt of another problem."""
    prompts = [row.prompt for row in course.rows]
    away = 1 + course.seed % 7
    rows = [replace(r, prompt=p) for r, p in zip(course.rows, prompts[away:] + prompts[:away], strict=True)]
    return replace(healthy(course), rows=rows, shown=rows)


def _untagged(course: Course) -> Plan:
    """The think tags are gone from four rows in ten."""
    r = random.Random(f"untagged/{course.seed}")
    rows = [
        replace(row, text=row.text.replace(OPEN + "\n", "").replace(OPEN, "").replace(CLOSE + "\n", ""))
        if r.random() < 0.4
        else row
        for row in course.rows
    ]
    return replace(healthy(course), rows=rows, shown=rows)


# --------------------------------------------------------------------------- in prompts and labels


def _template(course: Course) -> Plan:
    """Trained on plain prompts, evaluated through the chat template."""
    return replace(healthy(course), prompt=replace(course.prompt, chat="none"))


def _doubled(course: Course) -> Plan:
    """The chat template is applied to what it has already wrapped."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(str(course.start))
    rows = [replace(row, prompt=chat.render(tokenizer, row.prompt, course.prompt)) for row in course.rows]
    return replace(healthy(course), rows=rows)


def _no_end(row: "Encoded", _: int) -> "Encoded":
    return _labelled(row, [*row.labels[:-1], -100])


def _pad_end(row: "Encoded", pad: int) -> "Encoded":
    return _labelled(row, [*row.labels[:-1], pad])


def _whole(row: "Encoded", _: int) -> "Encoded":
    return _labelled(row, row.input_ids)


def _ahead(row: "Encoded", _: int) -> "Encoded":
    return _labelled(row, [*_next(row.labels, row.input_ids), -100])


def _behind(row: "Encoded", _: int) -> "Encoded":
    pairs = zip(row.labels[1:], row.input_ids[:-1], strict=True)
    return _labelled(row, [-100, *(-100 if label == -100 else token for label, token in pairs)])


def _next(labels: Any, ids: Any) -> list[int]:
    return [-100 if label == -100 else token for label, token in zip(labels[:-1], ids[1:], strict=True)]


def _labelled(row: "Encoded", labels: Any) -> "Encoded":
    import numpy as np

    new = np.array(labels, dtype=np.int32)
    return row._replace(labels=new, weights=np.where(new == -100, 0, 1).astype(np.float32))


# --------------------------------------------------------------------------- all faults


def _relabelled(*changes: Relabel) -> Callable[[Course], Plan]:
    """A fault of the labels; where there are several ways, the seed decides."""
    return lambda course: replace(healthy(course), relabel=changes[course.seed % len(changes)])


def _configured(change: Callable[[Course], dict[str, Any]]) -> Callable[[Course], Plan]:
    return lambda course: replace(healthy(course), config=course.config.model_copy(update=change(course)))


def _answered(change: Callable[[Course], Sampling]) -> Callable[[Course], Plan]:
    return lambda course: replace(healthy(course), sampling=change(course))


def _padded(course: Course) -> Plan:
    return replace(healthy(course), padding=("right", "unmasked")[course.seed % 2])


def _unsaved(course: Course) -> Plan:
    return replace(healthy(course), saved=False)


FAULTS: Mapping[str, Callable[[Course], Plan]] = {
    "untrained end": _relabelled(_no_end),
    "pad for end": _relabelled(_pad_end),
    "loss on prompt": _relabelled(_whole),
    "shifted labels": _relabelled(_ahead, _behind),
    "other template": _template,
    "doubled template": _doubled,
    "truncation": _configured(lambda c: {"max_length": _lengths(c)[len(c.rows) // 5], "on_truncation": "keep"}),
    "rate x 10": _configured(lambda c: {"learning_rate": 10 * c.config.learning_rate}),
    "rate / 10": _configured(lambda c: {"learning_rate": c.config.learning_rate / 10}),
    "duplicates": _duplicates,
    "wrong pairs": _mispaired,
    "stripped tags": _untagged,
    "not saved": _unsaved,
    "padding": _padded,
    "small budget": _answered(lambda c: Sampling(max_tokens=_short(c))),
    "high temperature": _answered(lambda c: Sampling(max_tokens=c.budget, temperature=1.5, seed=c.seed)),
}
EVALUATION = ("padding", "small budget", "high temperature", "not saved")  # these share a healthy checkpoint


def _lengths(course: Course, *, prompts: bool = True) -> list[int]:
    """Tokens of the training rows, ascending."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(str(course.start))
    heads = [chat.render(tokenizer, row.prompt, course.prompt) if prompts else "" for row in course.rows]
    texts = [head + row.text for head, row in zip(heads, course.rows, strict=True)]
    return sorted(len(ids) for ids in tokenizer(texts, add_special_tokens=False, verbose=False)["input_ids"])


def _short(course: Course) -> int:
    """A budget of six tenths of a usual trace."""
    lengths = _lengths(course, prompts=False)
    return max(2, 6 * lengths[len(lengths) // 2] // 10)


# --------------------------------------------------------------------------- carrying it out


def train(course: Course, plan: Plan, out: Path) -> Path:
    """Trains as planned, and returns the folder that is taken for the student; its metrics lie in `out`."""
    from thalweg.train.trainer import train as run

    with _encoder(plan.relabel, course.start):
        run(plan.rows, course.start, out, plan.config, plan.prompt, seed=course.seed)
    return out


def answer(course: Course, plan: Plan, student: Path) -> list[Response]:
    """The student's responses to the course's problems, in batches."""
    from thalweg.generate.local import LocalModel

    model = LocalModel(student, plan.sampling, course.prompt, name="student")
    found: list[Response] = []
    with _padding(plan.padding):
        for at in range(0, len(course.problems), BATCH):
            found += model.respond([Request(problem, 0) for problem in course.problems[at : at + BATCH]])
    return found


def carry_out(course: Course, plan: Plan, out: Path, trained: Path | None = None) -> tuple[Path, list[Response]]:
    """The student of a plan and its responses; a healthy checkpoint that is there already may be given."""
    folder = trained or train(course, plan, out)
    student = folder if plan.saved else course.start
    return student, answer(course, plan, student)


@contextmanager
def _encoder(relabel: "Relabel | None", start: Path) -> Iterator[None]:
    """Lets the trainer's encoder write other labels."""
    from transformers import AutoTokenizer

    from thalweg.train import trainer

    if relabel is None:
        yield
        return
    module: Any = trainer
    original, pad = module.encode_corpus, AutoTokenizer.from_pretrained(str(start)).pad_token_id

    def encode(*arguments: Any) -> Any:
        encoded = original(*arguments)
        return encoded._replace(rows=[relabel(row, pad) for row in encoded.rows])

    module.encode_corpus = encode
    try:
        yield
    finally:
        module.encode_corpus = original


@contextmanager
def _padding(kind: Padding) -> Iterator[None]:
    """Lets the decoding loop pad as it should not."""
    import torch

    from thalweg.generate import decode

    if kind == "masked":
        yield
        return
    original = decode._left_padded

    def padded(prompts: Sequence[Sequence[int]], device: Any) -> Any:
        width = max(map(len, prompts))
        fill = [[0] * (width - len(p)) for p in prompts]
        rows = [[*p, *f] if kind == "right" else [*f, *p] for p, f in zip(prompts, fill, strict=True)]
        return torch.tensor(rows, device=device), torch.ones(len(prompts), width, dtype=torch.long, device=device)

    decode._left_padded = padded
    try:
        yield
    finally:
        decode._left_padded = original
