"""Running miniature worlds: one checkpoint, equal cost, going on after a kill, making students, collecting."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from thalweg import store
from thalweg.grade import Bench, grade
from thalweg.miniature import student_folder, synthesis_tracer
from thalweg.miniature import worlds as all_worlds
from thalweg.miniature.worlds import Run, World, worlds
from thalweg.thinking import with_parts
from thalweg.train.schedule import batches, plan_steps
from thalweg.train.student import load_tokenizer
from thalweg.types import Cells, Response
from thalweg.worlds import climbs, students
from thalweg.worlds import run as runner
from thalweg.worlds.climbs import answer, budget_of, climb, config_of, start, steps_for, verdict_on
from thalweg.worlds.run import examples, problems_of, run_world, steps_of, student_of

MINIATURE = next(world for world in worlds("learning") if world.student == "miniature")
SYNTHESIS = next(world for world in worlds("held-out") if world.task == "synthesis")
MADE = next(world for world in worlds("held-out") if world.task == "output")


@pytest.fixture
def few_problems(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(climbs, "PROBLEMS", 20)


# --------------------------------------------------------------------------- one checkpoint


@pytest.mark.usefixtures("few_problems")
def test_a_climb_trains_scores_and_throws_the_checkpoint_away(tmp_path: Path) -> None:
    seen: list[Path] = []

    def probe(folder: Path) -> Mapping[str, float]:
        assert (folder / "metrics.jsonl").exists()
        seen.append(folder)
        return {"loss": 1.5}

    make = partial(climb, MINIATURE, student_folder(), examples(MINIATURE, 16), config_of(MINIATURE, 3))
    run = make(kind="rung", size=16, probe=probe)
    assert not seen[0].exists()
    assert (run.world, run.kind, run.size, run.steps, run.responses) == (MINIATURE.name, "rung", 16, 3, 20)
    assert sum(getattr(run.cells, field).n for field in Cells.__slots__) == 20
    assert sum(getattr(run.cells, field).correct for field in Cells.__slots__) == run.solved
    assert run.tokens > 0
    assert run.probe == {"loss": 1.5}
    assert len(run.loss) == 16
    assert run.loss[0] > run.loss[-1]
    kept = make(kind="rung", size=16, out=tmp_path / "kept")
    assert (tmp_path / "kept" / "config.json").exists()
    assert replace(kept, seconds=run.seconds, probe=run.probe) == run


@pytest.mark.usefixtures("few_problems")
def test_the_start_is_the_untouched_student() -> None:
    run = start(MINIATURE, student_folder())
    assert (run.kind, run.size, run.steps, run.tokens) == ("start", 0, 0, 0)
    assert run.cells.direct_finished.n == 20
    assert run.cells.direct_finished.correct == run.solved > 0


def test_the_budget_holds_the_longest_trace() -> None:
    budget = budget_of(MINIATURE, student_folder())
    rows = examples(MINIATURE, 100, teacher=MINIATURE.other_teacher)
    longest = max(load_tokenizer(str(student_folder()))([row.text for row in rows])["input_ids"], key=len)
    assert len(longest) < budget <= 1.5 * len(longest)


@pytest.mark.parametrize("rows", [30, 47, 64])
def test_steps_for_spend_the_tokens_that_are_asked_for(rows: int) -> None:
    chosen, config = examples(MINIATURE, rows), config_of(MINIATURE)
    tokens = climbs.lengths(student_folder(), chosen)
    steps = steps_for(student_folder(), chosen, config, 60_000)
    planned = batches(tokens, config_of(MINIATURE, steps), seed=0)
    assert plan_steps(rows, config_of(MINIATURE, steps)) == steps
    spent = sum(tokens[index] for batch in planned for index in batch)
    assert spent == pytest.approx(60_000, rel=0.02)


def test_the_verdict_without_a_sandbox_is_the_graders() -> None:
    problems = problems_of(SYNTHESIS, "train", 8)
    texts = [synthesis_tracer.trace(problem, "search") for problem in problems[:3]]
    texts += [synthesis_tracer.trace(problem, "direct") for problem in problems[:2]]  # right for others
    texts += ["def f(x):\n    return x", "nothing", "<think>\nnever ends"]
    with Bench() as bench:
        for problem, text in zip(problems, texts, strict=True):
            response = with_parts(Response(id="r", problem_id=problem.id, model="m", text=text, finish_reason="stop"))
            assert (verdict_on(problem, response).status == "correct") == (
                grade(problem, response, bench).status == "correct"
            )


def test_an_answer_is_cut_at_the_budget() -> None:
    responses = answer(student_folder(), problems_of(MINIATURE, "tune", 4), 2)
    assert all(response.completion_tokens == 2 for response in responses)


# --------------------------------------------------------------------------- a world's runs


def test_the_steps_of_a_world_are_its_ladder_and_its_actions() -> None:
    world = next(w for w in worlds() if w.teacher == "repeating")
    steps = steps_of(world)
    assert [step.size for step in steps if step.kind == "rung"] == list(world.sizes)
    assert [step.name for step in steps if step.kind == "action"] == list(world.actions)
    by_name = {step.name: step for step in steps if step.kind == "action"}
    assert len(by_name["longer"].rows()) == world.size
    assert len(by_name["easier"].rows()) == len(by_name["unfiltered"].rows()) == 4 * world.size
    assert world.size < len(by_name["samples"].rows()) <= 4 * world.size


class Fake:
    """Stands in for training: counts what is asked for, and is killed at one of them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, run: Run, killed_at: int | None = None) -> None:
        self.run, self.killed_at, self.made = run, killed_at, list[tuple[str, str, int]]()
        monkeypatch.setattr(runner, "start", lambda world, _: self.make(world, "start", "", 0))
        monkeypatch.setattr(
            runner, "_climb", lambda world, _student, step, _before: self.make(world, step.kind, step.name, step.size)
        )

    def make(self, world: World, kind: str, name: str, size: int) -> Run:
        if len(self.made) == self.killed_at:
            raise KeyboardInterrupt
        self.made.append((kind, name, size))
        return replace(self.run, world=world.name, kind=kind, name=name, size=size)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def some_run() -> Run:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(climbs, "PROBLEMS", 4)
        return start(MINIATURE, student_folder())


def test_a_killed_world_goes_on_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, some_run: Run) -> None:
    first = Fake(monkeypatch, some_run, killed_at=3)
    with pytest.raises(KeyboardInterrupt):
        run_world(MINIATURE, tmp_path)
    file = tmp_path / "runs" / f"{MINIATURE.name}.jsonl"
    with open(file, "a", encoding="utf-8") as lines:
        lines.write('{"world": "cut short')
    told: list[Run] = []
    second = Fake(monkeypatch, some_run)
    runs = run_world(MINIATURE, tmp_path, told.append)
    assert len(first.made) == 3
    assert first.made + second.made == [("start", "", 0), *(step[:3] for step in steps_of(MINIATURE))]
    assert runs == list(store.read(file, Run))
    assert told == runs[3:]


def test_collecting_takes_whole_worlds_in_order_and_no_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, some_run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    Fake(monkeypatch, some_run)
    whole = [worlds("learning")[3], worlds("learning")[0]]
    for world in whole:
        run_world(world, tmp_path)
    Fake(monkeypatch, some_run, killed_at=2)
    with pytest.raises(KeyboardInterrupt):
        run_world(worlds("learning")[6], tmp_path)
    stale = replace(some_run, world=whole[0].name, kind="rung", size=7)
    with open(tmp_path / "runs" / f"{whole[0].name}.jsonl", "a", encoding="utf-8") as lines:
        lines.write(store.json_line(store.encode(stale)))
    file = tmp_path / "package.jsonl.gz"
    monkeypatch.setattr(runner, "runs_file", lambda: file)
    runner.main(["--out", str(tmp_path), "--collect"])
    collected = list(store.read(file, Run))
    assert list(dict.fromkeys(run.world for run in collected)) == [whole[1].name, whole[0].name]
    assert len(collected) == sum(1 + len(steps_of(world)) for world in whole)
    assert "2 worlds" in capsys.readouterr().out
    monkeypatch.setattr(all_worlds, "runs_file", lambda: file)
    assert all_worlds.runs("learning") == collected
    assert all_worlds.runs("held-out") == []


def test_cheap_worlds_come_first_and_every_beginning_is_balanced() -> None:
    queue = runner.in_order(worlds())
    assert [world.size for world in queue] == sorted(world.size for world in queue)
    share = len(worlds("held-out")) / len(queue)
    for count in range(1, len(queue) + 1):
        held_out = sum(world.split == "held-out" for world in queue[:count])
        assert abs(held_out - share * count) < 5


def test_the_command_refuses_a_world_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        runner.main(["--out", str(tmp_path), "--only", "atlantis"])
    assert "no world 'atlantis'" in capsys.readouterr().err


# --------------------------------------------------------------------------- students


def test_a_shipped_student_is_taken_as_it_is(tmp_path: Path) -> None:
    assert student_of(MINIATURE, tmp_path) == student_folder()
    assert student_of(SYNTHESIS, tmp_path) == student_folder("miniature-synthesis")
    assert not any(tmp_path.iterdir())


def test_a_student_is_made_once_and_knows_its_worlds_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = student_of(MADE, tmp_path, steps=2)
    assert folder == tmp_path / MADE.student
    tokenizer = load_tokenizer(str(folder))
    text = "".join(row.prompt + row.text for row in examples(MADE, 20) + examples(MADE, 20, teacher="rambling"))
    assert tokenizer.unk_token_id not in tokenizer(text)["input_ids"]
    assert tokenizer.decode(tokenizer(text)["input_ids"]) == text
    monkeypatch.setattr(students, "_make", lambda *_: pytest.fail("made a second time"))
    assert student_of(MADE, tmp_path) == folder
