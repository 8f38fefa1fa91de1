"""docs/papers.md says what `thalweg papers` prints."""

import re
from pathlib import Path

import pytest

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
