"""Pools for tests: under bubblewrap where it works, and without."""

import shutil
from typing import Any

import pytest

from thalweg.errors import InputError
from thalweg.sandbox import Job, Limits, Pool, Result

WRAPPERS = [pytest.param(False, id="bare"), pytest.param(True, id="bubblewrap")]


def open_pool(bubblewrap: bool, **options: Any) -> Pool:
    """A pool of one worker unless said otherwise; skips the test where bubblewrap does not work."""
    if bubblewrap and shutil.which("bwrap") is None:
        pytest.skip("bubblewrap is not installed")
    try:
        return Pool(bubblewrap=bubblewrap, allow_weak=True, **options)
    except InputError as error:
        if error.where != "bubblewrap":
            raise
        pytest.skip(f"bubblewrap does not work here: {error.problem}")


def script(pool: Pool, source: str, *inputs: str, limits: Limits | None = None, budget_s: float = 60.0) -> Result:
    """Runs a program for one or more inputs in one process."""
    payload = {"source": source, "inputs": list(inputs or [""]), "budget_s": budget_s}
    return pool.run(Job(driver="script", payload=payload, limits=limits or Limits()))
