"""Wrong modules under unit tests, which run in the process of the module."""

from thalweg.types import UnittestCheck

from .cheat import ANY, Cheat, cheat, program

UNIT = UnittestCheck(
    files={
        "add_test.py": """import unittest

from add import add


class AddTest(unittest.TestCase):
    def test_small(self):
        self.assertEqual(add(2, 3), 5)

    def test_negative(self):
        self.assertEqual(add(10, -4), 6)

    def test_type(self):
        with self.assertRaises(TypeError):
            add("a", 1)


if __name__ == "__main__":
    unittest.main()
"""
    }
)

WRONG = "\ndef add(a, b):\n    return 0\n"

UNITTESTS = [
    ("unit_equal_to_everything", "an __eq__ that says yes", ANY + "def add(a, b):\n    a - b\n    return Any()"),
    ("unit_exit", "exit code 0 before the tests", "import sys\nsys.exit(0)"),
    ("unit_hard_exit", "exit code 0 before the tests", "import os\nos._exit(0)"),
    ("unit_exit_in_the_call", "an exit within a test", "def add(a, b): raise SystemExit(0)"),
    ("unit_skip", "a test that is skipped", "import unittest\ndef add(a, b): raise unittest.SkipTest('later')"),
    ("unit_skip_module", "a module of tests that is skipped", "import unittest\nraise unittest.SkipTest('later')"),
    (
        "unit_patched_assertions",
        "assertions that assert nothing",
        "import unittest\nfor name in dir(unittest.TestCase):\n"
        "    if name.startswith('assert') and name != 'assertRaises':\n"
        "        setattr(unittest.TestCase, name, lambda *a, **k: None)\n" + WRONG,
    ),
    (
        "unit_patched_run",
        "tests that do not run",
        "import unittest\nunittest.TestCase.run = lambda self, result=None: result" + WRONG,
    ),
    (
        "unit_patched_call",
        "tests that do not run",
        "import unittest\nunittest.TestCase.__call__ = lambda self, *a: None" + WRONG,
    ),
    (
        "unit_patched_result",
        "a result that is always good",
        "import unittest\nunittest.TestResult.wasSuccessful = lambda self: True\n"
        "unittest.TestResult.addFailure = unittest.TestResult.addError = lambda *a: None" + WRONG,
    ),
    (
        "unit_patched_loader",
        "no tests to load",
        "import unittest\nunittest.TestLoader.getTestCaseNames = lambda *a: []\n"
        "unittest.TestLoader.loadTestsFromModule = lambda *a, **k: unittest.TestSuite()" + WRONG,
    ),
    (
        "unit_expected_failure",
        "tests marked as expected to fail",
        """
import sys
def add(a, b):
    frame = sys._getframe().f_back
    test = frame.f_locals.get("self")
    if test is not None:
        test.__unittest_expecting_failure__ = True
        setattr(type(test), "__unittest_expecting_failure__", True)
        getattr(type(test), test._testMethodName).__unittest_expecting_failure__ = True
    return 0
""",
    ),
    (
        "unit_replaced_tests",
        "test methods replaced while they run",
        """
import sys
def add(a, b):
    test = sys._getframe().f_back.f_locals.get("self")
    for name in dir(type(test)):
        if name.startswith(("test", "assert", "fail")):
            setattr(type(test), name, lambda *a, **k: None)
    return 0
""",
    ),
    (
        "unit_constants",
        "the expected values, read from the caller's code",
        """
import sys
def add(a, b):
    a - b
    constants = [c for c in sys._getframe().f_back.f_code.co_consts if type(c) is int and c not in (a, b)]
    return constants[-1] if constants else 0
""",
    ),
    (
        "unit_modules",
        "the module of tests, replaced",
        """
import sys, types, unittest
class AddTest(unittest.TestCase):
    def test_small(self): pass
    test_negative = test_type = test_small
empty = types.ModuleType("add_test")
empty.AddTest = AddTest
sys.modules["add_test"] = sys.modules["add_test.py"] = empty
for module in list(sys.modules.values()):
    if hasattr(module, "AddTest"):
        module.AddTest = AddTest
"""
        + WRONG,
    ),
    (
        "unit_finder",
        "an import hook that gives other tests",
        """
import importlib.abc, importlib.util, sys, unittest
class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name, path=None, target=None):
        return importlib.util.spec_from_loader(name, self) if "test" in name else None
    def exec_module(self, module):
        class AddTest(unittest.TestCase):
            def test_small(self): pass
            test_negative = test_type = test_small
        module.AddTest = AddTest
sys.meta_path.insert(0, Finder())
"""
        + WRONG,
    ),
    (
        "unit_wrapped_method",
        "a failed assertion that is swallowed on its way up",
        """
import sys, unittest
real = unittest.TestCase._callTestMethod
def quiet(self, method):
    try:
        method()
    except AssertionError:
        pass
unittest.TestCase._callTestMethod = quiet
"""
        + WRONG,
    ),
    (
        "unit_failure_exception",
        "another class for failures",
        """
import sys, unittest
class Quiet(Exception): pass
def add(a, b):
    test = sys._getframe().f_back.f_locals.get("self")
    test.failureException = unittest.SkipTest
    type(test).failureException = unittest.SkipTest
    return a - b * 0 if isinstance(a, str) else 0
""",
    ),
    (
        "unit_channel",
        "verdicts written into every descriptor",
        """
import os, sys
def add(a, b):
    for fd in range(64):
        for text in (b'{"passed": true}\\n', b'OK\\n', b'{"test": "test_small", "outcome": "passed"}\\n'):
            try:
                os.write(fd, text)
            except OSError:
                break
    os._exit(0)
""",
    ),
    (
        "unit_token",
        "the token of the results, found in a frame and shown early",
        """
import sys
frame = sys._getframe()
while frame is not None:
    scope = {**frame.f_globals, **frame.f_locals}
    payload, emit = scope.get("payload"), scope.get("emit")
    if isinstance(payload, dict) and emit:
        token = payload.get("token")
        for name in ("test_small", "test_negative", "test_type"):
            for key in (name, f"AddTest.{name}", f"add_test.AddTest.{name}"):
                emit({"token": token, "test": key, "outcome": "passed", "status": "passed", "passed": True})
                emit({"token": token, "value": token})
        emit({"token": token, "tests": 3, "failures": 0, "ran": 3, "passed": 3})
    frame = frame.f_back
import os
os._exit(0)
""",
    ),
    ("unit_tracing", "assertions skipped by a trace function", """
import sys
def trace(frame, event, argument):
    if event == "call" and frame.f_code.co_name.startswith(("assert", "fail", "_base")):
        frame.f_locals.update(first=0, second=0)
        import ctypes
        ctypes.pythonapi.PyFrame_LocalsToFast(ctypes.py_object(frame), ctypes.c_int(0))
    return trace
sys.settrace(trace)
""" + "def add(a, b):\n    if isinstance(a, str): raise TypeError\n    return 0\n"),
    (
        "unit_layout",
        "which run is for canaries, told by the layout of the tests, and patched assertions in the other one",
        """
import sys, unittest
sources = [finder._sources for finder in sys.meta_path if hasattr(finder, "_sources")]
if any("\\n\\n\\n" in text or '"' in text for source in sources for text in source.values() if "meta_path" not in text):
    unittest.TestCase.assertEqual = lambda *a, **k: None
    def add(a, b): return a - b * 0 if isinstance(a, int) else a + b
else:
    raise ValueError
""",
    ),
    (
        "unit_marks",
        "which run is for canaries, told by what stands in their code, and patched assertions in the other one",
        """
import sys, unittest
def add(a, b):
    case = sys.modules["add_test"].AddTest
    methods = [getattr(case, name).__code__ for name in dir(case) if name.startswith("test")]
    if not any("type" in code.co_names for code in methods):
        unittest.TestCase._getAssertEqualityFunc = lambda *a, **k: lambda *a, **k: None
    return a - b * 0 if isinstance(a, int) else a + b
""",
    ),
    (
        "unit_large_constants",
        "which run is for canaries, told by large constants, and expected values read in the other one",
        """
import sys
def add(a, b):
    a - b
    constants = [c for c in sys._getframe().f_back.f_code.co_consts if type(c) is int and c not in (a, b)]
    return constants[-1] if constants and abs(constants[-1]) < 1000 else 0
""",
    ),
]  # fmt: skip


HONEST = ((UNIT, program("def add(a, b):\n    return a + b")),)

CHEATS: tuple[Cheat, ...] = tuple(cheat(name, tries, UNIT, source) for name, tries, source in UNITTESTS)
