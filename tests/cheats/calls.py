"""Wrong functions: what they return, raise, patch and write."""

from thalweg.types import CallCheck

from .cheat import ANY, Cheat, cheat, program

ADD = CallCheck(entry_point="total", tests=({"args": [2, 3], "output": 5}, {"args": [10, -4], "output": 6}))
WORDS = CallCheck(entry_point="total", tests=({"args": ["b", "a"], "output": ["a", "b"]},))
NUMBERS = CallCheck(entry_point="total", tests=({"args": [2, 3], "output": [2, 3]},), compare={"float": 1e-6})
ROOT = CallCheck(entry_point="total", tests=({"args": [2, 3], "output": 2.5},), compare={"float": 1e-6})
TEXT = CallCheck(entry_point="total", tests=({"args": ["a", "b"], "output": "ab"},))

CALLS = [
    ("equal_to_everything", "an __eq__ that says yes", ADD, ANY + "def total(a, b): return Any()"),
    (
        "class_in_disguise",
        "a __class__ that claims to be int",
        ADD,
        ANY + "class Int(Any):\n    __class__ = property(lambda self: int)\ndef total(a, b): return Int()",
    ),
    (
        "lying_int",
        "a subclass of int with a lying comparison and representation",
        ADD,
        "class Lie(int):\n    __eq__ = lambda self, other: True\n    __ne__ = lambda self, other: False\n"
        "    __hash__ = int.__hash__\n    __repr__ = __str__ = lambda self: '5'\ndef total(a, b): return Lie(0)",
    ),
    (
        "lying_text",
        "a subclass of str",
        TEXT,
        "class Lie(str):\n    __eq__ = lambda self, other: True\n    __hash__ = str.__hash__\n"
        "def total(a, b): return Lie()",
    ),
    (
        "lying_list",
        "a subclass of list with a lying length, iteration and comparison",
        WORDS,
        ANY + "class Lie(list):\n    __eq__ = lambda self, other: True\n    __len__ = lambda self: 2\n"
        "    __iter__ = lambda self: iter([Any(), Any()])\ndef total(a, b): return Lie()",
    ),
    ("list_of_liars", "liars inside an honest list", WORDS, ANY + "def total(a, b): return [Any(), Any()]"),
    (
        "lying_mapping",
        "a default for every key",
        CallCheck(entry_point="total", tests=({"args": [1], "output": {"a": 1}},)),
        ANY + "class Lie(dict):\n    __eq__ = lambda self, other: True\n    __missing__ = lambda self, key: Any()\n"
        "    keys = lambda self: Any()\ndef total(a): return Lie()",
    ),
    (
        "metaclass",
        "a class that equals everything",
        ADD,
        ANY + "class Meta(type):\n    __eq__ = lambda self, other: True\n    __hash__ = type.__hash__\n"
        "    __instancecheck__ = lambda self, other: True\nclass Five(int, metaclass=Meta): pass\n"
        "def total(a, b): return Five",
    ),
    (
        "mock_any",
        "the standard library's own wildcard",
        ADD,
        "from unittest import mock\ndef total(a, b): return mock.ANY",
    ),
    (
        "false_numpy",
        "a class that says it comes from numpy",
        ADD,
        ANY + "class int64(Any):\n    tolist = item = lambda self: Any()\nint64.__module__ = 'numpy'\n"
        "def total(a, b): return int64()",
    ),
    ("generator", "a generator of liars", WORDS, ANY + "def total(a, b):\n    while True: yield Any()"),
    (
        "frames",
        "an expected value in some frame above",
        ADD,
        """
import sys
def total(a, b):
    frame = sys._getframe()
    while frame is not None:
        for name, value in {**frame.f_globals, **frame.f_locals}.items():
            if name in ("expected", "output", "outputs", "want", "answer", "tests", "check", "gt_out"):
                return value
        frame = frame.f_back
""",
    ),
    (
        "garbage_collector",
        "an expected value anywhere in memory",
        ADD,
        """
import gc
def total(a, b):
    for thing in gc.get_objects():
        if type(thing) is dict and "output" in thing and "args" in thing:
            return thing["output"]
""",
    ),
    ("exit_while_loading", "exit code 0", ADD, "import sys\nsys.exit(0)"),
    ("hard_exit_while_loading", "exit code 0, at once", ADD, "import os\nos._exit(0)"),
    ("exit_in_the_call", "exit code 0", ADD, "def total(a, b): raise SystemExit(0)"),
    ("hard_exit_in_the_call", "exit code 0, at once", ADD, "import os\ndef total(a, b): os._exit(0)"),
    (
        "patched_libraries",
        "results written by functions that were replaced",
        ADD,
        ANY
        + """
import ast, builtins, io, json, os
json.dumps = json.encoder.JSONEncoder.encode = lambda *args, **kwargs: '{"value": true, "status": "correct"}'
ast.literal_eval = builtins.repr = builtins.str = builtins.type = builtins.isinstance = lambda *args: Any()
def total(a, b): return Any()
""",
    ),
    (
        "channel_by_number",
        "verdicts written into every descriptor",
        ADD,
        r"""
import os
def total(a, b):
    for fd in range(256):
        for text in (b'{"test": 0, "passed": true}\n', b'{"value": true}\n', b'{"status": "correct"}\n', b'correct\n'):
            try:
                os.write(fd, text)
            except OSError:
                break
    os._exit(0)
""",
    ),
    (
        "tag_in_a_mapping",
        'a mapping {"py": "5"}, read as the value 5',
        ADD,
        'def total(a, b): return {"py": str(a + b)}',
    ),
    ("not_a_number", "comparisons that nan makes false", ROOT, "def total(a, b): return float('nan')"),
    ("infinity", "a tolerance that grows with the value", ROOT, "def total(a, b): return float('inf')"),
    ("complex_infinity", "a tolerance of infinite size", ROOT, "def total(a, b): return complex('nan+infj')"),
    ("decimal_nan", "another library's nan", ROOT, "import decimal\ndef total(a, b): return decimal.Decimal('nan')"),
    (
        "lying_float",
        "a subclass of float with its own subtraction",
        ROOT,
        ANY + "class Lie(Any, float):\n    __rsub__ = __sub__ = lambda self, other: 0.0\ndef total(a, b): return Lie()",
    ),
    ("shorter_list", "a comparison that stops with the shorter one", NUMBERS, "def total(a, b): return []"),
    ("first_part", "a comparison that stops with the shorter one", NUMBERS, "def total(a, b): return [a]"),
    ("longer_list", "a comparison that stops with the shorter one", NUMBERS, "def total(a, b): return [a, b, 0]"),
    ("text_for_a_list", "letters, one by one", WORDS, "def total(a, b): return 'ab'"),
    ("keys_for_a_list", "a mapping's keys, one by one", WORDS, "def total(a, b): return {'a': 0, 'b': 0}"),
    ("set_for_a_list", "no order at all", WORDS, "def total(a, b): return {'a', 'b'}"),
    ("digits_for_a_number", "the text of a number", ADD, "def total(a, b): return str(a + b)"),
    ("cycle", "a comparison that does not end", WORDS, "def total(a, b):\n    x = []\n    x.append(x)\n    return x"),
    ("nothing", "no value, taken for no complaint", ADD, "def total(a, b): pass"),
    ("arguments_back", "its own arguments, changed in place", WORDS, "def total(*args): return args"),
    ("no_entry_point", "a module that has every name", ADD, ANY + "def __getattr__(name): return Any()"),
    ("solution_of_all", "a Solution that has every method", ADD, ANY + "class Solution(Any): pass\ntotal = Any()"),
    (
        "tracing",
        "locals of the harness, changed by a trace function",
        ADD,
        """
import sys
def trace(frame, event, argument):
    for name, value in list(frame.f_locals.items()):
        if type(value) is dict and name not in ("globals",):
            value.update({"value": True, "status": "correct", "passed": True})
    return trace
def total(a, b):
    frame = sys._getframe().f_back
    while frame is not None:
        frame.f_trace = trace
        frame = frame.f_back
    sys.settrace(trace)
    sys.setprofile(trace)
""",
    ),
    (
        "exit_handler",
        "the last word, after the results",
        ADD,
        """
import atexit, os, sys, threading
def last(): os.write(1, b'{"value": 5}'); os._exit(0)
atexit.register(last)
threading._register_atexit(last)
def total(a, b): return 0
""",
    ),
    (
        "own_modules",
        "modules of the harness, replaced",
        ADD,
        ANY
        + "import sys\nfor name in list(sys.modules):\n    sys.modules[name] = Any()\ndef total(a, b): return Any()",
    ),
    (
        "exception_group",
        "an exception taken for a skipped test",
        ADD,
        "import unittest\ndef total(a, b): raise unittest.SkipTest",
    ),
    (
        "base_exception",
        "an exception that nothing catches",
        ADD,
        "class Stop(BaseException): pass\ndef total(a, b): raise Stop",
    ),
    (
        "raising_text",
        "an exception whose text raises",
        ADD,
        "class Stop(Exception):\n    def __str__(self): raise Stop\ndef total(a, b): raise Stop",
    ),
    ("endless_record", "a reader that runs out of memory", ADD, "def total(a, b): return ['x' * 10_000] * 100_000"),
]


ADDS = program("def total(a, b):\n    return a + b")
HONEST = (
    (ADD, ADDS),
    (TEXT, ADDS),
    (WORDS, program("def total(a, b):\n    return sorted([a, b])")),
    (NUMBERS, program("def total(a, b):\n    return [a, b]")),
    (ROOT, program("def total(a, b):\n    return (a + b) / 2")),
)

CHEATS: tuple[Cheat, ...] = tuple(cheat(*one) for one in CALLS)
