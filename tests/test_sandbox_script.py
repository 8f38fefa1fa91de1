"""The driver `script`: a program run alone behaves as in plain Python, and several runs in a process as fresh ones."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest

from tests.sandboxes import open_pool, script
from thalweg.sandbox import Limits, Pool, Result


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    with open_pool(False) as opened:
        yield opened


def outputs(result: Result) -> list[bytes]:
    return [result.stdout[record["start"] : record["end"]] for record in result.records if "test" in record]


def stopped(result: Result) -> str | None:
    last = result.records[-1]
    return str(last["stopped"]) if "stopped" in last else None


# Programs that behave the same run after run: (source, input, what a run prints), checked against plain Python too.
ORDINARY: dict[str, tuple[str, str]] = {
    "input": ("print(int(input()) + 1)", "41\n"),
    "readline": ("import sys\ninput = sys.stdin.readline\nprint(int(input()) + 1)", "41\n"),
    "buffer": ("import sys\nsys.stdout.buffer.write(sys.stdin.buffer.read().upper())", "abc\n"),
    "descriptor zero": ("print(open(0).read())", "abc"),
    "os.read": ("import os\nos.write(1, os.read(0, 100))", "abc"),
    "/dev/stdin": ("print(open('/dev/stdin').read())", "abc"),
    "/dev/stdout": ("f = open('/dev/stdout', 'w')\nf.write(input())\nf.close()", "abc\n"),
    "carriage returns": ("import sys\nprint(repr(sys.stdin.read()))", "a\r\nb\r"),
    "no input": ("try:\n    input()\nexcept EOFError:\n    print('end')", ""),
    "text beyond ASCII": ("print(input()[::-1], '\u20ac')", "äöü\n"),
    "prompt": ("print(input('? '))", "abc\n"),
    "seek": ("import sys\na = sys.stdin.read()\nsys.stdin.seek(0)\nprint(a + sys.stdin.read())", "abc"),
    "mmap": ("import mmap\nprint(mmap.mmap(0, 0, access=mmap.ACCESS_READ).readline())", "abc\n"),
    "file left open": ("out = open(1, 'w')\nout.write('abc')", ""),
    "file in a cycle": ("class A: pass\na = A()\na.a = a\na.out = open(1, 'w')\na.out.write('abc')", ""),
    "descriptor closed": ("import os\nprint('abc', flush=True)\nos.close(1)\nos.close(0)", ""),
    "stdout closed": ("import sys\nprint('abc')\nsys.stdout.close()", ""),
    "stdout replaced": (
        "import sys, io\nold, sys.stdout = sys.stdout, io.StringIO()\nprint('x')\nold.write('abc')",
        "",
    ),
    "stdout none": ("import sys\nprint('abc', flush=True)\nsys.stdout = None\nprint('lost')", ""),
    "exit": ("print('abc')\nexit()\nprint('no')", ""),
    "quit": ("print('abc')\nquit(0)", ""),
    "exit code": ("import sys\nsys.exit(3)", ""),
    "exit code beyond a byte": ("import sys\nsys.exit(-1)", ""),
    "exit message": ("import sys\nsys.exit('message')", ""),
    "exit of nothing": ("raise SystemExit", ""),
    "exception": ("print('abc')\n1 / 0", ""),
    "exception of its own": ("class Oops(Exception): pass\nraise Oops('abc')", ""),
    "syntax error": ("def f(: pass", ""),
    "null byte": ("a = 1\0", ""),
    "byte order mark": ("\ufeffprint('abc')", ""),
    "atexit": ("import atexit\natexit.register(print, 'last')\nprint('first')", ""),
    "atexit after exit": ("import atexit, sys\natexit.register(print, 'last')\nsys.exit(2)", ""),
    "atexit to the old stdout": (
        "import atexit, io, sys\nsys.stdout = io.StringIO()\nprint('abc')\n"
        "atexit.register(lambda: sys.__stdout__.write(sys.stdout.getvalue()))",
        "",
    ),
    "deleter": ("class A:\n    def __del__(self): print('gone')\na = A()\nprint('abc')", ""),
    "thread": ("import threading\nthreading.Thread(target=lambda: print(input())).start()", "abc\n"),
    "thread started by a thread": (
        "import threading, time\ndef late(): time.sleep(0.01); print('late')\n"
        "threading.Thread(target=lambda: threading.Thread(target=late).start()).start()",
        "",
    ),
    "thread with an error": ("import threading\nthreading.Thread(target=lambda: 1 / 0).start()\nprint('abc')", ""),
    "deep recursion in a thread": (
        "import sys, threading\nsys.setrecursionlimit(10**7)\nthreading.stack_size(512 * 1024 * 1024)\n"
        "def f(n): return n and 1 + f(n - 1)\nthreading.Thread(target=lambda: print(f(50000))).start()",
        "",
    ),
    "recursion to the limit": (
        "def f(n): return n and 1 + f(n - 1)\nprint(f(990))\ntry: f(1100)\nexcept RecursionError: print('deep')",
        "",
    ),
    "pool of threads": (
        "from concurrent.futures import ThreadPoolExecutor\n"
        "with ThreadPoolExecutor(2) as pool: print(sum(pool.map(int, '123')))",
        "",
    ),
    "asyncio": ("import asyncio\nasync def main(): print(input())\nasyncio.run(main())", "abc\n"),
    "main": ("if __name__ == '__main__':\n    print(__name__, __doc__, __spec__)", ""),
    "globals": ("n = 0\ndef add():\n    global n\n    n += 1\nadd()\nprint(n)", ""),
    "own module": ("import sys\nprint(sys.modules['__main__'].__dict__ is globals())", ""),
    "dataclass": ("from dataclasses import dataclass\n@dataclass\nclass P:\n    x: int = 1\nprint(P())", ""),
    "arguments": ("import sys\nprint(len(sys.argv), __annotations__)", ""),
    "hook": ("import sys\nsys.excepthook = lambda *e: print('hooked', e[0].__name__)\n1 / 0", ""),
    "fast output": ("import sys\nprint = sys.stdout.write\nfor i in range(3): print(f'{i}\\n')", ""),
    "buffered reader": (
        "import io, os, sys\nclass Out(io.IOBase):\n    def __init__(self): self.data = []\n"
        "    def write(self, s): self.data.append(s)\n"
        "    def flush(self): os.write(1, ''.join(self.data).encode()); self.data.clear()\n"
        "sys.stdout = Out()\nprint('abc')",
        "",
    ),
}


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[bytes, int]]:
    """Output and exit code of `python prog.py < in > out`."""
    folder = tmp_path_factory.mktemp("plain")

    @cache
    def run(name: str) -> tuple[bytes, int]:
        source, text = ORDINARY[name]
        (folder / "prog.py").write_text(source, encoding="utf-8")
        (folder / "in").write_bytes(text.encode())
        with open(folder / "in", "rb") as read, open(folder / "out", "wb") as write:
            line = [sys.executable, "-X", "utf8", "prog.py"]
            done = subprocess.run(line, stdin=read, stdout=write, stderr=subprocess.DEVNULL, cwd=folder, timeout=60)
        return (folder / "out").read_bytes(), done.returncode

    return run


@pytest.mark.parametrize("name", ORDINARY)
def test_alone_it_behaves_as_in_plain_python(pool: Pool, plain: Callable[[str], tuple[bytes, int]], name: str) -> None:
    result = script(pool, *ORDINARY[name])
    assert (result.stdout, result.code) == plain(name)
    (record,) = result.records
    assert (record["test"], record["start"], record["end"]) == (0, 0, len(result.stdout))
    assert record["code"] == result.code


@pytest.mark.parametrize("name", ORDINARY)
def test_several_runs_in_a_process_behave_as_fresh_ones(
    pool: Pool, plain: Callable[[str], tuple[bytes, int]], name: str
) -> None:
    source, text = ORDINARY[name]
    result = script(pool, source, text, text, text)
    assert stopped(result) is None
    assert [record["test"] for record in result.records] == [0, 1, 2]
    output, code = plain(name)
    assert outputs(result) == [output] * 3
    assert [record["code"] for record in result.records] == [code] * 3
    assert (result.end, result.code) == ("exit", 0)


# What a program may do that must not reach the next run: it prints the same each time, or sharing ends.
UNDONE = {
    "recursion limit": "import sys\nprint(sys.getrecursionlimit() < 2000)\nsys.setrecursionlimit(10**6)",
    "digits": "import sys\nprint(sys.get_int_max_str_digits())\nsys.set_int_max_str_digits(0)",
    "random": "import random\nprint(random.random())\nrandom.seed(5)",
    "decimal": "from decimal import *\nprint(Decimal(1) / 3)\ngetcontext().prec = 5",
    "warnings": "import warnings\nprint(len(warnings.filters))\nwarnings.simplefilter('ignore')",
    "environment": "import os\nprint(os.environ.get('X'))\nos.environ['X'] = '1'",
    "folder": "import os\nprint(os.getcwd())\nos.chdir('/usr/lib')",
    "path": "import sys\nprint('x' in sys.path)\nsys.path.append('x')",
    "attribute of sys": "import sys\nprint(hasattr(sys, 'mine'))\nsys.mine = 1",
    "hooks": "import sys\nprint(sys.excepthook is sys.__excepthook__)\nsys.excepthook = print",
    "module taken away": "import sys\nprint('json' in sys.modules)\nsys.modules.pop('json')",
    "module replaced": "import sys\nimport math\nprint(math)\nsys.modules['math'] = 1",
    "module of its own": "import sys, types\nprint('own' in sys.modules)\nsys.modules['own'] = types.ModuleType('own')",
    "mask of files": "import os\nprint(os.umask(0o77))",
    "collector": "import gc\nprint(gc.isenabled(), gc.get_threshold())\ngc.disable()\ngc.set_threshold(1)",
    "trace": "import sys\nprint(sys.gettrace())\nsys.settrace(lambda *a: None)",
    "stack of threads": "import threading\nprint(threading.stack_size(1 << 20))",
    "names of its own": "print('mine' in globals())\nmine = 1",
    "standard streams": "import sys, io\nprint(type(sys.stdin).__name__)\nsys.stdin = io.StringIO('x')",
    "descriptor replaced": "import os\nprint(os.read(0, 9))\nr, w = os.pipe()\nos.dup2(r, 0)\nos.close(r)\nos.close(w)",
    "place in the output": "import sys\nprint(sys.stdout.tell())",
    "place in the output, said otherwise": "import sys\nprint(getattr(sys.stdout, 'te' + 'll')())",
    "place in the output, executed": "exec('import sys; print(sys.stdout.tell())')",
    "size of the output": "import os\nprint(os.fstat(1).st_size)",
    "output cut": "import sys\nprint('much')\nsys.stdout.flush()\nsys.stdout.truncate(0)\nprint('little')",
    "input used up": "import os\nprint(os.read(0, 100))\nos.ftruncate(0, 0)",
}  # fmt: skip


@pytest.mark.parametrize("name", UNDONE)
def test_ordinary_changes_are_undone(pool: Pool, name: str) -> None:
    result = script(pool, UNDONE[name], "abc", "abc", "abc")
    assert stopped(result) is None
    first, second, third = outputs(result)
    assert first == second == third != b""
    assert first == script(pool, UNDONE[name], "abc").stdout


LEFT = {
    "thread": ("import threading, time\nthreading.Thread(target=time.sleep, args=(9,), daemon=True).start()", "thread"),
    "bare thread": ("import _thread, time\n_thread.start_new_thread(time.sleep, (9,))", "thread"),
    "executor": (
        "from concurrent.futures import ThreadPoolExecutor\npool = ThreadPoolExecutor()\nlist(pool.map(int, '12'))",
        "ended its threads",
    ),
    "builtin": ("import builtins\nbuiltins.print = builtins.repr", "builtins.print"),
    "builtin, added": ("import builtins\nbuiltins.mine = 1", "builtins.mine"),
    "function of a module": ("import math\nmath.sqrt = None", "math.sqrt"),
    "function taken away": ("import math\ndel math.sqrt", "math.sqrt"),
    "by the table of modules": ("import sys\nsys.modules['heapq'].heappop = None", "heapq.heappop"),
    "by its name": ("__import__('heapq').heappop = None", "heapq.heappop"),
    "of a module within": ("import os\nos.path.join = None", "os.path.join"),
    "of a class": ("import json\njson.JSONEncoder.default = None", "JSONEncoder.default"),
    "of the class of a value": ("import os\ntype(os.environ).n = 1", "os.environ.n"),
    "of a module that was not loaded": ("import csv\ncsv.reader = None", "csv.reader"),
    "attribute of a function": ("import textwrap\ntextwrap.dedent.n = 1", "textwrap.dedent.n"),
    "defaults of a function": ("import textwrap\ntextwrap.wrap.__kwdefaults__ = {}", "functions"),
    "table of a module": ("import locale\nlocale.locale_alias['n'] = 1", "locale.locale_alias"),
    "callback": ("import gc\ngc.callbacks.append(lambda *a: None)", "gc"),
    "alarm": ("import signal\nsignal.alarm(100)", "signal"),
    "signals held back": ("import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])", "signal"),
    "handler of errors": ("import codecs\ncodecs.register_error('mine', print)", "errors"),
    "signal": ("import signal\nsignal.signal(signal.SIGALRM, print)", "signal"),
    "timer": ("import signal\nsignal.setitimer(signal.ITIMER_REAL, 100, 100)", "signal"),
    "open file": ("import os\nos.open('/dev/null', 0)", "file open"),
    "pipe": ("import os\nos.pipe()", "file open"),
    "logging": ("import logging\nlogging.basicConfig(level=5)", "logging"),
    "memory": ("import ctypes", "memory"),
    "output that fails": ("import os\nprint('abc')\nos.close(1)", "could not be written"),
}


@pytest.mark.parametrize("name", LEFT)
def test_what_cannot_be_undone_ends_the_sharing(pool: Pool, name: str) -> None:
    source, reason = LEFT[name]
    result = script(pool, source, "", "", "")
    assert [record.get("test") for record in result.records] == [0, None]
    assert reason in str(stopped(result))
    assert result.end == "exit"


def test_numpy_is_watched_where_it_is_installed(pool: Pool) -> None:
    if script(pool, "import numpy").code:
        pytest.skip("the candidates' interpreter has no numpy")
    assert stopped(script(pool, "import numpy as np\nprint(np.sum([1, 2]))", "", "")) is None
    assert "numpy" in str(stopped(script(pool, "import numpy as np\nnp.set_printoptions(precision=3)", "", "")))


def test_output_is_told_apart_and_errors_too(pool: Pool) -> None:
    source = "n = int(input())\nprint('x' * n)\nassert n < 3, 'too many'"
    result = script(pool, source, "1", "2", "3", "0")
    assert outputs(result) == [b"x\n", b"xx\n", b"xxx\n", b"\n"]
    assert [record["code"] for record in result.records] == [0, 0, 1, 0]
    assert result.records[2]["error"] == "AssertionError: too many"
    assert b'File "prog.py", line 3, in <module>' in result.stderr
    assert b"driver" not in result.stderr


def test_a_run_that_ends_the_process_has_no_record(pool: Pool) -> None:
    result = script(pool, "import os\nn = int(input())\nprint(n, flush=True)\nif n == 2: os._exit(4)", "1", "2", "3")
    assert [record["test"] for record in result.records] == [0]
    assert (result.code, result.stdout) == (4, b"1\n2\n")


def test_memory_is_told(pool: Pool) -> None:
    source = "n = int(input())\nprint(len('x' * n))"
    result = script(pool, source, "1", str(10**10), "1", limits=Limits(memory_mb=256))
    assert result.end == "memory"
    assert [(record["test"], record["memory"]) for record in result.records] == [(0, False), (1, True)]


def test_no_run_is_begun_when_the_time_is_used_up(pool: Pool) -> None:
    result = script(pool, "import time\ntime.sleep(0.2)", "", "", "", budget_s=0.1)
    assert [record.get("test") for record in result.records] == [0, None]
    assert "time" in str(stopped(result))


def test_interrupting_itself(pool: Pool) -> None:
    result = script(pool, "raise KeyboardInterrupt")
    assert (result.code, result.records[0]["error"]) == (130, "KeyboardInterrupt")


def test_a_program_may_lie_about_its_error(pool: Pool) -> None:
    source = "class Odd(Exception):\n    def __str__(self): raise SystemExit(0)\nraise Odd"
    record: Any = script(pool, source).records[0]
    assert record["code"] == 1
    assert record["error"].startswith("Odd")


def test_a_large_input_and_output(pool: Pool) -> None:
    text = "1 " * 500_000
    result = script(pool, "data = input()\nprint(data)", text, text)
    assert outputs(result) == [text.encode() + b"\n"] * 2
