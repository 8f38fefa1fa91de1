"""DED's and OpenCodeReasoning's tables computed again."""

from math import sqrt

import pytest

from thalweg.curve.papers import PAPERS, paper, sheets
from thalweg.curve.papers import claims as rules
from thalweg.curve.papers.claims import Verdict
from thalweg.curve.papers.data_efficient import AIME, DataEfficient, data_efficient
from thalweg.curve.papers.data_efficient_claims import claims
from thalweg.curve.papers.execution_filter import execution_filter
from thalweg.curve.papers.shares import Pair, Share, combined, compared, difference, halves
from thalweg.errors import InputError


@pytest.fixture(scope="module")
def found() -> DataEfficient:
    return data_efficient()


# --------------------------------------------------------------------------- DED


def test_qwq_beats_r1_for_every_student_on_these_problems_only(found: DataEfficient) -> None:
    lines = [lines[0] for lines in found.teachers.values()]
    assert {line.other for line in lines} == {"DeepSeek-R1"}
    assert [round(100 * line.together.value, 1) for line in lines] == [6.5, 12.3, 8.2]
    for line in lines:
        assert line.together.low > 0
        assert line.together.value < 1.96 * line.together.elsewhere, (
            "not told on other problems, were students unrelated"
        )


def test_diverse_is_confounded_with_four_times_the_rows(found: DataEfficient) -> None:
    diverse = found.math[3]
    assert diverse.rows is not None
    assert diverse.rows[0] / diverse.rows[1] == pytest.approx(4.07, abs=0.01)
    equal = found.math[4]
    assert equal.together.low < 0 < equal.together.high, "not told at about equal size"


def test_every_aime_score_but_three_is_a_multiple_of_one_in_480(found: DataEfficient) -> None:
    raw = found.raw
    printed = {
        row[table["benchmarks"].index(year)]
        for table in (raw["math"], raw["mixed"])
        for row in table["rows"].values()
        for year in AIME
    }
    printed |= {row[at] for rows in raw["teachers"]["students"].values() for row in rows.values() for at in (0, 1)}
    printed |= {row[year][0] for row in raw["length"]["rows"].values() for year in AIME}
    own = set(raw["mixed"]["rows"]["QwQ-32B"][:2])  # another report's
    odd = {score for score in printed - own if abs(score * 4.8 - round(score * 4.8)) > 0.05}
    assert odd == {73.22, 69.73, 74.42}


def test_benchmarks_outside_rise(found: DataEfficient) -> None:
    assert [one.gain.value > 0 for one in found.outside] == [True] * 8
    assert [one.benchmark for one in found.outside if one.gain.low < 0] == ["MBPP"]


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        ("QwQ-32B teaches phi-4 better than DeepSeek-R1", "holds"),
        ("QwQ-32B is the best of DS-32B's four teachers", "cannot tell"),
        ("Stronger teachers do not make better students", "cannot tell"),
        ("Code: hard problems alone lose nothing", "does not hold"),
        ("Mathematics: diverse responses are better", "cannot tell"),
        ("Code: hard and diverse is better at equal size", "cannot tell"),
        ("Large corpora hurt them", "cannot tell"),
        ("A smaller shift goes with the better teacher", "cannot tell"),
        ("Shorter responses of QwQ than R1's teach better than R1's", "holds"),
    ],
)
def test_ded_claims(found: DataEfficient, claim: str, verdict: Verdict) -> None:
    assert {one.claim: one.verdict for one in claims(found)}[claim] == verdict


# --------------------------------------------------------------------------- OpenCodeReasoning


def test_the_filter_costs_on_these_problems_and_likely_on_others() -> None:
    wrong = execution_filter().arms[0]
    assert (wrong.one, wrong.other) == ("incorrect only", "correct only")
    told = wrong.by_benchmark["LiveCodeBench"]
    assert told.value == pytest.approx(0.053)
    assert told.value / told.here == pytest.approx(10, abs=0.1)
    assert told.told_above == pytest.approx(0.2, abs=0.05)
    contests = wrong.by_benchmark["CodeContests"]
    assert contests.low < 0 < contests.high


def test_no_filter_has_three_times_the_rows() -> None:
    rows = paper("ocr")["filter"]["rows"]
    assert rows["no filter"][2] / rows["correct only"][2] == pytest.approx(2.95, abs=0.01)


# --------------------------------------------------------------------------- the arithmetic below


def test_a_difference_adds_variances_and_says_what_seed_spread_it_survives() -> None:
    told = difference(Share(0.5, 100), Share(0.3, 100))
    assert told.error == pytest.approx(sqrt(0.0025 + 0.0021))
    assert told.seed_spread is not None
    assert told.value == pytest.approx(1.959964 * sqrt(told.error**2 + 2 * told.seed_spread**2))
    start = difference(Share(0.5, 100), Share(0.3, 100, trained=False))
    assert start.seed_spread == pytest.approx(told.seed_spread * sqrt(2)), "a start has no seeds"
    assert combined((1.0, Share(0.5, 100)), (-1.0, Share(0.45, 100))).seed_spread is None


def test_runs_make_these_problems_certain_and_others_not() -> None:
    one, many = (compared(Pair(0.6, 0.5, 30, (runs, runs))) for runs in (1, 10_000))
    assert many.here == pytest.approx(one.here / 100)
    assert many.elsewhere == pytest.approx(sqrt(0.5 * (0.24 + 0.25) / 30), rel=1e-3)
    assert many.told_above is not None
    assert 0 < many.told_above < 1
    assert one.told_above is None


def test_one_run_has_one_interval_and_many_have_two() -> None:
    assert halves(0.8, 500, 1) == pytest.approx((1.96 * sqrt(0.16 / 500),) * 2, rel=1e-3)
    here, elsewhere = halves(0.7958, 30, 16)
    assert (round(100 * here, 1), round(100 * elsewhere, 1)) == (3.6, 10.5)


def test_several_benchmarks_count_every_problem_once() -> None:
    pairs = (Pair(0.6, 0.5, 30, (16, 16)), Pair(0.8, 0.6, 90, (16, 16)))
    assert compared(*pairs).value == pytest.approx((30 * 0.1 + 90 * 0.2) / 120)
    halves = (Pair(0.6, 0.5, 15, (16, 16)),) * 2
    assert compared(*halves).here == pytest.approx(compared(Pair(0.6, 0.5, 30, (16, 16))).here)


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        (rules.above(0.1, 0.2), "holds"),
        (rules.above(-0.1, 0.2), "cannot tell"),
        (rules.above(-0.2, -0.1), "does not hold"),
        (rules.about(0.45, 0.55, 0.5), "holds"),
        (rules.about(0.1, 0.9, 0.5), "cannot tell"),
        (rules.about(0.1, 0.4, 0.5), "does not hold"),
        (rules.same(-0.01, 0.01), "holds"),
        (rules.same(-0.05, 0.05), "cannot tell"),
        (rules.same(0.001, 0.01), "does not hold"),
    ],
)
def test_the_rules_of_verdicts(found: Verdict, verdict: Verdict) -> None:
    assert found == verdict


@pytest.mark.parametrize("name", PAPERS)
def test_every_paper_prints_rectangular_sheets(name: str) -> None:
    assert paper(name)["arxiv"]
    for sheet in sheets(name):
        assert sheet.rows
        assert all(len(row) == len(sheet.header) for row in sheet.rows), sheet.title


def test_an_unknown_paper_is_refused() -> None:
    with pytest.raises(InputError, match="use valley, ded, rsr, ocr"):
        sheets("none")
