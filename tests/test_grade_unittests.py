"""Unit tests: what passes, what fails how, and what is caught by canaries."""

import ast
import random
import textwrap
from collections.abc import Iterator

import pytest

from tests.benches import fenced, open_bench
from thalweg.errors import InputError
from thalweg.grade.bench import Bench
from thalweg.grade.canaries import spoilt_statements, test_names, with_canaries
from thalweg.grade.unittests import grade_unittest, validate_unittest
from thalweg.types import UnittestCheck

names_of_tests = test_names
del test_names  # which pytest would take for a test


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with open_bench() as bench:
        yield bench


TESTS = """
import unittest
from clock import Clock, parse
from helpers import HOURS

class Base(unittest.TestCase):
    pass

class ClockTest(Base):
    def setUp(self):
        self.clock = Clock(8, 30)

    def test_text(self):
        self.assertEqual(str(self.clock), "08:30")

    def test_reversed_arguments(self):
        self.assertEqual("09:00", str(Clock(9, 0)))

    def test_truth(self):
        self.assertTrue(Clock(1, 0) == Clock(HOURS + 1, 0))
        self.assertIs(Clock(1, 0) == Clock(2, 0), False)

    def test_error(self):
        with self.assertRaises(ValueError) as caught:
            parse("8h")
        self.assertEqual(caught.exception.args[0], "no time: 8h")

    def test_many(self):
        for hour in range(3):
            with self.subTest(hour=hour):
                self.assertEqual(parse(f"0{hour}:00").hour, hour)

    @unittest.skip("later")
    def test_skipped(self):
        self.fail()

    def assert_nothing(self):
        pass

if __name__ == "__main__":
    unittest.main()
"""
CHECK = UnittestCheck(files={"clock_test.py": TESTS, "helpers.py": "HOURS = 24\n", "notes.md": "#"}, timeout_s=2.0)
RIGHT = """
class Clock:
    def __init__(self, hour, minute):
        self.hour, self.minute = hour % 24, minute
    def __str__(self):
        return f"{self.hour:02}:{self.minute:02}"
    def __eq__(self, other):
        return str(self) == str(other)

def parse(text):
    if ":" not in text:
        raise ValueError(f"no time: {text}")
    return Clock(*map(int, text.split(":")))
"""
PROGRAMS: dict[str, tuple[str, str, int, str]] = {
    "right": (RIGHT, "correct", 5, ""),
    "right and chatty": ("print('hello')\n" + RIGHT, "correct", 5, ""),
    "wrong": (
        RIGHT.replace(":02}:", "}:"),
        "incorrect",
        3,
        "test 1 of 5 (test_text): AssertionError: '8:30' != '08:30'",
    ),
    "wrong error": (RIGHT.replace("ValueError", "KeyError"), "incorrect", 4, "test 4 of 5 (test_error): KeyError"),
    "wrong in a loop": (
        RIGHT.replace("Clock(*map", "Clock(1, 0) or Clock(*map"),
        "incorrect",
        4,
        "(test_many): AssertionError: 1 != 0",
    ),
    "missing name": (RIGHT.replace("def parse", "def pars"), "crash", 0, "ImportError: cannot import name 'parse'"),
    "does not parse": ("class Clock", "crash", 0, "SyntaxError"),
    "exit": ("raise SystemExit(0)", "crash", 0, "SystemExit: 0"),
    "os._exit": (
        RIGHT + "import os\nos._exit(0)",
        "incorrect",
        0,
        "test 1 of 5 (test_text): it did not run to its end",
    ),
    "skipping": (
        RIGHT.replace("return Clock(", "import unittest\n    raise unittest.SkipTest('no') or Clock("),
        "incorrect",
        4,
        "did not run to its end",
    ),
    "loop": (RIGHT.replace("raise", "while True: pass\n        raise"), "timeout", 0, "over "),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_verdicts(bench: Bench, name: str) -> None:
    program, status, passed, detail = PROGRAMS[name]
    validate_unittest(CHECK)
    finding = grade_unittest(CHECK, fenced(program), bench)
    assert finding.status == status, finding.detail
    assert detail in (finding.detail or "")
    assert finding.passed >= passed if status == "timeout" else finding.passed == passed
    assert (finding.total, finding.strength) == (5, "weak")


STUB = "class Clock:\n    def __init__(self, *a): self.hour = 0\ndef parse(text): return Clock()\n"
CHEATS = {
    "assertions that do nothing": """
import unittest
for name in dir(unittest.TestCase):
    if name.startswith("assert") and name not in ("assertRaises",):
        setattr(unittest.TestCase, name, lambda self, *a, **k: None)
class Quiet:
    exception = ValueError("no time: 8h")
    def __enter__(self): return self
    def __exit__(self, *a): return True
unittest.TestCase.assertRaises = lambda *a, **k: Quiet()
""",
    "every test a success": """
import unittest
unittest.TestCase.run = lambda self, result=None: result.addSuccess(self)
""",
    "failures reported as success": """
import sys
frame = sys._getframe()
while frame is not None:
    result = frame.f_locals.get("result")
    if hasattr(result, "addFailure"):
        kind = type(result)
        kind.addFailure = kind.addError = lambda self, test, err: self.addSuccess(test)
        kind.addSubTest = lambda self, test, subtest, err: None
    frame = frame.f_back
""",
    "equal to all": """
class Any:
    exception = hour = None
    def __init__(self, *a): pass
    def __eq__(self, other): return True
    __hash__ = None
    def __str__(self): return S("")
class S(str):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    __hash__ = str.__hash__
Clock = Any
""",
}


@pytest.mark.parametrize("name", CHEATS)
def test_cheats_are_never_correct(bench: Bench, name: str) -> None:
    finding = grade_unittest(CHECK, fenced(STUB + CHEATS[name]), bench)
    assert finding.status != "correct"


def test_canaries_catch_what_passes_everything(bench: Bench) -> None:
    finding = grade_unittest(CHECK, fenced(STUB + CHEATS["every test a success"]), bench)
    assert (finding.status, finding.passed) == ("incorrect", 0)
    assert "passes tests that cannot pass" in (finding.detail or "")


def test_tests_that_must_run_are_known_beforehand() -> None:
    assert names_of_tests({"clock_test": TESTS}) == [
        f"clock_test.ClockTest.{name}"
        for name in ("test_text", "test_reversed_arguments", "test_truth", "test_error", "test_many")
    ]


SPOILT = [
    "self.assertEqual(f(), 4)",
    "self.assertEqual(4, f())",
    "self.assertEqual(f(), other)",
    "self.assertEqual(f(), [])",
    "self.assertEqual(f(), {})",
    "self.assertEqual(f(), {'a': (1, 'b')})",
    "self.assertEqual(f(), None)",
    "self.assertEqual(f(), float('inf'))",
    "self.assertAlmostEqual(f(), 4.5, places=2)",
    "self.assertAlmostEqual(f(), 4.5, delta=1000)",
    "self.assertEqual(f(), 1e300)",
    "self.assertEqual(f(), {0, 1, 2, 3, 4})",
    "self.assertCountEqual(f(), {1, 2})",
    "self.assertIs(f(), True)",
    "self.assertTrue(f())",
    "self.assertIsNone(f())",
    "self.assertNotEqual(f(), 4)",
    "self.assertIn(f(), [4])",
    "self.assertLess(f(), 4)",
    "self.assertRaises(ValueError, f, 3)",
    "with self.assertRaisesRegex(ValueError, 'x'):\n    f()",
    "with self.subTest():\n    self.assertEqual(f(), 4)",
    "xs = [1, 2]\nfor x in zip(xs, xs):\n    self.assertEqual(f(x), 4)",
    "for x in (1, 2):\n    self.assertEqual(f(x), 4)",
    "assert f() == 4",
    "assert f()",
]
UNSPOILT = [
    "self.fail()",
    "if f():\n    self.assertEqual(f(), 4)",
    "xs = f()\nfor x in xs:\n    self.assertEqual(x, 4)",
    "for x in f():\n    self.assertEqual(x, 4)",
    "return\nself.assertEqual(f(), 4)",
    "mock.assert_called_once_with(4)",
    "self.assertSomething(f(), 4)",
]


@pytest.mark.parametrize(
    ("body", "must_fail"), [(body, True) for body in SPOILT] + [(body, False) for body in UNSPOILT]
)
def test_assertions_are_spoilt(body: str, must_fail: bool) -> None:
    source = "class T(unittest.TestCase):\n    def test_it(self):\n" + textwrap.indent(body, "        ")
    spoilt, names = with_canaries("m", source, random.Random(0))
    assert names == (["m.T.test_it"] if must_fail else [])
    assert (spoilt != ast.unparse(ast.parse(source))) is must_fail


VALUES = [0, 7, -3, 2.5, 1e300, True, None, "", "word", "12", [], [1, 1], (), (1,), {}, {"a": 1}, set(), {0, 1, 2, 3}]


@pytest.mark.parametrize("value", VALUES)
def test_canaries_never_expect_what_is_right(value: object) -> None:
    for seed in range(200):
        spoilt = spoilt_statements(f"assert f() == {value!r}", random.Random(seed))
        assert spoilt is not None
        with pytest.raises(AssertionError):
            exec(spoilt, {"f": lambda: value})


def test_canaries_cannot_be_foreseen() -> None:
    source = "assert f() == 'word'"
    assert len({spoilt_statements(source, random.Random(seed)) for seed in range(20)}) > 15
    assert spoilt_statements("try:\n    f()\nexcept ValueError:\n    assert False", random.Random(0)) is None


def test_the_module_is_the_one_that_the_tests_are_named_after(bench: Bench) -> None:
    tests = "import unittest\nimport other_package_\nfrom clock import f\n"
    tests += "class T(unittest.TestCase):\n    def test(self):\n        self.assertEqual(f(), 1)\n"
    validate_unittest(UnittestCheck(files={"clock_test.py": tests}))
    check = UnittestCheck(files={"test_clock.py": tests.replace("import other_package_\n", "")})
    assert grade_unittest(check, fenced("def f(): return 1"), bench).status == "correct"


BAD = [
    ({"a_test.py": "def f("}, "does not parse"),
    ({"a_test.py": "import a\n"}, "no method 'test"),
    ({}, "no method 'test"),
    (
        {"x_test.py": TESTS.replace("from clock import Clock, parse", "import a, b"), "helpers.py": ""},
        "import a, b beside",
    ),
    ({"x_test.py": TESTS.replace("from clock import Clock, parse", ""), "helpers.py": ""}, "import nothing beside"),
]


@pytest.mark.parametrize(("files", "problem"), BAD)
def test_bad_checks_are_said(files: dict[str, str], problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        validate_unittest(UnittestCheck(files=files))


def test_no_program(bench: Bench) -> None:
    finding = grade_unittest(CHECK, "I would write a class.", bench)
    assert (finding.status, finding.total) == ("no_answer", 5)
