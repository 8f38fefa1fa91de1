"""What was learned for advice is what the shipped scores teach, and the back-test counts as it says."""

import pytest
from benchmarks import advice

from thalweg.curve.learned import learned

HELD_OUT = advice.cases("held-out")


def test_the_shipped_constants_are_those_of_the_shipped_scores() -> None:
    made, shipped = advice.learn(advice.cases("learning")), learned()
    assert made.worlds == shipped["worlds"]
    assert made.surface == pytest.approx(shipped["surface"], abs=0.02)
    assert made.carry == pytest.approx(shipped["carry"], abs=0.02)
    assert made.actions.keys() == shipped["actions"].keys()
    for name, action in made.actions.items():
        assert action == pytest.approx(shipped["actions"][name], abs=0.02)


def test_learning_and_held_out_worlds_share_no_student() -> None:
    learning = {case.world.student for case in advice.cases("learning")}
    assert not learning & {case.world.student for case in HELD_OUT}
    assert len(HELD_OUT) >= 30


def test_actions_cost_what_more_costs() -> None:
    for case in HELD_OUT:
        for name, run in case.actions.items():
            assert run.tokens == pytest.approx(case.actions["more"].tokens, rel=0.02), (case.world.name, name)


def test_an_oracle_is_not_credited_with_luck() -> None:
    for case in HELD_OUT:
        best = max(advice.gain(case, name) for name in case.actions)
        assert advice.oracle(case) <= max(best, 0) + 0.06


def test_the_advice_sees_nothing_beyond_n() -> None:
    for case in HELD_OUT:
        assert max(point.examples for point in case.seen) == case.world.size
        assert all(point.steps <= case.now.steps for point in case.seen)
