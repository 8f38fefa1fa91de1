"""What a study costs and resolves, as `thalweg plan` tells it."""

from pathlib import Path
from typing import Any

import pytest

from tests.curve_synthetic import PILOT, ladder
from thalweg import store
from thalweg.curve.power import USUAL
from thalweg.errors import InputError
from thalweg.recipes import copy
from thalweg.study.config import Loaded, load, parse
from thalweg.study.data import teacher_mark
from thalweg.study.folder import Folder
from thalweg.study.hardware import GPUS, parameters_of
from thalweg.study.pace import measured_pace, operations, rough_pace
from thalweg.study.plan import plan
from thalweg.study.plan_text import bill_lines, resolution_lines
from thalweg.study.resolution import resolution
from thalweg.study.sections import Benchmark, Hardware
from thalweg.train.config import LoraConfig, TrainConfig


def study(folder: Path, recipe: str, **changes: Any) -> Loaded:
    return load(copy(recipe, folder / recipe), changes)


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("Qwen/Qwen2.5-7B-Instruct", 7e9),
        ("meta-llama/Llama-3.1-8B-Instruct", 8e9),
        ("HuggingFaceTB/SmolLM2-135M-Instruct", 135e6),
        ("models/qwen2.5-1.5b", 1.5e9),
        ("mystery", None),
    ],
)
def test_a_students_name_tells_its_size(name: str, parameters: float | None) -> None:
    assert parameters_of(name) == parameters


def test_a_students_files_tell_better() -> None:
    from thalweg.miniature import student_folder

    assert parameters_of(str(student_folder("miniature"))) == pytest.approx(806_144, rel=0.05)


def test_the_valley_plans_to_three_billion_tokens_with_nothing_on_disk(tmp_path: Path) -> None:
    found = plan(study(tmp_path, "valley"))
    assert 2.8e9 < found.tokens < 3.2e9
    training, answers = found.bill.items
    assert (training.name, training.tokens) == ("training", found.tokens)
    # 8 operations a parameter and token (activations are recomputed) at 40 % of 989e12 a second.
    assert training.gpu_hours == pytest.approx(8 * 7.3e9 * found.tokens / (0.4 * 989e12) / 3600, rel=0.05)
    assert answers.gpu_hours is not None
    assert found.seconds == pytest.approx((found.bill.gpu_hours or 0) * 3600 / 8, rel=0.01)
    assert found.bill.usd is None
    assert "no price, so no dollars" in bill_lines(found.bill)[-1]


def test_a_price_gives_dollars(tmp_path: Path) -> None:
    found = plan(study(tmp_path, "valley", hardware={"gpu": "H100", "count": 8, "usd_per_hour": 2.5})).bill
    assert found.usd == pytest.approx(2.5 * (found.gpu_hours or 0))
    assert "$" in bill_lines(found)[-1]


def test_a_teacher_paid_by_the_token_is_priced(tmp_path: Path) -> None:
    teachers = {
        "line": {"model": "local:big", "samples": 2, "expected_tokens": 100},
        "direct": {"model": "tracer:direct"},
    }
    found = plan(study(tmp_path, "miniature", teachers=teachers, prices={"line": 3.0})).bill
    item = next(item for item in found.items if item.name == "teacher line")
    assert item.tokens == 8000 * 2 * 100
    assert item.usd == pytest.approx(1.6e6 / 1e6 * 3.0)
    assert item.gpu_hours is None
    assert not any(item.name == "teacher direct" for item in found.items)  # a scripted one costs nothing


def test_a_machine_without_a_gpu_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("thalweg.study.plan.gpu_workers", list)
    lines = bill_lines(plan(study(tmp_path, "miniature")).bill)
    assert lines[-1].startswith("total: no GPU")


def test_a_gpu_that_the_table_lacks_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no GPU 'H1000' in the table, there are B200, H200"):
        study(tmp_path, "miniature", hardware={"gpu": "H1000"})
    with pytest.raises(InputError, match="prices: no teacher 'nobody'"):
        study(tmp_path / "b", "miniature", prices={"nobody": 1.0})


def test_paces_follow_the_hardware() -> None:
    slow, fast = (rough_pace("a-7B", Hardware(gpu=name)) for name in ("A100", "H100"))
    assert fast.token_s / slow.token_s == pytest.approx(GPUS["A100"].flops / GPUS["H100"].flops)
    assert rough_pace("nameless", Hardware(gpu="H100", parameters=7e9)).token_s == pytest.approx(fast.token_s)
    assert "set hardware.parameters" in rough_pace("nameless", Hardware(gpu="H100")).basis
    long, short = (Benchmark(source="records", count=100, max_tokens=tokens) for tokens in (4000, 1000))
    assert fast.answering(long) == pytest.approx(4 * fast.answering(short))


def test_recipes_differ_in_what_a_token_costs() -> None:
    assert [operations(TrainConfig(lora=lora)) for lora in (None, LoraConfig())] == [6, 4]
    assert operations(TrainConfig(gradient_checkpointing=True)) == 8


def test_finished_rungs_set_the_pace(tmp_path: Path) -> None:
    assert measured_pace(Folder(tmp_path)) is None
    for name, seconds in (("a", 10.0), ("b", 30.0), ("c", 20.0)):
        store.write_json(tmp_path / "students" / name / "result.json", {"tokens_trained": 1000, "seconds": seconds})
    found = measured_pace(Folder(tmp_path))
    assert found is not None
    assert found.training(5, 2000, TrainConfig(gradient_checkpointing=True)) == pytest.approx(40.0)


def test_what_a_plan_expects_changes_no_output(tmp_path: Path) -> None:
    raw = study(tmp_path, "miniature").config.model_dump(mode="json")
    marks = set()
    for expected in (None, 50):
        raw["teachers"]["line"]["expected_tokens"] = expected
        config = parse(raw, "study")
        marks.add(teacher_mark(Loaded(config, tmp_path, tmp_path / "study.yaml"), "line", []))
    assert len(marks) == 1


def test_a_study_says_what_it_can_tell(tmp_path: Path) -> None:
    found = resolution(study(tmp_path, "miniature"), wanted=0.05)
    assert [one.what.split()[1] for one in found.resolved] == ["rung", "valley:"]
    assert (found.design.problems, found.design.groups, found.design.seeds) == (300, 246, 1)
    assert all(one.smallest is not None and 0.03 < one.smallest < 0.3 for one in found.resolved)
    assert found.design.assumed == USUAL
    text = "\n".join(resolution_lines(found))
    assert "one seed: between these checkpoints only" in text
    assert "usual values of our own finished studies" in text
    assert "to resolve 5 points" in text


def test_arms_are_counted_as_the_report_compares_them(tmp_path: Path) -> None:
    found = resolution(study(tmp_path, "miniature-teachers"))
    arms = next(one for one in found.resolved if one.what == "an arm against another")
    assert arms.count == 11
    assert found.design.seeds == 5


def test_finished_rungs_replace_the_usual_values(tmp_path: Path) -> None:
    loaded = study(tmp_path, "miniature", seeds=[0, 1, 2])
    store.write(loaded.folder / "scores.parquet", ladder(PILOT, seeds=(0, 1, 2), spread=0.01))
    found = resolution(loaded)
    assert found.design.assumed.base == pytest.approx(0.37, abs=0.06)
    assert "finished rungs of 'random'" in found.source


@pytest.mark.parametrize("wanted", [0.0, 2.0])
def test_a_difference_that_is_none_is_refused(tmp_path: Path, wanted: float) -> None:
    with pytest.raises(InputError, match="no difference of two shares"):
        resolution(study(tmp_path, "miniature"), wanted)
