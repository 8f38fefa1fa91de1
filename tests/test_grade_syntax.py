"""Parsing from several threads."""

import ast
from concurrent.futures import ThreadPoolExecutor

import pytest

from thalweg.grade import syntax


def test_threads_may_parse_side_by_side() -> None:
    texts = [
        f"def f(x):\n    return {'(' * 30}{number}{')' * 30} + [x for x in range({number})][-1]\n"
        for number in range(200)
    ]
    with ThreadPoolExecutor(8) as threads:
        trees = list(threads.map(syntax.module, texts * 3))
    assert [ast.dump(tree) for tree in trees[:200]] == [ast.dump(ast.parse(text)) for text in texts]


def test_parts_and_warnings() -> None:
    assert ast.unparse(syntax.expression("(1 +\n2)")) == "1 + 2"
    assert ast.unparse(syntax.module("x = '\\d'")) == "x = '\\\\d'"  # warnings are errors here


@pytest.mark.parametrize("text", ["(", "x = 1", "\0", ""])
def test_what_is_no_expression(text: str) -> None:
    with pytest.raises((SyntaxError, ValueError)):
        syntax.expression(text)
