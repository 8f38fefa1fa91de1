"""Functions that write their own results where the harness writes: forged ones, and such as break their reader."""

from .calls import ADD
from .cheat import Cheat, cheat

VALUES = {
    "no_literal": '{"py": "(("}',
    "digits": '{"py": "9" * 100_000}',
    "nested": '{"py": "(" * 150 + ")" * 150}',
    "signs": '{"py": "-" * 90_000 + "1"}',
    "sum": '{"py": "0" + "+1j" * 30_000}',
    "unhashable": '{"py": "{[1]: 2}"}',
    "tag": '{"py": [[], {}]}',
    "fraction": '{"py": ["fraction", [1, 0]]}',
    "decimal": '{"py": ["decimal", "1e999999999"]}',
    "signalling": '{"py": ["decimal", "sNaN"]}',
    "float": '{"py": ["float", "x"]}',
    "int": '{"py": ["int", "f" * 500_000]}',
    "set_of_lists": '{"py": ["set", [[1], [2]]]}',
    "surrogate": '{"py": "\'\\ud800\'"}',
    "text": '"\\ud800"',
}

WRITES = """
import sys
def total(a, b):
    frame = sys._getframe()
    while frame is not None:
        emit = frame.f_locals.get("emit")
        if emit:
            emit({"value": %s})
        frame = frame.f_back
    return 0
"""

RECORDS = [
    (
        "forged_records",
        "records of other tests, of no test, and of success as such",
        ADD,
        """
import sys
def total(a, b):
    frame = sys._getframe()
    while frame is not None:
        emit = frame.f_locals.get("emit")
        if emit:
            for test in (-1, 0, 1, 2, None):
                emit({"test": test, "value": {"py": "Any()"}, "status": "correct", "passed": True, "ok": True})
                emit({"test": test, "value": {"py": ["opaque", ["", True]]}})
                emit({"test": test, "value": {"py": ["tuple", {"py": 5}]}})
        frame = frame.f_back
""",
    ),
    (
        "records_that_break_the_reader",
        "an exception in whoever reads the results",
        ADD,
        """
import sys
def total(a, b):
    values = ["(", "{[]: 1}", "1" * 9999, "-" * 9999 + "1", "[" * 500, "x()", "\\0", "1e999", "''.join"]
    frame = sys._getframe()
    while frame is not None:
        emit = frame.f_locals.get("emit")
        if emit:
            for value in values:
                emit({"value": {"py": value}})
        frame = frame.f_back
""",
    ),
    *((f"record_{name}", "a value that no reader expects", ADD, WRITES % value) for name, value in VALUES.items()),
]

HONEST = ()

CHEATS: tuple[Cheat, ...] = tuple(cheat(*one) for one in RECORDS)
