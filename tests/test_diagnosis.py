"""The diagnosis: where a score lies, which fault is named, and lines that are learned from the runs that ship."""

from dataclasses import replace

import pytest
from benchmarks import diagnosis as benchmark
from hypothesis import given
from hypothesis import strategies as st

from thalweg.curve.diagnosis import Diagnosis, diagnose, own_control, valley_state, words
from thalweg.curve.intervals import Difference
from thalweg.curve.lines import HEALTHY, Line, learn, learned
from thalweg.curve.reading import Reading
from thalweg.curve.signs import FAULTS, SIGNS, feature
from thalweg.types import Cell, Cells
from thalweg.worlds.fault_rows import runs


def cells(thinking: int = 0, unfinished: int = 0, direct: int = 0, correct: int = 0) -> Cells:
    """Counts; the correct ones are among the finished thinking ones, then among the direct ones."""
    first = min(correct, thinking)
    return Cells(
        thinking_finished=Cell(n=thinking, correct=first),
        thinking_unfinished=Cell(n=unfinished, correct=0),
        direct_finished=Cell(n=direct, correct=correct - first),
        direct_unfinished=Cell(n=0, correct=0),
    )


START = cells(direct=100, correct=40)


@pytest.mark.parametrize(
    ("now", "state"),
    [
        (cells(thinking=60, unfinished=40, correct=5), "in"),
        (cells(thinking=100, correct=70), "past"),
        (cells(direct=100, correct=41), "before"),
        (cells(direct=100, correct=10), "in"),
    ],
)
def test_where_a_score_lies(now: Cells, state: str) -> None:
    found, sure = valley_state(now, START, groups=100)
    assert found == state
    assert 0.5 <= sure <= 1


def test_without_a_start_nothing_is_said() -> None:
    assert valley_state(cells(thinking=10), None, 10) == ("unknown", 0.0)


def test_few_groups_make_unsure() -> None:
    now = cells(thinking=100, correct=30)
    assert valley_state(now, START, groups=10)[1] < valley_state(now, START, groups=100)[1]


@given(st.integers(0, 99), st.integers(5, 100))
def test_more_correct_is_never_lower(correct: int, groups: int) -> None:
    def below(count: int) -> float:
        state, sure = valley_state(cells(thinking=100, correct=count), START, groups)
        return sure if state == "in" else 1 - sure

    assert below(correct + 1) <= below(correct) + 1e-12


# --------------------------------------------------------------------------- faults

PLAIN = Reading(cells=cells(thinking=80, unfinished=16, correct=3), start=START, groups=90)
CUT = Line(features=("cut",), means=(0.0,), scales=(1.0,), weights=(10.0,), intercept=-5.0)


def test_a_fault_is_named_with_evidence_and_remedy() -> None:
    reading = replace(PLAIN, cut=0.9, over_budget=0.8)
    found = diagnose(reading, {"small budget": CUT})
    assert (found.state, found.level) == ("broken", "in")
    assert found.findings[0].fault == "small budget"
    told = words(found, reading)
    assert "90 % of the responses finish only with twice as much" in told
    assert "raise the token budget" in told


def test_what_was_not_measured_is_not_looked_at() -> None:
    found = diagnose(PLAIN, {"small budget": CUT})
    assert found.state == "in"
    assert set(found.not_looked_at) == set(FAULTS)
    assert "Not looked at" in words(found, PLAIN)


def test_the_first_sign_names_the_fault_and_others_follow() -> None:
    ends = Line(features=("end",), means=(0.0,), scales=(1.0,), weights=(-10.0,), intercept=-5.0)
    reading = replace(PLAIN, cut=0.9, end=-9.0, tail=0.0)
    found = diagnose(reading, {"small budget": CUT, "untrained end": ends})
    assert [one.fault for one in found.findings] == ["small budget", "untrained end"]
    assert "Also, perhaps because of it: untrained end" in words(found, reading)


def test_close_scores_are_not_enough_to_tell() -> None:
    reading = replace(PLAIN, cells=cells(thinking=100, correct=39))
    assert "Not enough to tell" in words(diagnose(reading, {}), reading)


@pytest.mark.parametrize("sign", SIGNS, ids=[sign.fault for sign in SIGNS])
def test_evidence_is_a_sentence_even_of_an_empty_reading(sign: object) -> None:
    one = next(s for s in SIGNS if s is sign)
    told = one.evidence(replace(PLAIN, steps=10, moved=0.1))
    assert told
    assert "None" not in told
    assert all(feature(PLAIN, name) is None for name in one.features)


@pytest.mark.parametrize(
    ("low", "high", "told"),
    [
        (-0.40, -0.32, "suspect the recipe before the data"),
        (-0.25, -0.15, "the recipe costs that much whatever the data"),
        (-0.04, 0.03, "costs next to nothing"),
        (-0.2, 0.1, "not enough to tell"),
    ],
)
def test_the_control_on_own_responses_in_words(low: float, high: float, told: str) -> None:
    assert told in own_control(Difference((low + high) / 2, low, high, 96, 1), start=0.4)


# --------------------------------------------------------------------------- learning


def toy(fault: str, end: float, budget: float) -> tuple[Reading, str]:
    return replace(PLAIN, trained_loss=1.0, end=end, tail=0.0, over_budget=budget, cut=budget), fault


def test_lines_are_learned_from_examples_with_faults() -> None:
    rows, worlds = [], []
    for world in ("a", "b", "c"):
        for step in range(4):
            rows += [toy(HEALTHY, -0.5 - step / 4, 0.0), toy("untrained end", -9 + step, 0.0)]
            rows += [toy("small budget", -0.5, 0.9 - step / 10)]
            worlds += [world] * 3
    signs = [sign for sign in SIGNS if sign.fault in ("untrained end", "small budget")]
    lines = learn(rows, worlds, signs)
    named = [diagnose(reading, lines).findings for reading, _ in rows]
    assert [found[0].fault if found else HEALTHY for found in named] == [fault for _, fault in rows]


def test_the_shipped_lines_are_what_the_shipped_learning_runs_teach() -> None:
    again = benchmark.learned_on(benchmark.cases(runs(), "learning"))
    assert list(again) == list(learned()) == list(FAULTS)
    for fault, line in learned().items():
        assert line.weights == pytest.approx(again[fault].weights, rel=0.02, abs=0.02)
        assert line.intercept == pytest.approx(again[fault].intercept, rel=0.02, abs=0.02)


def test_the_shipped_lines_name_planted_faults_of_held_out_worlds() -> None:
    found = benchmark.judged(benchmark.cases(runs(), "held-out"), learned())
    faulty = [case for case in found if case.fault]
    assert len({case.fault for case in faulty}) == len(FAULTS)
    assert sum(case.named == case.fault for case in faulty) > 0.8 * len(faulty)


def test_the_back_test_prints(capsys: pytest.CaptureFixture[str]) -> None:
    benchmark.main([])
    printed = capsys.readouterr().out
    assert "the loss alone" in printed
    assert printed.count("| untrained end |") == 4


def test_a_diagnosis_is_plain_data() -> None:
    assert isinstance(diagnose(PLAIN, {}), Diagnosis)
