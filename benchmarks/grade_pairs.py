"""Programs and problems on which two graders are compared: what people write, what they get wrong, what breaks.

`built_in()` needs nothing but this file. `from_data(folder)` makes pairs out of MBPP and CRUXEval (JSON Lines, gzipped)
where a machine has them: every reference as a function that is called and as a program that reads its arguments, and
what small mutations make of them.
"""

import ast
import copy
import gzip
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from thalweg.types import CallCheck, StdinCheck

TIMEOUT_S = 3.0


@dataclass(frozen=True, slots=True)
class Pair:
    """A program and the check that it is judged by; `kind` says what sort of program it is."""

    name: str
    kind: str
    program: str
    check: StdinCheck | CallCheck


# --------------------------------------------------------------------------- built in: programs that read

# Each reads `n` and a line of `n` numbers as `a` and prints EXPR, a function of `a`.
READERS = {
    "input": "n = int(input())\na = list(map(int, input().split()))\nprint(EXPR)",
    "readline alias": "import sys\ninput = sys.stdin.readline\nn = int(input())\na = list(map(int, input().split()))\nprint(EXPR)",
    "readline strip": "import sys\nn = int(sys.stdin.readline().strip())\na = [int(x) for x in sys.stdin.readline().split()]\nprint(EXPR)",
    "buffer.readline": "import sys\ninput = sys.stdin.buffer.readline\nn = int(input())\na = list(map(int, input().split()))\nprint(EXPR)",
    "buffer.read": "import sys\nd = sys.stdin.buffer.read().split()\na = list(map(int, d[1:]))\nprint(EXPR)",
    "buffer.readlines": "import sys\nd = sys.stdin.buffer.readlines()\na = list(map(int, d[1].split()))\nprint(EXPR)",
    "buffer iterated": "import sys\nd = [l for l in sys.stdin.buffer]\na = list(map(int, d[1].split()))\nprint(EXPR)",
    "read": "import sys\nd = sys.stdin.read().split()\na = [int(x) for x in d[1:]]\nprint(EXPR)",
    "read twice": "import sys\nn = sys.stdin.read()\na = [int(x) for x in (sys.stdin.read() or n).split()[1:]]\nprint(EXPR)",
    "readlines": "import sys\nd = sys.stdin.readlines()\na = list(map(int, d[1].split()))\nprint(EXPR)",
    "readlines all": "import sys\nd = [int(x) for l in sys.stdin.readlines() for x in l.split()]\na = d[1:]\nprint(EXPR)",
    "read.splitlines": "import sys\nd = sys.stdin.read().splitlines()\na = list(map(int, d[1].split()))\nprint(EXPR)",
    "iterated": "import sys\na = []\nfor line in sys.stdin:\n    a += map(int, line.split())\na = a[1:]\nprint(EXPR)",
    "next(stdin)": "import sys\nnext(sys.stdin)\na = list(map(int, next(sys.stdin).split()))\nprint(EXPR)",
    "from sys import stdin": "from sys import stdin\nn = int(stdin.readline())\na = list(map(int, stdin.readline().split()))\nprint(EXPR)",
    "stdin without import": "n = int(stdin.readline())\na = list(map(int, stdin.readline().split()))\nprint(EXPR)",
    "from sys inside": "def main():\n    from sys import stdin\n    stdin.readline()\n    a = list(map(int, stdin.readline().split()))\n    print(EXPR)\nmain()",
    "open(0)": "a = list(map(int, open(0).read().split()[1:]))\nprint(EXPR)",
    "builtins.open(0)": "import builtins\na = list(map(int, builtins.open(0).read().split()[1:]))\nprint(EXPR)",
    "stdin = open(0)": "import sys\nsys.stdin = open(0)\nn = int(input())\na = list(map(int, input().split()))\nprint(EXPR)",
    "os.read": "import os\na = list(map(int, os.read(0, 1 << 20).split()[1:]))\nprint(EXPR)",
    "/dev/stdin": "with open('/dev/stdin') as f:\n    a = list(map(int, f.read().split()[1:]))\nprint(EXPR)",
    "fast io": "import sys, os, io\ninput = io.BytesIO(os.read(0, os.fstat(0).st_size)).readline\nn = int(input())\na = list(map(int, input().split()))\nprint(EXPR)",
    "TextIOWrapper": "import sys, io\nsys.stdin = io.TextIOWrapper(sys.stdin.buffer)\nn = int(input())\na = list(map(int, input().split()))\nprint(EXPR)",
    "StringIO of read": "import sys, io\ninput = io.StringIO(sys.stdin.read()).readline\nn = int(input())\na = list(map(int, input().split()))\nprint(EXPR)",
    "iter(input, '')": "a = []\nfor line in iter(input, ''):\n    a += map(int, line.split())\na = a[1:]\nprint(EXPR)",
    "until EOFError": "a = []\ntry:\n    while True:\n        a += map(int, input().split())\nexcept EOFError:\n    pass\na = a[1:]\nprint(EXPR)",
    "until any error": "a = []\nwhile True:\n    try:\n        a += map(int, input().split())\n    except:\n        break\na = a[1:]\nprint(EXPR)",
    "until empty line": "import sys\na = []\nwhile (line := sys.stdin.readline()):\n    a += map(int, line.split())\na = a[1:]\nprint(EXPR)",
    "fileinput": "import fileinput\na = [int(x) for line in fileinput.input('-') for x in line.split()][1:]\nprint(EXPR)",
    "stdin.fileno": "import sys, os\na = list(map(int, os.fdopen(sys.stdin.fileno()).read().split()[1:]))\nprint(EXPR)",
    "prompt": "n = int(input('n: '))\na = list(map(int, input().split()))\nprint(EXPR)",
    "data generator": "import sys\ndef tokens():\n    for line in sys.stdin.read().split('\\n'):\n        yield from line.split()\nt = tokens()\nn = int(next(t))\na = [int(next(t)) for _ in range(n)]\nprint(EXPR)",
    "lambda reader": "read = lambda: list(map(int, input().split()))\nn, = read()\na = read()\nprint(EXPR)",
    "numpy": "import numpy as np\nn = int(input())\na = np.array(input().split(), dtype=np.int64).tolist()\nprint(EXPR)",
}
# What stands around a program that reads with `input` and prints EXPR.
_READ = "n = int(input())\na = list(map(int, input().split()))\n"
SHAPES = {
    "write": _READ + "import sys\nsys.stdout.write(str(EXPR) + '\\n')",
    "stdout.buffer": "import sys\n" + _READ + "sys.stdout.buffer.write(str(EXPR).encode())",
    "print alias": "import sys\nprint = sys.stdout.write\n" + _READ + "print(str(EXPR))",
    "print to stdout": "import sys\n" + _READ + "print(EXPR, file=sys.stdout, flush=True)",
    "print to stderr": "import sys\n" + _READ + "print('debug', file=sys.stderr)\nprint(EXPR)",
    "from sys import stdout": "from sys import stdout\n" + _READ + "stdout.write(str(EXPR))",
    "os.write": "import os\n" + _READ + "os.write(1, str(EXPR).encode())",
    "open(1)": _READ + "with open(1, 'w', closefd=False) as out:\n    out.write(str(EXPR))",
    "atexit": "import atexit\n" + _READ + "atexit.register(lambda: print(EXPR))",
    "redirect_stdout": "import io, contextlib\n"
    + _READ
    + "out = io.StringIO()\nwith contextlib.redirect_stdout(out):\n    print(EXPR)\nprint(out.getvalue())",
    "own stdout kept": "import sys, io\n" + _READ + "sys.stdout = io.StringIO()\nprint(EXPR)",
    "own stdout flushed": "import sys, io\n"
    + _READ
    + "old = sys.stdout\nsys.stdout = io.StringIO()\nprint(EXPR)\nold.write(sys.stdout.getvalue())",
    "reconfigure": "import sys\n" + _READ + "sys.stdout.reconfigure(line_buffering=True)\nprint(EXPR)",
    "stdout.close": "import sys\n" + _READ + "print(EXPR)\nsys.stdout.close()",
    "stderr replaced": "import sys, io\nsys.stderr = io.StringIO()\n" + _READ + "print(EXPR)",
    "global": "def read():\n    global a\n    input()\n    a = list(map(int, input().split()))\nread()\nprint(EXPR)",
    "global changed": "a = []\ndef read():\n    global a\n    a += map(int, input().split())\ninput()\nread()\nprint(EXPR)",
    "global declared": "a = None\ndef read():\n    global a\n    input()\n    a = list(map(int, input().split()))\ndef main():\n    read()\n    print(EXPR)\nmain()",
    "nonlocal": "def main():\n    a = []\n    def read():\n        nonlocal a\n        a = list(map(int, input().split()))\n    input()\n    read()\n    print(EXPR)\nmain()",
    "globals()": "globals()['a'] = None\n" + _READ + "print(eval('EXPR'))",
    "exec": "exec('n = int(input()); a = list(map(int, input().split()))')\nprint(EXPR)",
    "state kept": "import math\n"
    + _READ
    + "math.seen = getattr(math, 'seen', 0) + 1\nprint(EXPR if math.seen < 3 else 'again')",
    "default kept": "def f(a, seen=[]):\n    seen.append(1)\n    return EXPR if len(seen) == 1 else len(seen)\n"
    + _READ
    + "print(f(a))",
    "cache on builtins": "import builtins\n"
    + _READ
    + "if not hasattr(builtins, 'kept'):\n    builtins.kept = EXPR\nprint(builtins.kept)",
    "recursion limit": "import sys\nsys.setrecursionlimit(10 ** 6)\ndef f(i):\n    return 0 if i == 0 else 1 + f(i - 1)\nf(5000)\n"
    + _READ
    + "print(EXPR)",
    "deep without limit": "def f(i):\n    return 0 if i == 0 else 1 + f(i - 1)\nf(20000)\n" + _READ + "print(EXPR)",
    "too deep": "def f(i):\n    return 1 + f(i + 1)\n"
    + _READ
    + "try:\n    f(0)\nexcept RecursionError:\n    print(EXPR)",
    "threading": "import sys, threading\nthreading.stack_size(1 << 26)\ndef main():\n    n = int(input())\n    a = list(map(int, input().split()))\n    print(EXPR)\nt = threading.Thread(target=main)\nt.start()\nt.join()",
    "thread not joined": "import threading\n"
    + _READ
    + "threading.Thread(target=lambda: print(EXPR)).start()\nimport time\ntime.sleep(0.05)",
    "pool": "from concurrent.futures import ThreadPoolExecutor\n"
    + _READ
    + "with ThreadPoolExecutor(2) as p:\n    print(*p.map(lambda a: EXPR, [a]))",
    "asyncio": "import asyncio\nasync def main():\n    n = int(input())\n    a = list(map(int, input().split()))\n    print(EXPR)\nasyncio.run(main())",
    "guard": "def main():\n    n = int(input())\n    a = list(map(int, input().split()))\n    print(EXPR)\nif __name__ == '__main__':\n    main()",
    "guard double quotes": 'def main():\n    n = int(input())\n    a = list(map(int, input().split()))\n    print(EXPR)\nif __name__ == "__main__":\n    main()',
    "guard turned": "def main():\n    n = int(input())\n    a = list(map(int, input().split()))\n    print(EXPR)\nif '__main__' == __name__:\n    main()",
    "guard in brackets": "def main():\n    n = int(input())\n    a = list(map(int, input().split()))\n    print(EXPR)\nif (__name__ == '__main__'):\n    main()",
    "guard not last": "def main():\n    n = int(input())\n    a = list(map(int, input().split()))\n    print(EXPR)\nif __name__ == '__main__':\n    main()\ndone = True",
    "guard with else": "def main():\n    n = int(input())\n    a = list(map(int, input().split()))\n    print(EXPR)\nif __name__ == '__main__':\n    main()\nelse:\n    main()\n    main()",
    "guard and import inside": "if __name__ == '__main__':\n    import sys\n    n = int(input())\n    a = list(map(int, input().split()))\n    print(EXPR)",
    "exit": _READ + "print(EXPR)\nexit()",
    "exit 0": _READ + "print(EXPR)\nexit(0)",
    "exit 1": _READ + "print(EXPR)\nexit(1)",
    "quit": _READ + "print(EXPR)\nquit()",
    "sys.exit": "import sys\n" + _READ + "print(EXPR)\nsys.exit()",
    "sys.exit 1": "import sys\n" + _READ + "print(EXPR)\nsys.exit('failed')",
    "os._exit": "import os, sys\n" + _READ + "print(EXPR)\nsys.stdout.flush()\nos._exit(0)",
    "raise SystemExit": _READ + "print(EXPR)\nraise SystemExit",
    "keyboard interrupt": _READ + "print(EXPR)\nraise KeyboardInterrupt",
    "crash after": _READ + "print(EXPR)\n1 / 0",
    "crash in thread": "import threading\n"
    + _READ
    + "t = threading.Thread(target=lambda: 1 / 0)\nt.start()\nt.join()\nprint(EXPR)",
    "assert False": _READ + "print(EXPR)\nassert False",
    "return at top": _READ + "print(EXPR)\nreturn",
    "future import": "from __future__ import annotations\n" + _READ + "print(EXPR)",
    "docstring": '"""Sums."""\n' + _READ + "print(EXPR)",
    "star import in try": "try:\n    from math import *\nexcept ImportError:\n    pass\n" + _READ + "print(EXPR)",
    "star import": "from math import *\nfrom collections import *\n" + _READ + "print(EXPR)",
    "names of the prelude": _READ
    + "d = deque(a)\nc = Counter(a)\nassert gcd(4, 6) == 2 and isinstance(a, List)\nprint(EXPR)",
    "types of the prelude": "def f(a: List[int]) -> Optional[int]:\n    return EXPR\n" + _READ + "print(f(a))",
    "class": "class Solver:\n    count = 0\n    def __init__(self, a):\n        Solver.count += 1\n        self.a = a\n    def run(self):\n        a = self.a\n        return EXPR\n"
    + _READ
    + "print(Solver(a).run())",
    "class scope": "k = 1\nclass Holder:\n    k = k + 1\n" + _READ + "print(EXPR)",
    "dataclass": "from dataclasses import dataclass\n@dataclass\nclass Box:\n    a: list\n"
    + _READ
    + "a = Box(a).a\nprint(EXPR)",
    "namedtuple": "from typing import NamedTuple\nclass Box(NamedTuple):\n    a: list\n"
    + _READ
    + "a = Box(a).a\nprint(EXPR)",
    "enum": "import enum\nclass E(enum.IntEnum):\n    A = 1\n" + _READ + "print(EXPR)",
    "pickle of a class": "import pickle\nclass C:\n    pass\npickle.dumps(C())\n" + _READ + "print(EXPR)",
    "comprehension of a class": "class C:\n    xs = [1, 2]\n    ys = [x for x in xs]\n" + _READ + "print(EXPR)",
    "lambda recursion": "f = lambda i: 1 if i == 0 else i * f(i - 1)\nf(5)\n" + _READ + "print(EXPR)",
    "lru_cache": "from functools import lru_cache\n@lru_cache(None)\ndef f(i):\n    return i if i < 2 else f(i - 1) + f(i - 2)\nf(200)\n"
    + _READ
    + "print(EXPR)",
    "decorated generator": "from types import GeneratorType\ndef g():\n    yield 1\nassert isinstance(g(), GeneratorType)\n"
    + _READ
    + "print(EXPR)",
    "match": _READ + "match a:\n    case []:\n        print('none')\n    case _:\n        print(EXPR)",
    "walrus": "if (n := int(input())) >= 0:\n    a = list(map(int, input().split()))\n    print(EXPR)",
    "f-string": _READ + "print(f'{EXPR!s:>1}')",
    "del of a global": "x = 1\ndel x\n" + _READ + "print(EXPR)",
    "name used before": _READ + "print(EXPR)\nif False:\n    print(x)\nx = 1",
    "shadowed builtin": _READ + "r = EXPR\nlist = 3\nprint(r)",
    "builtin shadowed later": _READ + "print(EXPR)\nmax = 3\nsum = 4\nlen = 5\nsorted = 6",
    "import resource": "import resource\n" + _READ + "print(EXPR)",
    "import resource in try": "try:\n    import resource\n    resource.setrlimit\nexcept ImportError:\n    pass\n"
    + _READ
    + "print(EXPR)",
    "os.getcwd": "import os\nos.getcwd()\n" + _READ + "print(EXPR)",
    "os.environ": "import os\nif os.environ.get('ONLINE_JUDGE') is None:\n    pass\n" + _READ + "print(EXPR)",
    "input file if it exists": "import os, sys\nif os.path.exists('input.txt'):\n    sys.stdin = open('input.txt')\n"
    + _READ
    + "print(EXPR)",
    "subprocess": "import subprocess\n" + _READ + "subprocess.run(['true'])\nprint(EXPR)",
    "argparse": "import argparse\nargparse.ArgumentParser().parse_known_args()\n" + _READ + "print(EXPR)",
    "signal off": "import signal\nsignal.alarm(0)\n" + _READ + "print(EXPR)",
    "time and random": "import time, random\nrandom.seed(1)\ntime.time()\n" + _READ + "print(EXPR)",
    "big number": _READ + "x = str(10 ** 20000)\nprint(EXPR)",
    "bigger number": _READ + "x = str(10 ** 60000)\nprint(EXPR)",
    "name error": _READ + "print(undefined)",
    "value error": "n = int('x')\n" + _READ + "print(EXPR)",
    "eof": _READ + "input()\ninput()\ninput()\ninput()\nprint(EXPR)",
    "eof caught": _READ + "try:\n    input()\n    input()\n    input()\nexcept EOFError:\n    pass\nprint(EXPR)",
    "indentation": " n = int(input())\nprint(1)",
    "tabs": "def main():\n\tn = int(input())\n\ta = list(map(int, input().split()))\n\tprint(EXPR)\nmain()",
    "syntax": "n = int(input()\nprint(EXPR)",
    "carriage returns": _READ.replace("\n", "\r\n") + "print(EXPR)",
    "nothing": "pass",
    "only imports": "import sys",
    "only a comment": "# nothing",
    "loop": _READ + "while True:\n    pass",
    "loop caught": _READ + "try:\n    while True:\n        pass\nexcept Exception:\n    print(EXPR)",
}
# What is printed in the place of print(EXPR).
PRINTED = {
    "spaces": "print(' ', EXPR, ' ')",
    "lines around": "print()\nprint(EXPR)\nprint()",
    "empty line before the end": "print(EXPR)\nprint()\nprint(' ')",
    "no newline": "print(EXPR, end='')",
    "carriage return": "print(EXPR, end='\\r\\n')",
    "twice": "print(EXPR)\nprint(EXPR)",
    "on one line": "print(EXPR, EXPR)",
    "half": "print(str(EXPR)[:-1])",
    "upper": "print(str(EXPR).upper())",
    "plus": "print('+' + str(EXPR))",
    "padded": "print('0' + str(EXPR))",
    "point zero": "print(str(EXPR) + '.0')",
    "point": "print(str(EXPR) + '.')",
    "exponent": "print(str(EXPR) + 'e0')",
    "float": "print(float(EXPR))",
    "nearly": "print(float(EXPR) + 1e-9)",
    "label": "print('answer:', EXPR)",
    "quoted": "print(repr(str(EXPR)))",
    "underscore": "print(f'{EXPR:_}')",
    "comma": "print(f'{EXPR:,}')",
    "nothing": "pass",
    "none": "print(None)",
    "tab": "print('\\t', EXPR, sep='')",
    "form feed": "print('\\x0c', EXPR, sep='')",
    "no-break space": "print('\\xa0', EXPR, sep='')",
    "wide digits": "print(''.join(chr(0xFF10 + int(c)) if c.isdigit() else c for c in str(EXPR)))",
    "zero byte": "print(EXPR, end='\\0')",
    "lone surrogate": "print('\\ud800')",
}
# The tasks: what is asked of `a`, as an expression.
TASKS = {"sum": "sum(a)", "large": "max(a) * 10 ** 6", "largest two": "' '.join(map(str, sorted(a)[-2:]))"}
_INPUTS = ("3\n1 2 3\n", "1\n1000000\n", "5\n-7 0 10 22 100\n")


def built_in() -> Iterator[Pair]:
    """Several hundred pairs: readers, shapes of programs, ways to print, and values that functions return."""
    for task, expression in TASKS.items():
        check = StdinCheck(tests=tuple(_test(text, expression) for text in _INPUTS), timeout_s=TIMEOUT_S)
        unended = StdinCheck(tests=tuple(_test(text.rstrip(), expression) for text in _INPUTS), timeout_s=TIMEOUT_S)
        for name, program in (READERS | SHAPES).items():
            if task == "sum" or "loop" not in name:  # a few time out, which is enough
                yield Pair(f"{task}, {name}", "idiom", program.replace("EXPR", expression), check)
        for name, program in READERS.items():
            yield Pair(f"{task}, {name}, unended", "idiom", program.replace("EXPR", expression), unended)
        for name, line in PRINTED.items():
            yield Pair(f"{task}, printed {name}", "printed", _READ + line.replace("EXPR", expression), check)
    yield from _formats()
    yield from _values()


def _test(text: str, expression: str) -> dict[str, str]:
    a = list(map(int, text.split()[1:]))
    return {"input": text, "output": f"{eval(expression, {'a': a})}\n"}


# Expected and printed text, as they stand.
FORMATS = (
    ("1.50", "1.5"), ("1.5", "1.50000001"), ("1e3", "1000"), ("1000", "1e3"), ("1 2 3", "1  2 3"), ("1 2 3", "1\n2\n3"),
    ("1\n2\n3", "1 2 3"), ("1\n\n2", "1\n2"), ("1\n2", "1\n\n2"), ("YES", "yes"), ("YES", "YES "), ("", ""), ("", "\n\n"),
    ("", " "), ("0", "-0"), ("0", "-0.0"), ("0.1", ".1"), ("0.1", "0,1"), ("NaN", "nan"), ("nan", "nan"), ("inf", "Infinity"),
    ("-inf", "-Infinity"), ("sNaN", "nan"), ("1 a", "1.0 a"), ("a 1", "a 1"), ("1 2", "1 2 3"), ("1 2 3", "1 2"), ("[1, 2]", "[1,2]"),
    ("True", "true"), ("1", "True"), ("3", "3\n3"), ("a\nb\n", "a\r\nb\r\n"), ("1 2\n3", "1 2 \n 3 "), ("1", "1_"), ("10", "1_0"),
    ("0x10", "16"), ("1", "1/1"), ("1E400", "1e400"), ("1e400", "inf"), ("é", "e\u0301"), ("٣", "3"), ("1", "1\v"), ("1 2", "1\t2"),
    ("50000000000000000", "50000000000000001"), ("0.30000000000000004", "0.3"), ("1e-400", "0"), ("1 nan", "1.0 nan"),
)  # fmt: skip


def _formats() -> Iterator[Pair]:
    for expected, printed in FORMATS:
        check = StdinCheck(tests=({"input": "x\n", "output": expected},), timeout_s=TIMEOUT_S)
        yield Pair(f"{expected!r} for {printed!r}", "format", f"print({printed!r}, end='')", check)


# --------------------------------------------------------------------------- built in: functions that are called

# An expression over `x`, a list of numbers, beside what is expected for [1, 2, 3].
VALUES: tuple[tuple[str, Any], ...] = (
    ("x", [1, 2, 3]), ("tuple(x)", [1, 2, 3]), ("[tuple(x)]", [[1, 2, 3]]), ("(x, x)", [[1, 2, 3], [1, 2, 3]]),
    ("tuple([tuple(x)])", [[1, 2, 3]]), ("set(x)", [1, 2, 3]), ("frozenset(x)", [1, 2, 3]), ("range(1, 4)", [1, 2, 3]),
    ("iter(x)", [1, 2, 3]), ("map(int, x)", [1, 2, 3]), ("deque(x)", [1, 2, 3]), ("array('i', x)", [1, 2, 3]),
    ("np.array(x)", [1, 2, 3]), ("np.array(x[:1])", [1]), ("np.array(x[0])", 1), ("np.array(x).sum()", 6), ("np.int64(6)", 6),
    ("np.float64(0.5)", 0.5), ("np.bool_(True)", True), ("[np.int64(i) for i in x]", [1, 2, 3]), ("np.array([])", []),
    ("list(np.array(x))", [1, 2, 3]), ("np.array([x])", [[1, 2, 3]]), ("[np.array([1])]", [[1]]), ("np.str_('a')", "a"),
    ("True", 1), ("1", True), ("0", False), ("None", None), ("None", 0), ("None", []), ("''", None), ("1.0", 1), ("1", 1.0),
    ("0.1 + 0.2", 0.3), ("0.1 + 0.2", 0.30000000000000004), ("6 / 2", 3), ("float('nan')", None), ("float('inf')", float("inf")),
    ("float('nan')", float("nan")), ("Fraction(1, 2)", 0.5), ("Fraction(6)", 6), ("Decimal('0.5')", 0.5), ("Decimal(6)", 6),
    ("Decimal('sNaN')", 6), ("6 + 0j", 6), ("2 ** 200", 2**200), ("-2 ** 70", -(2**70)), ("'abc'", "abc"), ("b'abc'", "abc"), ("'abc'", "ABC"), ("'a '", "a"),
    ("list('abc')", "abc"), ("Counter('aab')", {"a": 2, "b": 1}), ("defaultdict(int, a=1)", {"a": 1}), ("OrderedDict(b=1, a=2)", {"a": 2, "b": 1}),
    ("{1: 2}", {"1": 2}), ("{'1': 2}", {"1": 2}), ("{'a': (1, 2)}", {"a": [1, 2]}), ("{'a': [1, 2]}", {"a": [1, 2]}), ("{}", {}), ("[]", {}), ("()", []),
    ("{}.keys()", []), ("dict(a=1).items()", [["a", 1]]), ("namedtuple('P', 'x y')(1, 2)", [1, 2]), ("[namedtuple('P', 'x y')(1, 2)]", [[1, 2]]),
    ("IntEnum('E', 'A B').B", 2), ("Enum('E', 'A B').B", 2), ("UserList(x)", [1, 2, 3]), ("UserDict(a=1)", {"a": 1}), ("UserString('a')", "a"), ("ChainMap({'a': 1})", {"a": 1}), ("type('L', (list,), {})(x)", [1, 2, 3]),
    ("type('S', (str,), {})('a')", "a"), ("x.append(4)", None), ("x.sort() or x", [1, 2, 3]), ("print(x) or x", [1, 2, 3]), ("sys.stdin.read()", ""),
    ("input()", ""), ("sys.exit(0)", None), ("exit()", None), ("1 / 0", None), ("[][0]", None), ("x.missing", None), ("[1, [2, [3, [4]]]]", [1, [2, [3, [4]]]]),
    ("__name__", "tmp_sol"), ("__name__ == '__main__'", False), ("'\\ud800'", "\ud800"), ("'\\x00'", "\x00"), ("-0.0", 0.0), ("1e308 * 10", float("inf")), ("10 ** 20", 1e20),
    ("memoryview(b'a')", [97]), ("bytearray(b'a')", [97]), ("Ellipsis", None), ("NotImplemented", None), ("int", None), ("lambda: 1", None), ("(i for i in x)", [1, 2, 3]),
)  # fmt: skip
_IMPORTS = "import numpy as np\nfrom array import array\nfrom collections import *\nfrom decimal import Decimal\nfrom enum import *\nfrom fractions import Fraction\n"
# Programs whose function `f` shall return the sum of `x`, called as it stands.
CALLS = {
    "plain": "def f(x):\n    return sum(x)",
    "typed": "def f(x: List[int]) -> Optional[int]:\n    return sum(x)",
    "method": "class Solution:\n    def f(self, x):\n        return sum(x)",
    "method typed": "class Solution:\n    def f(self, x: List[int]) -> int:\n        return sum(x)",
    "both": "def f(x):\n    return -1\nclass Solution:\n    def f(self, x):\n        return sum(x)",
    "function beside class": "class Solution:\n    pass\ndef f(x):\n    return sum(x)",
    "class named in a comment": "# class Solution\ndef f(x):\n    return sum(x)",
    "class Solution2": "class Solution2:\n    def f(self, x):\n        return sum(x)",
    "class with two spaces": "class  Solution:\n    def f(self, x):\n        return sum(x)",
    "static": "class Solution:\n    @staticmethod\n    def f(x):\n        return sum(x)",
    "init needs more": "class Solution:\n    def __init__(self, x):\n        self.x = x\n    def f(self, x):\n        return sum(x)",
    "state in self": "class Solution:\n    seen = 0\n    def f(self, x):\n        self.seen += 1\n        return sum(x) if self.seen == 1 else -1",
    "state in the class": "class Solution:\n    seen = []\n    def f(self, x):\n        self.seen.append(1)\n        return sum(x) * (len(self.seen) == 1)",
    "state in a global": "t = 0\ndef f(x):\n    global t\n    t += sum(x)\n    return t",
    "state in a default": "def f(x, seen=[]):\n    seen += x\n    return sum(seen)",
    "mutates": "def f(x):\n    t = 0\n    while x:\n        t += x.pop()\n    return t",
    "missing": "def g(x):\n    return sum(x)",
    "misspelt": "class Solution:\n    def F(self, x):\n        return sum(x)",
    "a lambda": "f = lambda x: sum(x)",
    "an object": "class F:\n    def __call__(self, x):\n        return sum(x)\nf = F()",
    "partial": "f = partial(reduce, add)",
    "too many parameters": "def f(x, y):\n    return sum(x)",
    "no parameters": "def f():\n    return 6",
    "any parameters": "def f(*x, **y):\n    return sum(x[0])",
    "async": "async def f(x):\n    return sum(x)",
    "generator": "def f(x):\n    yield sum(x)",
    "prints": "def f(x):\n    print(sum(x))",
    "prints and returns": "def f(x):\n    print('debug')\n    return sum(x)",
    "helper below": "def f(x):\n    return g(x)\ndef g(x):\n    return sum(x)",
    "star names": "def f(x):\n    return reduce(add, x, 0) + gcd(0, 0) + len(deque())",
    "guard": "def f(x):\n    return sum(x)\nif __name__ == '__main__':\n    print(f(list(map(int, input().split()))))",
    "reads at top": "n = input()\ndef f(x):\n    return sum(x)",
    "stops at top": "def f(x):\n    return sum(x)\nexit()",
    "crashes at top": "def f(x):\n    return sum(x)\n1 / 0",
    "prints at top": "def f(x):\n    return sum(x)\nprint(f([1, 2]))",
    "future": "from __future__ import annotations\ndef f(x):\n    return sum(x)",
    "syntax": "def f(x)\n    return sum(x)",
    "empty": "pass",
    "recursion": "def f(x):\n    return x[0] + f(x[1:]) if x else 0",
    "no end": "def f(x):\n    return f(x)",
    "loop": "def f(x):\n    while True:\n        pass",
    "loop at top": "while True:\n    pass\ndef f(x):\n    return sum(x)",
    "loop caught": "def f(x):\n    try:\n        while True:\n            pass\n    except Exception:\n        return sum(x)",
    "interrupt": "def f(x):\n    raise KeyboardInterrupt",
    "os._exit": "import os\ndef f(x):\n    os._exit(0)",
    "raises what is named so": "class TimeoutException(Exception):\n    pass\ndef f(x):\n    raise TimeoutException",
    "thread": "import threading\ndef f(x):\n    r = []\n    t = threading.Thread(target=lambda: r.append(sum(x)))\n    t.start()\n    t.join()\n    return r[0]",
    "dataclass": "from dataclasses import dataclass\n@dataclass\nclass B:\n    x: list\ndef f(x):\n    return sum(B(x).x)",
    "super": "class A:\n    def f(self, x):\n        return sum(x)\nclass Solution(A):\n    pass",
    "solve named inside": "class Solution:\n    def f(self, x):\n        def go(i):\n            return 0 if i == len(x) else x[i] + go(i + 1)\n        return go(0)",
    "lru_cache on a method": "class Solution:\n    @lru_cache(None)\n    def g(self, i):\n        return i\n    def f(self, x):\n        return sum(map(self.g, x))",
    "os.getcwd": "import os\ndef f(x):\n    os.getcwd()\n    return sum(x)",
}  # fmt: skip
_SUMS = tuple({"args": [x], "output": sum(x)} for x in ([1, 2, 3], [0], [], [10, -4]))


def _values() -> Iterator[Pair]:
    for expression, expected in VALUES:
        check = CallCheck(entry_point="f", tests=({"args": [[1, 2, 3]], "output": expected},), timeout_s=TIMEOUT_S)
        yield Pair(f"{expression} for {expected!r}", "value", f"{_IMPORTS}def f(x):\n    return {expression}", check)
    for name, program in CALLS.items():
        yield Pair(f"call, {name}", "call", program, CallCheck(entry_point="f", tests=_SUMS, timeout_s=TIMEOUT_S))


# --------------------------------------------------------------------------- from data


def from_data(folder: Path, mutants: int = 1, seed: int = 0) -> Iterator[Pair]:
    """Two pairs for every function of MBPP and CRUXEval whose values are JSON, and `mutants` of each."""
    rng = random.Random(seed)
    for name, source, check in _functions(folder):
        versions = [("reference", source), *(("mutant", made) for made in _mutants(source, mutants, rng))]
        for kind, program in versions:
            yield Pair(f"{name}, {kind}, call", kind, program, check)
        for kind, program in versions:
            yield Pair(f"{name}, {kind}, stdin", kind, _as_program(program, check, rng), _as_stdin(check))


def _functions(folder: Path) -> Iterator[tuple[str, str, CallCheck]]:
    for row in _rows(folder / "mbpp.jsonl.gz"):
        tests = [test for line in row["test_list"] if (test := _from_assert(line))]
        if tests and len({name for name, _ in tests}) == 1:
            yield f"mbpp {row['task_id']}", row["code"].replace("\r\n", "\n"), _call(tests[0][0], [t for _, t in tests])
    for row in _rows(folder / "cruxeval.jsonl.gz"):
        test = _from_assert(f"assert f({row['input']}) == {row['output']}")
        if test:
            yield f"cruxeval {row['id']}", row["code"], _call("f", [test[1]])


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def _call(entry_point: str, tests: list[dict[str, Any]]) -> CallCheck:
    return CallCheck(entry_point=entry_point, tests=tuple(tests), timeout_s=TIMEOUT_S)


def _from_assert(line: str) -> tuple[str, dict[str, Any]] | None:
    """The function's name and the test, where `line` is `assert f(values) == value` and tuples may pass for lists."""
    match ast.parse(line).body:
        case [ast.Assert(ast.Compare(ast.Call(ast.Name(name), [_, *_] as arguments, []), [ast.Eq()], [expected]))]:
            try:
                values = [ast.literal_eval(argument) for argument in [*arguments, expected]]
                # A tuple among the values becomes a list, so that some references turn wrong: that is welcome.
                *args, output = (json.loads(json.dumps(value)) for value in values)
            except (ValueError, TypeError):
                return None
            return name, {"args": args, "output": output}
    return None


_PRINTERS: tuple[Callable[[str], str], ...] = (
    lambda value: f"print(json.dumps({value}))",
    lambda value: f"print({value})",
    lambda value: f"import sys\nsys.stdout.write(json.dumps({value}) + '\\n')",
    lambda value: f"result = {value}\nprint(*result if isinstance(result, (list, tuple)) else [result])",
)


def _as_program(source: str, check: CallCheck, rng: random.Random) -> str:
    """A program that reads one line of JSON an argument and prints the value in one of several ways."""
    reader = rng.choice(
        ["[json.loads(input()) for _ in range({n})]", "[json.loads(l) for l in sys.stdin.read().split('\\n')[:{n}]]"]
    ).format(n=len(check.tests[0]["args"]))
    call = rng.choice(_PRINTERS)(f"{check.entry_point}(*arguments)")
    return f"import json\nimport sys\n{source}\n\narguments = {reader}\n{call}\n"


def _as_stdin(check: CallCheck) -> StdinCheck:
    tests = tuple(
        {"input": "".join(json.dumps(a) + "\n" for a in test["args"]), "output": json.dumps(test["output"]) + "\n"}
        for test in check.tests
    )
    return StdinCheck(tests=tests, timeout_s=check.timeout_s)


# --------------------------------------------------------------------------- mutations

_SWAPS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.Div: ast.FloorDiv, ast.FloorDiv: ast.Div, ast.Mod: ast.Mult,
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.And: ast.Or,
    ast.Or: ast.And, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip


def _mutants(source: str, count: int, rng: random.Random) -> Iterator[str]:
    tree = ast.parse(source)
    sites = [index for index, node in enumerate(ast.walk(tree)) if _mutation(node) is not None]
    for site in rng.sample(sites, min(count, len(sites))):
        made = copy.deepcopy(tree)
        change = _mutation(list(ast.walk(made))[site])
        assert change is not None
        change()
        yield ast.unparse(ast.fix_missing_locations(made))


def _mutation(node: ast.AST) -> Callable[[], None] | None:
    """What changes this node into a likely mistake, or null where none is known for it."""
    match node:
        case ast.BinOp() | ast.BoolOp() if type(node.op) in _SWAPS:
            return lambda: setattr(node, "op", _SWAPS[type(node.op)]())
        case ast.Compare(ops=[only]) if type(only) in _SWAPS:
            return lambda: setattr(node, "ops", [_SWAPS[type(only)]()])
        case ast.Constant(bool() as value):
            return lambda: setattr(node, "value", not value)
        case ast.Constant(int() | float() as value):
            return lambda: setattr(node, "value", value + 1)
        case ast.Constant(str() as value) if value:
            return lambda: setattr(node, "value", value[:-1])
        case ast.Return(value=ast.expr() as value):
            return lambda: setattr(node, "value", ast.List([value], ast.Load()))
        case ast.For() | ast.While() | ast.If() if len(node.body) > 1:
            return lambda: node.body.pop()
        case ast.AugAssign():
            return lambda: setattr(node, "op", ast.Sub() if isinstance(node.op, ast.Add) else ast.Add())
    return None
