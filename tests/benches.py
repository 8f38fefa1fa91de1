"""A bench to grade programs with, where this machine can isolate them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from thalweg.errors import InputError
from thalweg.grade.bench import Bench, Settings


@contextmanager
def open_bench(**settings: Any) -> Iterator[Bench]:
    """Skips the test, with the reason, where programs cannot be isolated."""
    with Bench(Settings(**settings)) as bench:
        try:
            bench.pool()
        except InputError as error:
            pytest.skip(f"no sandbox here: {error}")
        yield bench


def fenced(program: str) -> str:
    """An answer that holds a program."""
    return f"Here it is:\n\n```python\n{program}\n```\n"
