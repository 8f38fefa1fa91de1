"""Tests as APPS and TACO write them: what becomes of inputs, outputs, limits, and what cannot be used."""

import json
from typing import Any

import pytest

from thalweg.grade.code import validate
from thalweg.problems.contests import UngradableError, contest_key, day, seconds_in, with_starter
from thalweg.problems.input_output import input_output_check
from thalweg.types import CallCheck, StdinCheck

LISTS = "class Solution:\n    def f(self, n: int) -> List[int]:\n        "


def made(found: dict[str, Any], starter: str = "", limit_s: float | None = None, most: int | None = None) -> Any:
    check = input_output_check(json.dumps(found), starter, limit_s, most)
    validate(check)
    return check


def test_texts_lines_and_numbers_become_what_is_read_and_printed() -> None:
    check = made({"inputs": ["1 2\n", ["3", "4 5"], 6], "outputs": ["3\n", ["7", "9"], 6.5]})
    assert check == StdinCheck(
        tests=(
            {"input": "1 2\n", "output": "3\n"},
            {"input": "3\n4 5", "output": "7\n9"},
            {"input": "6", "output": "6.5"},
        )
    )


@pytest.mark.parametrize(("stated", "seconds"), [(None, 6.0), (1.0, 6.0), (10.0, 10.0), (7.5, 7.5)])
def test_limits_are_never_under_the_default(stated: float | None, seconds: float) -> None:
    assert made({"inputs": ["1"], "outputs": ["1"]}, limit_s=stated).timeout_s == seconds
    assert made({"inputs": [[1]], "outputs": [1], "fn_name": "f"}, limit_s=stated).timeout_s == seconds


@pytest.mark.parametrize(
    ("outputs", "starter", "values"),
    [
        ([[3], [4]], "", [3, 4]),
        ([[[3]], [[4, 5]]], "", [[3], [4, 5]]),
        ([3, 4], "", [3, 4]),
        ([[3], [4, 5]], "", [[3], [4, 5]]),  # a list of two is around nothing
        ([[], [4]], "", [[], [4]]),
        ([[3], [4]], LISTS, [[3], [4]]),  # lists are returned, and 3 is none
        ([[[3]], [[4]]], LISTS, [[3], [4]]),
        ([["a"], ["b"]], "def g(n) -> List[int]:\n    pass\ndef f(n):", ["a", "b"]),
    ],
)
def test_lists_around_outputs(outputs: list[Any], starter: str, values: list[Any]) -> None:
    check = made({"inputs": [[1], [2]], "outputs": outputs, "fn_name": "f"}, starter)
    assert [test["output"] for test in check.tests] == values


def test_keys_that_were_numbers_are_numbers_again() -> None:
    check = made({"inputs": [[{"1": 2, "-3": [4]}, {"a": 1}]], "outputs": [[{"5": "6"}]], "fn_name": "f"})
    assert check == CallCheck(
        entry_point="f", tests=({"args": [{"py": "{1: 2, -3: [4]}"}, {"a": 1}], "output": {"py": "{5: '6'}"}},)
    )


def test_long_numbers_stay_what_they_are() -> None:
    long = 7**200
    assert made({"inputs": [[long]], "outputs": [[long + 1]], "fn_name": "f"}).tests[0] == {
        "args": [long],
        "output": long + 1,
    }


def test_only_the_first_tests() -> None:
    many = {"inputs": ["1", "2", "3"], "outputs": ["1", "2", "3"]}
    assert len(made(many, most=2).tests) == 2
    assert len(made({"inputs": [[1], [2]], "outputs": [1, 2], "fn_name": "f"}, most=1).tests) == 1


UNUSABLE = [
    (None, "no tests"),
    ("", "no tests"),
    ("null", "no tests"),
    ("[]", "no tests"),
    ("{}", "no tests"),
    ('{"inputs": [], "outputs": []}', "no tests"),
    ('{"inputs": [], "outputs": [], "fn_name": "f"}', "no tests"),
    ('{"inputs": ["1"]', "no JSON"),
    ('{"inputs": ["1"], "outputs": [' + "9" * 5000 + "]}", "no JSON"),
    ("[" * 100_000, "no JSON"),
    ('{"inputs": ["1"], "outputs": ["1", "2"]}', "1 inputs, 2 outputs"),
    ('{"inputs": [[1]], "outputs": [1, 2], "fn_name": "f"}', "1 inputs, 2 outputs"),
    ('{"inputs": [null], "outputs": ["1"]}', "NoneType"),
    ('{"inputs": [true], "outputs": ["1"]}', "bool"),
    ('{"inputs": ["ab"], "outputs": [1], "fn_name": "f"}', "no list"),
    ('{"inputs": [[1]], "outputs": [1], "fn_name": "os.system"}', "no function's name"),
]


@pytest.mark.parametrize(("text", "reason"), UNUSABLE)
def test_what_cannot_be_used_is_said(text: str | None, reason: str) -> None:
    with pytest.raises(UngradableError, match=reason):
        input_output_check(text, "", None, None)


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("https://codeforces.com/problemset/problem/1417/C", "codeforces/1417/C"),
        ("http://codeforces.com/contest/99/problem/b2", "codeforces/99/B2"),
        ("https://atcoder.jp/contests/abc136/tasks/abc136_a", "atcoder/abc136_a"),
        ("https://www.codechef.com/problems/X", None),
        (None, None),
    ],
)
def test_the_same_contest_problem_has_one_key(url: str | None, key: str | None) -> None:
    assert contest_key(url) == key


def test_small_things() -> None:
    assert [day(text) for text in ("2024-08-03T00:00:00", "2019-12-31", "soon", None)] == [
        "2024-08-03",
        "2019-12-31",
        None,
        None,
    ]
    assert [seconds_in(text) for text in ("2.0 seconds", "0.5 - 1 seconds", "", None)] == [2.0, 1.0, None, None]
    assert with_starter("Do.\n", " \n") == "Do.\n"
    assert with_starter("Do.\n", "def f():\n") == "Do.\n\n```python\ndef f():\n```"
