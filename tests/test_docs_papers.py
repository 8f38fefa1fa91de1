"""docs/papers.md says what `thalweg papers` prints."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from thalweg.cli import app
from thalweg.curve.papers import sheets

PAGE = (Path(__file__).parent.parent / "docs" / "papers.md").read_text(encoding="utf-8")
SECTIONS = {
    "valley": "## The Valley of Code Reasoning",
    "ded": "## Data-efficient distillation (DED)",
    "ocr": "## OpenCodeReasoning",
}


@pytest.mark.parametrize("name", SECTIONS)
def test_the_claims_on_the_page_are_those_that_are_printed(name: str) -> None:
    section = PAGE.partition(SECTIONS[name])[2].partition("\n## ")[0]
    shown = [
        tuple(line.strip("| ").split(" | ")) for line in re.findall(r"^\| (?!claim|---).*\|$", section, re.MULTILINE)
    ]
    printed = next(sheet.rows for sheet in sheets(name) if sheet.header[0] == "claim")
    assert len(shown) >= 5
    assert set(shown) <= set(printed), set(shown) - set(printed)


def test_without_a_name_all_papers_are_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    """With every figure that the plan of this project names."""
    monkeypatch.setenv("COLUMNS", "250")
    said = CliRunner().invoke(app, ["papers"], catch_exceptions=False).output
    for figure in (
        ".133 then .159 a decade: 0.5 SE",
        ".131 then .312 a decade: 3.5 SE",
        "+4.2 (+0.6 to +7.8), 2.3 SE",
        "+0.3 (-3.5 to +4.1), 0.15 SE",
        "-7.2 (-10.0 to -4.4), 5 SE",
        "53.6 % (47.7 to 59.3)",
        "45.5 % (41.0 to 50.1)",
        "43.4 % (37.6 to 49.3)",
        "42.2 % (38.2 to 46.3)",
        ".347 against .350",
        "798 independent responses",
        "Diverse has 4.1 times the rows",
        "+5.3 (10.0 | 1.8)",
        "-0.855",
    ):
        assert figure in said, figure
