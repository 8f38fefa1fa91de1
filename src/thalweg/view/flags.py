"""Whether responses begin with a think tag and whether they finished, for a whole column of them at once.

The same answers as `thalweg.thinking.begins_thinking` and `is_finished` (a test compares them), without making a
record of each response. Loops are not told here: looking for them takes a second or more per 10,000 responses.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from thalweg.thinking import CLOSE, OPEN
from thalweg.view.tables import integers

Bools = npt.NDArray[np.bool_]
COLUMNS = ("text", "thinking", "answer", "finish_reason")


def thinking_and_finished(table: Any) -> tuple[Bools, Bools]:
    """Two flags a row of an Arrow table with the columns `COLUMNS`."""
    import pyarrow.compute as pc

    text = table["text"]
    body = pc.utf8_ltrim_whitespace(text)
    tagged, closed = _true(pc.starts_with(body, OPEN)), _true(pc.match_substring(body, CLOSE))
    whole = _true(pc.is_valid(text))
    thinking = np.where(whole, tagged, _true(pc.is_valid(table["thinking"])))
    answered = np.where(whole, ~tagged | closed, _true(pc.is_valid(table["answer"])))
    return thinking, answered & ended(table["finish_reason"])


def ended(finish_reason: Any) -> Bools:
    """Whether each response ended by itself; an unknown reason counts as that."""
    encoded = finish_reason.combine_chunks().dictionary_encode()
    by_itself = np.array([*(name == "stop" for name in encoded.dictionary.to_pylist()), True])
    flags: Bools = by_itself[integers(encoded.indices, null=-1)]
    return flags


def _true(column: Any) -> Bools:
    """An Arrow column of booleans as NumPy, nulls as false."""
    values: Bools = integers(column, null=0) == 1
    return values
