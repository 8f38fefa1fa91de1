"""What was learned from the miniature's learning worlds, as a data file that says how it was made.

`learned.yaml` is written by `python -m benchmarks.advice --learn`; a test makes it again from the runs that ship.
"""

from functools import cache
from pathlib import Path
from typing import Any

import yaml

FILE = Path(__file__).with_name("learned.yaml")


@cache
def learned() -> dict[str, Any]:
    """The sections: `surface` (a kernel), `actions` (a difference from `more` each), `carry`, and how many `worlds`."""
    read: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return read
