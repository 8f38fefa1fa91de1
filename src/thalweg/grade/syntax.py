"""Parses Python, from any thread.

CPython 3.11 counts how deep it is in a tree that it builds in one place for all threads, so that two which parse at the
same time may both fail (github.com/python/cpython/issues/106905). Nothing in this package that runs in threads calls
`ast.parse` itself. What the parser warns of (`"\\d"`) is the business of whoever wrote the text.
"""

import ast
import threading
import warnings

_ONE_AT_A_TIME = threading.Lock()


def module(text: str) -> ast.Module:
    """The tree of a whole text.

    Raises:
        SyntaxError, ValueError, MemoryError, RecursionError: as `ast.parse`.
    """
    with _ONE_AT_A_TIME, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text)


def expression(text: str) -> ast.expr:
    """The tree of one expression.

    Raises:
        SyntaxError, ValueError, MemoryError, RecursionError: as `ast.parse`.
    """
    with _ONE_AT_A_TIME, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text, mode="eval").body
