"""The published tables of the rank-surprisal ratio, computed again."""

import pytest

from thalweg.curve.papers import paper
from thalweg.curve.papers.rank_surprisal import PapersRsr, gap_p, rsr
from thalweg.curve.papers.rsr_sheets import sheets


@pytest.fixture(scope="module")
def found() -> PapersRsr:
    return rsr()


def test_spearman_from_the_rounded_tables(found: PapersRsr) -> None:
    assert [round(line.spearman.value or 0, 3) for line in found.students] == [-0.855, -0.845, -0.888, -0.829, -0.815]
    assert [line.printed_spearman for line in found.students] == [0.855, 0.845, 0.918, 0.818, 0.845]


def test_rounding_explains_all_printed_coefficients_but_one(found: PapersRsr) -> None:
    told = {
        line.student
        for line in found.students
        if line.attainable[0] - 5e-4 <= -line.printed_spearman <= line.attainable[1] + 5e-4
    }
    assert told == {"Qwen3-14B", "LLaMA-3.1-8B", "Qwen3-4B", "Qwen2.5-3B"}
    assert found.students[2].attainable == pytest.approx((-0.891, -0.882), abs=5e-4)


def test_pearson_is_as_printed_within_rounding(found: PapersRsr) -> None:
    for line in found.students:
        assert -(line.pearson.value or 0) == pytest.approx(line.printed_pearson, abs=5e-3)


def test_the_teachers_own_scores_correlate_as_printed(found: PapersRsr) -> None:
    """Table 4 prints sizes; one student's differs by more than rounding of the correlation, ties being few."""
    printed = paper("rsr")["metrics"]["rows"]["Teacher performance"]
    own = [abs(line.teacher_performance.value or 0) for line in found.students]
    assert own[:2] == pytest.approx(printed[:2], abs=5e-3)
    assert own == pytest.approx(printed[:5], abs=0.09)


def test_every_correlation_of_rsr_is_told_from_chance_and_from_no_rival(found: PapersRsr) -> None:
    for line in found.students:
        assert line.spearman.n == 11
        assert (line.spearman.p or 1) < 0.005
        assert (line.spearman.high or 0) < -0.3
        assert line.rival.p > 0.2
        assert line.rival.told_above is None or line.rival.told_above > 0.8


def test_the_three_worst_teachers_carry_part_of_the_correlation(found: PapersRsr) -> None:
    """Among the other eight, the ratio is told from chance for two students of five."""
    eight = [line.without_worst for line in found.students]
    assert {one.n for one in eight} == {8}
    assert sum(one.value or 0 for one in eight) / 5 == pytest.approx(-0.712, abs=5e-4)
    assert sum((one.p or 1) < 0.05 for one in eight) == 2


def test_other_students_scores_foretell_a_students_at_least_as_well(found: PapersRsr) -> None:
    others = sum(line.others_scores.value or 0 for line in found.students) / 5
    own = -sum(line.spearman.value or 0 for line in found.students) / 5
    assert (round(others, 3), round(own, 3)) == (0.905, 0.847)


def test_one_teacher_is_picked_for_every_student(found: PapersRsr) -> None:
    assert {line.pick for line in found.students} == {"QwQ-32B"}
    assert [line.regret for line in found.students] == pytest.approx([0, 1.1, 0, 0.7, 1.2])


def test_trajectories_gain_over_every_selector_but_not_over_all_responses(found: PapersRsr) -> None:
    gains = {gain.selection: gain for gain in found.trajectories}
    assert gains["Random"].mean == pytest.approx(7.34)
    assert gains["LLM judge, highest"].by_student == (5.2, 2.9, 1.4, 2.3, 2.0)
    assert gains["LLM judge, highest"].low > 0
    assert gains["All 55,000"].low < 0 < gains["All 55,000"].high


def test_teacher_choice_recomputed(found: PapersRsr) -> None:
    assert found.chosen.oracle == pytest.approx(found.chosen.printed["Oracle"], abs=0.05)
    assert found.chosen.rsr == pytest.approx(48.04)
    assert found.chosen.others_scores == pytest.approx(47.25)


def test_a_gap_is_told_the_better_the_more_alike_two_metrics_are() -> None:
    assert gap_p(0.8, 0.8, 0.3, 11) == pytest.approx(1)
    assert gap_p(0.9, 0.5, 0.7, 11) < gap_p(0.9, 0.5, 0.2, 11)


def test_mengs_worked_example() -> None:
    """Meng, Rosenthal & Rubin (1992): r = .63 and -.03 over n = 15 with r between = -.19 give z = 1.68."""
    assert gap_p(0.63, -0.03, -0.19, 15) == pytest.approx(0.0930, abs=2e-3)


@pytest.mark.parametrize("table", ["scores", "rsr", "metrics", "trajectories"])
def test_tables_are_rectangular_and_say_where_they_stand(table: str) -> None:
    read = paper("rsr")
    widths = {len(row) for row in read[table]["rows"].values()}
    assert widths == {6 if table in ("scores", "metrics") else 5}
    assert read["arxiv"] in read[table]["source"]


def test_sheets_show_the_coefficients_and_their_limits(found: PapersRsr) -> None:
    first, controls, teachers, trajectories = sheets(found)
    assert [row[1] for row in first.rows] == ["-0.855", "-0.845", "-0.888", "-0.829", "-0.815", "-0.847"]
    assert "Outside it as printed: Qwen2.5-7B." in first.notes[1]
    assert controls.rows[-1][:6] == ("mean", "-0.847", "-0.712", "-0.835", "0.905", "0.214")
    assert teachers.rows[1] == ("LLaMA-3.1-8B", "QwQ-32B", "Qwen3-4B-T", "1.1")
    assert trajectories.rows[0] == ("Random", "+7.3", "+6.4 to +8.3", "+8.4 +6.4 +7.5 +7.5 +6.9")
    assert all(len(row) == len(sheet.header) for sheet in sheets(found) for row in sheet.rows)
