"""Side by side, and yet in order."""

import threading
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thalweg.grade.ordered import in_order


@given(st.lists(st.integers(), max_size=50), st.integers(1, 4))
def test_results_come_in_the_order_of_the_items(items: list[int], threads: int) -> None:
    assert list(in_order(lambda item: -item, items, threads)) == [-item for item in items]


def test_a_slow_first_item_keeps_its_place_and_does_not_stop_the_others() -> None:
    others_done = threading.Event()

    def call(item: int) -> int:
        if item == 0:
            assert others_done.wait(60)
        if item == 9:
            others_done.set()
        return item

    assert list(in_order(call, range(10), 2)) == list(range(10))


def test_items_are_taken_only_so_far_ahead() -> None:
    taken = 0

    def items() -> Iterator[int]:
        nonlocal taken
        while True:
            taken += 1
            yield taken

    results = in_order(lambda item: item, items(), 2)
    assert [next(results) for _ in range(3)] == [1, 2, 3]
    assert taken <= 1024 + 3
    results.close()  # type: ignore[attr-defined]  # it is a generator


def test_what_a_call_raises_is_raised_here() -> None:
    results = in_order(lambda item: 1 // item, [1, 0, 1], 2)
    assert next(results) == 1
    with pytest.raises(ZeroDivisionError):
        next(results)
