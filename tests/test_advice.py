"""Advice over actions: what was measured outweighs what was learned, and nothing is advised that gains nothing."""

import pytest

from thalweg.curve.actions import ACTIONS
from thalweg.curve.advice import Advice, Carry, Knowledge, Prior, advise, knowledge
from thalweg.curve.intervals import Difference
from thalweg.curve.learned import learned
from thalweg.curve.surface import Kernel, Point

KERNEL = Kernel(
    mean=-1.0, level=1.5, slope_examples=0.5, slope_steps=0.5, rise_examples=0.4, rise_steps=0.4, bump=0.3, length=1.0,
    spread=0.05,
)  # fmt: skip
RISING = [
    Point(examples=128, steps=48, correct=6, responses=300),
    Point(examples=256, steps=96, correct=30, responses=300),
    Point(examples=512, steps=192, correct=90, responses=300),
]
FULL = [Point(examples=size, steps=size * 3 / 8, correct=2998, responses=3000) for size in (128, 256, 512, 1024)]
FLOOR = [Point(examples=size, steps=size * 3 / 8, correct=3, responses=300) for size in (128, 256, 512)]
PRIORS = {
    "easier": Prior(mean=-0.3, spread=0.3, worlds=20),
    "teacher": Prior(mean=0.0, spread=0.8, worlds=20),
    "unfiltered": Prior(mean=-0.2, spread=0.2, worlds=10),
}
KNOWN = Knowledge(kernel=KERNEL, priors=PRIORS, carry=Carry(slope=0.8, spread=0.3, worlds=20))
ALL = ("longer", "more", *PRIORS)
HERE = (512.0, 192.0)


def named(found: list[Advice]) -> dict[str, Advice]:
    return {advice.action: advice for advice in found}


def test_every_action_is_weighed_once_and_the_best_comes_first() -> None:
    actions = ("longer", "more", "easier")
    found = advise(RISING, HERE, actions, KNOWN)
    assert sorted(named(found)) == sorted([*actions, "stop"])
    assert found[-1].action == "stop"
    gains = [advice.gain.value for advice in found[:-1] if advice.gain is not None]
    assert gains == sorted(gains, reverse=True)
    assert sum(advice.best for advice in found) == pytest.approx(1)
    assert found[0].action != "stop"


def test_a_gamble_stands_behind_more_data_until_it_is_measured() -> None:
    hopeful = Knowledge(kernel=KERNEL, priors={"teacher": Prior(mean=1.0, spread=2.5, worlds=20)}, carry=KNOWN.carry)
    found = advise(FLOOR, HERE, ("more", "teacher"), hopeful)
    by_name = named(found)
    assert by_name["teacher"].gain is not None
    assert by_name["more"].gain is not None
    assert by_name["teacher"].gain.value > by_name["more"].gain.value
    assert [advice.action for advice in found][:2] == ["more", "teacher"]
    seen = {"teacher": Difference(0.15, 0.1, 0.2, 300, 3)}
    assert advise(FLOOR, HERE, ("more", "teacher"), hopeful, seen)[0].action == "teacher"


def test_actions_cost_the_same_training() -> None:
    found = named(advise(RISING, HERE, ALL, KNOWN))
    assert {advice.steps for name, advice in found.items() if name != "stop"} == {768}
    assert (found["longer"].examples, found["more"].examples, found["stop"].steps) == (512, 2048, 192)


@pytest.mark.parametrize(("value", "first"), [(0.15, "teacher"), (-0.15, "more")])
def test_a_measured_arm_decides(value: float, first: str) -> None:
    seen = {"teacher": Difference(value, value - 0.03, value + 0.03, 300, 3)}
    found = advise(RISING, HERE, ("more", "teacher"), KNOWN, seen)
    assert found[0].action == first
    teacher = named(found)["teacher"]
    assert "measured here" in teacher.evidence
    assert f"{100 * value:+.1f} points" in teacher.evidence


def test_a_measurement_narrows_the_interval() -> None:
    def width(seen: dict[str, Difference]) -> float:
        gain = named(advise(RISING, HERE, ("more", "teacher"), KNOWN, seen))["teacher"].gain
        assert gain is not None
        return gain.high - gain.low

    assert width({"teacher": Difference(0.0, -0.02, 0.02, 300, 3)}) < 0.9 * width({})


def test_a_curve_at_its_end_says_stop() -> None:
    found = advise(FULL, (1024.0, 384.0), ("longer", "more"), KNOWN)
    assert found[0].action == "stop"


def test_the_shipped_differences_are_of_actions_that_exist() -> None:
    known = knowledge(learned())
    assert set(known.priors) <= set(ACTIONS)
    assert all(prior.spread > 0 and prior.worlds >= 3 for prior in known.priors.values())
    assert known.carry.spread > 0


def test_what_is_not_measured_says_so() -> None:
    found = named(advise(RISING, HERE, ALL, KNOWN))
    assert "not measured in this study" in found["easier"].evidence
    assert "without a step-matched control" in found["more"].evidence
    matched = [*RISING, Point(examples=128, steps=192, correct=40, responses=300)]
    assert "with a step-matched control" in named(advise(matched, HERE, ALL, KNOWN))["more"].evidence
