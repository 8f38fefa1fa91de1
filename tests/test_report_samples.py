"""The samples of a report keep to their budget, whatever a study shows."""

from dataclasses import replace

import pytest

from tests.curve_synthetic import sampled
from thalweg.report.data import Sampled
from thalweg.report.samples import BUDGET, sample_sections


def many(rungs: int, each: int, characters: int) -> list[Sampled]:
    one = sampled(0, 0, "", "incorrect")
    response = replace(one.response, text="<think>" + "<&>" * (characters // 3) + "</think>5")
    return [replace(one, size=size, response=response) for size in range(1, rungs + 1) for _ in range(each)]


def test_every_sample_is_shown_where_there_is_room() -> None:
    html = sample_sections(many(3, 2, 300), ("random", 2))
    assert html.count('<article class="sample">') == 6
    assert html.count('<details class="rung" open>') == 1
    assert "left out to keep" not in html


@pytest.mark.parametrize("budget", [0, 20_000, 100_000])
def test_a_small_budget_shows_the_first_of_every_rung_first(budget: int) -> None:
    html = sample_sections(many(8, 3, 900), None, budget)
    shown = [section.count('<article class="sample">') for section in html.split('<details class="rung">')[1:]]
    assert len(shown) == 8
    assert max(shown) - min(shown) <= 1
    assert shown == sorted(shown, reverse=True)
    told = [int(part.rsplit(">", 1)[1]) for part in html.split(" more, left out")[:-1]]
    assert sum(shown) + sum(told) == 24
    assert len(html.encode()) <= budget + 8 * 300


def test_hundreds_of_long_rungs_stay_within_the_budget() -> None:
    assert len(sample_sections(many(300, 3, 9_000), None).encode()) <= BUDGET + 300 * 300
