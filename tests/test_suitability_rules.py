"""LIMO's rules: what is counted, and what a pool makes of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thalweg.suitability.rules import WEIGHTS, Criteria, criteria, rule_quality


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", (0, 0, 0, 0)),
        ("+ - =", (0, 0, 0, 0)),
        ("Check this", (2, 0.5, 0, 0)),
        ("VERIFY, check!", (2, 1.0, 0, 0)),
        ("perhaps it might hold", (4, 0, 0.5, 0)),
        ("Therefore: since x", (3, 0, 0, 2 / 3)),
        ("checking mighty sincerely", (3, 0, 0, 0)),
        ("don't check", (2, 0.5, 0, 0)),
    ],
)
def test_keywords_count_per_word(text: str, expected: tuple[float, ...]) -> None:
    assert criteria(text) == pytest.approx(expected)


def test_weights_are_those_of_the_paper() -> None:
    assert (WEIGHTS.words, WEIGHTS.checks, WEIGHTS.doubts, WEIGHTS.conclusions) == (0.30, 0.20, 0.25, 0.25)
    assert sum(WEIGHTS) == pytest.approx(1)


def test_quality_is_the_weighted_sum_of_z_scores() -> None:
    pool = {"a": Criteria(10, 0.0, 0.1, 0.0), "b": Criteria(30, 0.2, 0.1, 0.0), "c": Criteria(20, 0.1, 0.1, 0.3)}
    high = 1.5**0.5  # of three equally spaced values
    found = rule_quality(pool)
    assert found["a"] == pytest.approx(-0.5 * high - 0.25 * 0.5**0.5)
    assert found["b"] == pytest.approx(0.5 * high - 0.25 * 0.5**0.5)
    assert found["c"] == pytest.approx(0.25 * 2**0.5)


def test_a_pool_that_does_not_vary_has_no_quality() -> None:
    share = 0.1 + 0.2  # not exact in binary
    assert rule_quality(dict.fromkeys("abc", Criteria(7, share, share, share))) == {"a": 0, "b": 0, "c": 0}
    assert rule_quality({}) == {}


TEXTS = st.lists(st.sampled_from(["check it", "perhaps", "so since then", "a b c d", "verify x"]), max_size=12)


@given(TEXTS)
def test_quality_averages_to_zero_and_does_not_depend_on_order(texts: list[str]) -> None:
    pool = {str(k): criteria(text) for k, text in enumerate(texts)}
    found = rule_quality(pool)
    backwards = rule_quality(dict(reversed(pool.items())))
    assert sum(found.values()) == pytest.approx(0, abs=1e-9)
    assert {key: backwards[key] for key in found} == pytest.approx(found)
