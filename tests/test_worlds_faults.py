"""Planted faults: each is what it claims to be, leaves nothing patched behind, and is run once."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from thalweg.curve import signs
from thalweg.generate import decode
from thalweg.miniature import student_folder
from thalweg.miniature.worlds import WORLDS, World, worlds
from thalweg.train import trainer
from thalweg.train.config import TrainConfig
from thalweg.train.encode import Encoded, encode
from thalweg.types import Example, Problem, TextCheck
from thalweg.worlds import fault_bed, fault_rows, faults, planted
from thalweg.worlds.planted import FAULTS, Course, Plan
from thalweg.worlds.run import finished

ROWS = [
    Example(response_id=f"r{i}", problem_id=f"p{i}", prompt=f"ask {i}", text=f"<think>\n{i}\n</think>\n{i}" + " 1" * i)
    for i in range(32)
]


def course(seed: int = 0) -> Course:
    return Course(
        start=student_folder(),
        rows=ROWS,
        unseen=(),
        config=TrainConfig(learning_rate=1e-3, batch_size=8, epochs=1),
        problems=[Problem(id="p", statement="x = x[1:]", check=TextCheck(answer="1"))],
        budget=64,
        seed=seed,
    )


def test_every_fault_has_a_sign_and_every_sign_a_fault() -> None:
    assert set(FAULTS) == set(signs.FAULTS)
    assert len(FAULTS) >= 14


SAMPLE = encode([5, 6, 7], [8, 9, 3], weight=1.0)
I = -100  # noqa: E741  # ignored


@pytest.mark.parametrize(
    ("name", "seed", "labels"),
    [
        ("untrained end", 0, [I, I, I, 8, 9, I]),
        ("pad for end", 0, [I, I, I, 8, 9, 1]),
        ("loss on prompt", 0, [5, 6, 7, 8, 9, 3]),
        ("shifted labels", 0, [I, I, I, 9, 3, I]),
        ("shifted labels", 1, [I, I, I, 7, 8, 9]),
    ],
)
def test_labels(name: str, seed: int, labels: list[int]) -> None:
    relabel = FAULTS[name](course(seed)).relabel
    assert relabel is not None
    found = relabel(SAMPLE, 1)
    assert found.labels.tolist() == labels
    assert found.weights.tolist() == [float(label != I) for label in labels]
    assert found.input_ids is SAMPLE.input_ids


def changed(plan: Plan) -> set[str]:
    sound = planted.healthy(course())
    return {name for name in Plan.__dataclass_fields__ if getattr(plan, name) != getattr(sound, name)}


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("other template", {"prompt"}),
        ("doubled template", {"rows"}),
        ("truncation", {"config"}),
        ("rate x 10", {"config"}),
        ("rate / 10", {"config"}),
        ("duplicates", {"rows", "shown"}),
        ("wrong pairs", {"rows", "shown"}),
        ("stripped tags", {"rows", "shown"}),
        ("not saved", {"saved"}),
        ("padding", {"padding"}),
        ("small budget", {"sampling"}),
        ("high temperature", {"sampling"}),
    ],
)
def test_a_fault_changes_only_what_it_should(name: str, fields: set[str]) -> None:
    assert changed(FAULTS[name](course())) == fields


@pytest.mark.parametrize(
    ("name", "holds"),
    [
        ("duplicates", lambda p: len({row.text for row in p.rows}) == 8 and len(p.rows) == 32),
        ("wrong pairs", lambda p: all(a.prompt != b.prompt for a, b in zip(p.rows, ROWS, strict=True))),
        ("wrong pairs", lambda p: {row.prompt for row in p.rows} == {row.prompt for row in ROWS}),
        ("stripped tags", lambda p: 5 < sum("think" not in row.text for row in p.rows) < 20),
        ("truncation", lambda p: p.config.on_truncation == "keep"),
        ("doubled template", lambda p: p.rows[0].prompt == "<|user|>ask 0<|assistant|>"),
        ("small budget", lambda p: p.sampling.max_tokens < 16),
    ],
)
def test_what_a_fault_does(name: str, holds: Callable[[Plan], bool]) -> None:
    assert holds(FAULTS[name](course()))


def test_truncation_cuts_most_rows() -> None:
    limit = FAULTS["truncation"](course()).config.max_length
    lengths = planted._lengths(course())
    assert 0.6 < sum(length + 1 > limit for length in lengths) / len(lengths) < 0.95


@pytest.mark.parametrize("kind", ["right", "unmasked"])
def test_padding_is_wrong_inside_and_right_again_after(kind: Any) -> None:
    before = decode._left_padded
    with planted._padding(kind):
        ids, mask = decode._left_padded([[5], [6, 7]], "cpu")
    assert ids.tolist() == ([[5, 0], [6, 7]] if kind == "right" else [[0, 5], [6, 7]])
    assert mask.tolist() == [[1, 1], [1, 1]]
    assert decode._left_padded is before


def test_the_encoder_is_changed_inside_and_itself_again_after() -> None:
    before: Any = vars(trainer)["encode_corpus"]

    def blank(row: Encoded, pad: int) -> Encoded:
        return row._replace(labels=np.full_like(row.labels, pad))

    with planted._encoder(blank, student_folder()):
        assert vars(trainer)["encode_corpus"] is not before
    assert vars(trainer)["encode_corpus"] is before


# --------------------------------------------------------------------------- worlds


def test_rounds_are_balanced() -> None:
    first, second = faults.in_rounds(1), faults.in_rounds(2)
    assert second[: len(first)] == first
    assert len(second) == 2 * len(first)
    assert {world.split for world in first} == set(WORLDS)
    assert len({world.student for world in first}) == len(first)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(fault_bed, "PROBLEMS", 4)
    monkeypatch.setattr(fault_bed, "SIZE", 8)
    monkeypatch.setattr(faults, "SIZE", 8)
    world = next(world for world in worlds("learning") if world.student == "miniature")
    return replace(world, epochs=1)


def test_a_trial_is_carried_out_read_and_not_repeated(
    small: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [("fault", "healthy: rung"), ("fault", "not saved"), ("own", "healthy")]
    chosen = [trial for trial in faults.trials(small) if trial[:2] in names and trial.size == 8]
    monkeypatch.setattr(faults, "trials", lambda _: chosen)
    faults.run_world(small, tmp_path, tmp_path)
    start, sound, unsaved, own = finished(tmp_path / "runs" / f"{small.name}.jsonl")
    assert (start.kind, sound.name, unsaved.name, own.kind) == ("start", "healthy: rung", "not saved", "own")
    assert unsaved.correct == start.correct
    assert unsaved.probe["moved"] == 0 < sound.probe["moved"]
    assert not own.probe
    reading = fault_rows.reading_of(sound, start)
    assert (reading.cells, reading.start, reading.steps) == (sound.cells, start.cells, sound.steps)
    monkeypatch.setattr(faults, "run_trial", lambda *_: pytest.fail("it was run already"))
    faults.run_world(small, tmp_path, tmp_path)


def test_names_say_what_was_planted() -> None:
    for trial in faults.trials(worlds("learning")[0]):
        assert trial.name in FAULTS or trial.name.startswith("healthy")
