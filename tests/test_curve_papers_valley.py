"""The Valley paper's tables computed again: the figures that issue and docs name, from the printed rates."""

import pytest

from thalweg.curve.papers import paper, sheets
from thalweg.curve.papers.code_valley import CodeValley, code_valley
from thalweg.curve.papers.code_valley_claims import claims
from thalweg.curve.papers.code_valley_shapes import Shaped, shaped

QWEN, LLAMA = "Qwen2.5-7B-Instruct", "Llama-3.1-8B-Instruct"


@pytest.fixture(scope="module")
def found() -> CodeValley:
    return code_valley()


@pytest.fixture(scope="module")
def shapes(found: CodeValley) -> dict[str, Shaped]:
    return {one.student: one for one in shaped(found)}


def test_the_assumed_n_is_the_only_one_that_fits_the_print() -> None:
    """Every n up to 1,595: how many of the 11 different rates of table 1 it can print."""
    raw = paper("valley")
    rates = {
        rate for table in ("completion", "think_tag") for own in raw[table]["rows"].values() for rate in own.values()
    }
    assert len(rates) == 11
    fits = {n: sum(any(round(k / n, 4) == rate for k in _near(rate, n)) for rate in rates) for n in range(50, 1596)}
    assert [n for n, hits in fits.items() if hits >= 10] == [raw["assumed_n"]] == [798]


def _near(rate: float, n: int) -> range:
    return range(round(rate * n) - 1, round(rate * n) + 2)


def test_scores_are_multiples_of_it() -> None:
    raw = paper("valley")
    scores = {rate for own in raw["scores"]["rows"].values() for rate in own.values()}
    scores |= {rate for pair in raw["stages"]["rows"].values() for rate in pair}
    assert len(scores) == 17
    assert {rate for rate in scores if all(round(k / 798, 3) != rate for k in _near(rate, 798))} == {0.126}


def test_slopes_and_sharper_than_log_linear(found: CodeValley) -> None:
    qwen, llama = found.climbs
    assert (round(qwen.first.value, 3), round(qwen.second.value, 3)) == (0.133, 0.159)
    assert (round(llama.first.value, 3), round(llama.second.value, 3)) == (0.131, 0.312)
    assert qwen.sharper.z == pytest.approx(0.5, abs=0.05)
    assert llama.sharper.z == pytest.approx(3.5, abs=0.05)
    assert qwen.sharper.seed_spread is None
    assert llama.sharper.seed_spread == pytest.approx(0.0198, abs=5e-4)


def test_difficulty_and_correctness_in_standard_errors(found: CodeValley) -> None:
    easy, right = found.stages
    assert (easy.one, right.one) == ("Easy 4K", "Correct 6K")
    assert [round(one.z, 1) for one in (easy.instruct, easy.trained)] == [2.3, 2.4]
    assert right.instruct.z == pytest.approx(0.15, abs=0.01)
    assert abs(right.trained.z) < 0.15
    assert easy.pooled.seed_spread is not None
    assert right.pooled.value == pytest.approx(0, abs=1e-12)


def test_the_fall_to_1k(found: CodeValley) -> None:
    falls = {change.student: change.difference for change in found.changes if change.after == 1000}
    assert falls[QWEN].z == pytest.approx(-5, abs=0.1)
    assert falls[LLAMA].z == pytest.approx(-7.1, abs=0.1)


def test_pass_given_finished_is_flat_from_10k_to_30k(found: CodeValley) -> None:
    right = {(one.student, one.size): one.right.value for one in found.compositions}
    assert [round(right[QWEN, size], 2) for size in (10_000, 30_000)] == [0.54, 0.46]
    assert [round(right[LLAMA, size], 2) for size in (10_000, 30_000)] == [0.43, 0.42]
    last = {move.student: move for move in found.moves if move.after == 30_000}
    assert last[QWEN].right_change.high < 0, "Qwen's falls"
    assert last[LLAMA].right_change.low < 0 < last[LLAMA].right_change.high
    assert all(move.finishing.value > move.total for move in last.values()), "the climb is finishing"


def test_parts_add_up_to_the_change_of_the_score(found: CodeValley) -> None:
    for move, change in zip(found.moves, found.changes, strict=True):
        assert (move.student, move.after) == (change.student, change.after)
        assert move.finishing.value + move.right.value == pytest.approx(move.total)
        assert move.total == pytest.approx(change.difference.value)


def test_llamas_floor_is_not_made_of_cut_off_responses(found: CodeValley) -> None:
    """It finishes 46 % at 1K and gets 4 % of those right: fewer than at the start, however much that finished."""
    start, valley = (one for one in found.compositions if one.student == LLAMA and one.size in (0, 1000))
    assert start.right.rate.low is not None
    assert valley.right.rate.high is not None
    assert valley.right.rate.high < start.right.rate.low


def test_claims(found: CodeValley) -> None:
    verdicts = {one.claim: one.verdict for one in claims(found)}
    assert verdicts["Qwen: the climb is sharper than log-linear"] == "cannot tell"
    assert verdicts["Llama: the climb is sharper than log-linear"] == "holds"
    assert verdicts["Llama: completion grows 1.65 to 1.9 times a step"] == "does not hold"
    assert verdicts["Qwen: completion grows 1.65 to 1.9 times a step"] == "holds"
    assert verdicts["From 30K: easy problems teach more than hard ones"] == "holds"
    assert {verdict for claim, verdict in verdicts.items() if "correctness makes no difference" in claim} == {
        "cannot tell"
    }
    blog = next(one for one in claims(found) if one.claim == "Blog: after the valley correctness matters")
    assert (blog.verdict, blog.because) == ("cannot tell", ".347 against .350")


def test_more_responses_tell_more(found: CodeValley) -> None:
    more = code_valley(3990)
    assert more.climbs[0].sharper.z == pytest.approx(found.climbs[0].sharper.z * 5**0.5, rel=1e-6)


def test_the_shape_is_a_valley_and_the_climb_is_not_told(shapes: dict[str, Shaped]) -> None:
    assert {one.told for one in shapes.values()} == {"valley"}
    assert shapes[QWEN].climb["log-linear"] > shapes[QWEN].climb["sharper"]
    assert shapes[LLAMA].climb["log-linear"] < 0.1
    assert shapes[LLAMA].climb["s-shaped"] > shapes[LLAMA].climb["sharper"]
    for one in shapes.values():
        assert one.break_even.size is not None
        assert 1_000 < one.break_even.size < 10_000


def test_sheets_hold_the_figures() -> None:
    text = "\n".join(" ".join(row) for sheet in sheets("valley") for row in sheet.rows)
    for figure in (".133 then .159 a decade: 0.5 SE", ".131 then .312 a decade: 3.5 SE", ".347 against .350", "2.3 SE",
                   "0.15 SE", "5 SE", "53.6 %", "45.5 %", "43.4 %", "42.2 %"):  # fmt: skip
        assert figure in text, figure
