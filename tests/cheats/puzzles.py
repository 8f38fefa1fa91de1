"""Wrong solutions of puzzles, and wrong programs before a checker."""

from thalweg.types import Check, CheckerCheck, PredicateCheck

from .cheat import ANY, Cheat, cheat, program

SQUARE = PredicateCheck(source="def sat(x: int, n=49):\n    return x * x == n and x > 0")
LETTERS = PredicateCheck(source='def sat(s: str):\n    return s.count("o") == 1000 and s.count("oo") == 0')
UNTYPED = PredicateCheck(source="def sat(x):\n    return x != 5 and not x == 6 and x > 100 and x % 7 == 3")
ITEMS = PredicateCheck(
    source="from typing import List\ndef sat(li: List[int], n=3):\n    return all(i == 3 for i in li) and len(li) == n"
)
CHECKER = CheckerCheck(
    source="def check(input, expected, actual):\n    a, b = map(int, actual.split())\n"
    "    return a * b == int(input) and a > 1",
    tests=({"input": "15", "output": "3 5"}, {"input": "77", "output": "7 11"}),
)
LOOSE = CheckerCheck(
    source="def check(input, expected, actual):\n    return abs(float(actual) - float(expected)) < 1e-6",
    tests=({"input": "1", "output": "0.5"},),
)

PUZZLES: list[tuple[str, str, Check, str]] = [
    ("sol_equal_to_everything", "an object for which all is true", SQUARE, ANY + "def sol(): return Any()"),
    (
        "sol_lying_int",
        "a subclass of int with its own product",
        SQUARE,
        "class Lie(int):\n    __mul__ = lambda self, other: 49\n    __gt__ = lambda self, other: True\n"
        "def sol(): return Lie(1)",
    ),
    ("sol_patched_sat", "a sat of its own", SQUARE, "def sat(*a, **k): return True\ndef sol(): return 1"),
    (
        "sol_patched_builtins",
        "builtins replaced for everybody",
        ITEMS,
        "import builtins\nbuiltins.all = lambda i: True\nbuiltins.len = lambda i: 3\ndef sol(): return []",
    ),
    (
        "sol_list_for_text",
        "a list where text is meant: its count counts otherwise",
        LETTERS,
        "def sol(): return ['o'] * 1000",
    ),
    ("sol_bytes_for_text", "another type with the same methods", LETTERS, "def sol(): return ('o',) * 1000"),
    ("sol_opaque", "an object for which != holds", UNTYPED, ANY + "def sol(): return Any()"),
    ("sol_nan", "nan, different from everything", UNTYPED, "def sol(): return float('nan')"),
    ("sol_parameters", "the puzzle's own default values, changed", SQUARE, "import sys\ndef sol(n=1): return 1"),
    ("sol_exit", "exit code 0", SQUARE, "def sol(): raise SystemExit(0)"),
    ("sol_nested_type", "True where numbers are meant", ITEMS, "def sol(): return [True, True, True]"),
    ("sol_empty", "all of nothing", ITEMS, "def sol(): return []"),
    ("checker_silence", "nothing to check", CHECKER, "pass"),
    ("checker_crash", "a checker that fails", CHECKER, "print('x y z')"),
    ("checker_exit", "exit code 0", CHECKER, "import os\nos._exit(0)"),
    ("checker_digits", "a checker that fails on too many digits", CHECKER, "print('9' * 10_000, '1')"),
    ("checker_own", "a checker of its own", CHECKER, "def check(*a): return True\nprint(1, 15)"),
    ("checker_constant", "right for the first test alone", CHECKER, "print(3, 5)"),
    ("checker_nan", "nan, near to nothing and far from nothing", LOOSE, "print('nan')"),
    ("checker_infinity", "infinity", LOOSE, "print('inf')"),
]


HONEST = (
    (SQUARE, program("def sol():\n    return 7")),
    (LETTERS, program("def sol():\n    return 'ox' * 1000")),
    (UNTYPED, program("def sol():\n    return 101")),
    (ITEMS, program("def sol():\n    return [3, 3, 3]")),
    (CHECKER, program("n = int(input())\nprint(5, 3) if n == 15 else print(11, 7)")),
    (LOOSE, program("print(1 / 2)")),
)

CHEATS: tuple[Cheat, ...] = tuple(cheat(*one) for one in PUZZLES)
