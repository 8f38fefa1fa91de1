"""Ways in which real programs read numbers and print their sum; every one of them is correct.

The task: the first line holds n, the second n integers; print their sum. The first fifteen are those of which public
graders reject six or seven; the others are usual in contests and in what models write.
"""

TESTS = (
    {"input": "3\n1 2 3\n", "output": "6\n"},
    {"input": "1\n-5\n", "output": "-5\n"},
    {"input": "4\n10 20 30 40\n", "output": "100\n"},
)

IDIOMS: dict[str, str] = {
    # ---------------------------------------------------------------- the fifteen
    "input": "n = int(input())\nprint(sum(map(int, input().split())))",
    "stdin readline": "import sys\ninput = sys.stdin.readline\nn = int(input())\nprint(sum(map(int, input().split())))",
    "buffer readline": """
import sys
input = sys.stdin.buffer.readline
n = int(input())
print(sum(map(int, input().split())))
""",
    "buffer read": "import sys\ndata = sys.stdin.buffer.read().split()\nprint(sum(map(int, data[1:])))",
    "buffer readlines": "import sys\nlines = sys.stdin.buffer.readlines()\nprint(sum(map(int, lines[1].split())))",
    "iterate stdin": """
import sys
numbers = []
for line in sys.stdin:
    numbers += map(int, line.split())
print(sum(numbers[1:]))
""",
    "open(0)": "print(sum(map(int, open(0).read().split()[1:])))",
    "stdout write": "import sys\ninput()\nsys.stdout.write(str(sum(map(int, input().split()))) + '\\n')",
    "stdout buffer write": """
import sys
input()
sys.stdout.buffer.write(b"%d\\n" % sum(map(int, input().split())))
""",
    "global in a helper": """
total = 0
def add(x):
    global total
    total += x
input()
for word in input().split():
    add(int(word))
print(total)
""",
    "threading main": """
import sys, threading
def main():
    input()
    print(sum(map(int, input().split())))
threading.stack_size(64 * 1024 * 1024)
thread = threading.Thread(target=main)
thread.start()
thread.join()
""",
    "class and global": """
class Solver:
    def solve(self):
        global answer
        answer = sum(self.numbers)
solver = Solver()
input()
solver.numbers = list(map(int, input().split()))
solver.solve()
print(answer)
""",
    "main guard, single quotes": """
def main():
    input()
    print(sum(map(int, input().split())))

if __name__ == '__main__':
    main()
""",
    "sys.exit at the end": "import sys\ninput()\nprint(sum(map(int, input().split())))\nsys.exit(0)",
    "recursion": """
import sys
sys.setrecursionlimit(10**6)
input()
numbers = list(map(int, input().split()))
def total(i):
    return 0 if i == len(numbers) else numbers[i] + total(i + 1)
print(total(0))
""",
    # ---------------------------------------------------------------- reading
    "main guard, double quotes, last lines after": """
def main():
    input()
    return sum(map(int, input().split()))

if __name__ == "__main__":
    result = main()
    print(result)
""",
    "fast reader class over os.read": """
import os, sys
from io import BytesIO, IOBase

BUFSIZE = 8192

class FastIO(IOBase):
    newlines = 0

    def __init__(self, file):
        self._fd = file.fileno()
        self.buffer = BytesIO()
        self.writable = "x" in file.mode or "r" not in file.mode
        self.write = self.buffer.write if self.writable else None

    def read(self):
        while True:
            b = os.read(self._fd, max(os.fstat(self._fd).st_size, BUFSIZE))
            if not b:
                break
            ptr = self.buffer.tell()
            self.buffer.seek(0, 2), self.buffer.write(b), self.buffer.seek(ptr)
        self.newlines = 0
        return self.buffer.read()

    def readline(self):
        while self.newlines == 0:
            b = os.read(self._fd, max(os.fstat(self._fd).st_size, BUFSIZE))
            self.newlines = b.count(b"\\n") + (not b)
            ptr = self.buffer.tell()
            self.buffer.seek(0, 2), self.buffer.write(b), self.buffer.seek(ptr)
        self.newlines -= 1
        return self.buffer.readline()

    def flush(self):
        if self.writable:
            os.write(self._fd, self.buffer.getvalue())
            self.buffer.truncate(0), self.buffer.seek(0)

class IOWrapper(IOBase):
    def __init__(self, file):
        self.buffer = FastIO(file)
        self.flush = self.buffer.flush
        self.writable = self.buffer.writable
        self.write = lambda s: self.buffer.write(s.encode("ascii"))
        self.read = lambda: self.buffer.read().decode("ascii")
        self.readline = lambda: self.buffer.readline().decode("ascii")

sys.stdin, sys.stdout = IOWrapper(sys.stdin), IOWrapper(sys.stdout)
input = lambda: sys.stdin.readline().rstrip("\\r\\n")

input()
print(sum(map(int, input().split())))
sys.stdout.flush()
""",
    "stdin replaced by open(0)": "import sys\nsys.stdin = open(0)\ninput()\nprint(sum(map(int, input().split())))",
    "stdin replaced by StringIO": """
import io, os, sys
sys.stdin = io.StringIO(os.read(0, os.fstat(0).st_size).decode())
input()
print(sum(map(int, input().split())))
""",
    "input from BytesIO of os.read": """
import io, os
input = io.BytesIO(os.read(0, os.fstat(0).st_size)).readline
input()
print(sum(map(int, input().split())))
""",
    "readline with strip": """
import sys
def input():
    return sys.stdin.readline().strip()
n = int(input())
print(sum(int(x) for x in input().split()))
""",
    "iter(input, '')": """
lines = []
try:
    for line in iter(input, ''):
        lines.append(line)
except EOFError:
    pass
print(sum(map(int, lines[1].split())))
""",
    "walrus until EOFError": """
lines = []
try:
    while (s := input()) is not None:
        lines.append(s)
except EOFError:
    pass
print(sum(map(int, lines[1].split())))
""",
    "walrus over readline": """
import sys
numbers = []
while line := sys.stdin.readline():
    numbers.extend(map(int, line.split()))
print(sum(numbers[1:]))
""",
    "/dev/stdin": "with open('/dev/stdin') as f:\n    print(sum(map(int, f.read().split()[1:])))",
    "os.read of a megabyte": "import os\nprint(sum(map(int, os.read(0, 1 << 20).split()[1:])))",
    "mmap of descriptor 0": """
import mmap
with mmap.mmap(0, 0, access=mmap.ACCESS_READ) as m:
    print(sum(map(int, m[:].split()[1:])))
""",
    "fileinput": "import fileinput\nlines = list(fileinput.input())\nprint(sum(map(int, lines[1].split())))",
    "stdin.read().splitlines": """
from sys import stdin
rows = stdin.read().splitlines()
print(sum(map(int, rows[1].split())))
""",
    "iterator of tokens": """
import sys
it = iter(sys.stdin.read().split())
n = int(next(it))
print(sum(int(next(it)) for _ in range(n)))
""",
    "star unpacking": "n, *a = map(int, open(0).read().split())\nprint(sum(a))",
    "descriptor in binary without buffer": """
with open(0, 'rb', buffering=0) as f:
    print(sum(map(int, f.read().split()[1:])))
""",
    "eval of a joined line": "input()\nprint(eval(input().replace(' ', '+')))",
    # ---------------------------------------------------------------- printing
    "print is stdout.write": """
from sys import stdout
print = stdout.write
input()
print(str(sum(map(int, input().split()))) + "\\n")
""",
    "atexit writes": """
import atexit, io, sys
buffer = io.StringIO()
sys.stdout = buffer
@atexit.register
def write():
    sys.__stdout__.write(buffer.getvalue())
input()
print(sum(map(int, input().split())))
""",
    "stdout reconfigured": """
import sys
sys.stdout.reconfigure(line_buffering=False)
input()
print(sum(map(int, input().split())))
""",
    "os.write": "import os\ninput()\nos.write(1, str(sum(map(int, input().split()))).encode())",
    "redirect_stdout": """
import contextlib, io
held = io.StringIO()
with contextlib.redirect_stdout(held):
    input()
    print(sum(map(int, input().split())))
print(held.getvalue().strip())
""",
    "descriptor 1 never closed": "out = open(1, 'w')\ninput()\nout.write(str(sum(map(int, input().split()))))",
    "words to stderr": """
import sys
input()
print("debug", file=sys.stderr)
print(sum(map(int, input().split())), flush=True)
""",
    "multi-line f-string": """
input()
total = sum(map(int, input().split()))
print(f'''{
total
}''')
""",
    "trailing white space": "input()\nprint(sum(map(int, input().split())), end=' \\n\\n')",
    # ---------------------------------------------------------------- ending
    "exit()": "input()\nprint(sum(map(int, input().split())))\nexit()",
    "quit()": "input()\nprint(sum(map(int, input().split())))\nquit()",
    "raise SystemExit": "input()\nprint(sum(map(int, input().split())))\nraise SystemExit",
    "exit inside a function": """
import sys
def solve():
    input()
    print(sum(map(int, input().split())))
    sys.exit()
solve()
print("never")
""",
    "os._exit after flush": "import os\ninput()\nprint(sum(map(int, input().split())), flush=True)\nos._exit(0)",
    # ---------------------------------------------------------------- structure
    "deep recursion in a big stack": """
import sys, threading
sys.setrecursionlimit(10**7)
threading.stack_size(512 * 1024 * 1024)
def depth(k):
    return 0 if k == 0 else 1 + depth(k - 1)
def main():
    input()
    numbers = list(map(int, input().split()))
    print(sum(numbers) + depth(20000) - 20000)
threading.Thread(target=main).start()
""",
    "lru_cache with deep recursion": """
import sys
from functools import lru_cache
sys.setrecursionlimit(10**6)
input()
numbers = tuple(map(int, input().split()))
@lru_cache(maxsize=None)
def total(i):
    return 0 if i == 3000 else (numbers[i] if i < len(numbers) else 0) + total(i + 1)
print(total(0))
""",
    "recursion by generators": """
from types import GeneratorType
def bootstrap(f, stack=[]):
    def wrapped(*args, **kwargs):
        if stack:
            return f(*args, **kwargs)
        to = f(*args, **kwargs)
        while True:
            if type(to) is GeneratorType:
                stack.append(to)
                to = next(to)
            else:
                stack.pop()
                if not stack:
                    break
                to = stack[-1].send(to)
        return to
    return wrapped
input()
numbers = list(map(int, input().split()))
@bootstrap
def total(i):
    if i == len(numbers):
        yield 0
    yield numbers[i] + (yield total(i + 1))
print(total(0))
""",
    "class with static counter": """
class Counter:
    total = 0
    @staticmethod
    def add(x):
        Counter.total += x
input()
for x in map(int, input().split()):
    Counter.add(x)
print(Counter.total)
""",
    "global state and main": """
numbers = []
total = 0
def read():
    global numbers
    input()
    numbers = list(map(int, input().split()))
def main():
    global total
    read()
    for x in numbers:
        total += x
    print(total)
main()
""",
    "seeded random": """
import random
random.seed(7)
input()
numbers = list(map(int, input().split()))
random.shuffle(numbers)
print(sum(numbers))
""",
    "argparse without arguments": """
import argparse
parser = argparse.ArgumentParser()
parser.add_argument("--verbose", action="store_true")
parser.parse_args()
input()
print(sum(map(int, input().split())))
""",
    "length of argv": """
import sys
if len(sys.argv) > 1:
    sys.stdin = open(sys.argv[1])
input()
print(sum(map(int, input().split())))
""",
    "local judge switch": """
import os, sys
if os.path.exists('input.txt'):
    sys.stdin = open('input.txt')
if os.environ.get('LOCAL'):
    sys.stdout = open('output.txt', 'w')
input()
print(sum(map(int, input().split())))
""",
    "dataclass": """
from dataclasses import dataclass, field
@dataclass(order=True)
class Item:
    value: int
    name: str = field(default="", compare=False)
input()
print(sum(item.value for item in sorted(Item(int(x)) for x in input().split())))
""",
    "match statement": """
import sys
match sys.stdin.read().split():
    case [n, *rest]:
        print(sum(map(int, rest)))
""",
    "asyncio": """
import asyncio
async def add(x):
    await asyncio.sleep(0)
    return x
async def main():
    input()
    print(sum(await asyncio.gather(*(add(int(x)) for x in input().split()))))
asyncio.run(main())
""",
    "ThreadPoolExecutor": """
from concurrent.futures import ThreadPoolExecutor
input()
with ThreadPoolExecutor(max_workers=2) as pool:
    print(sum(pool.map(int, input().split())))
""",
    "groupby": """
from itertools import groupby
input()
print(sum(key * len(list(group)) for key, group in groupby(sorted(map(int, input().split())))))
""",
    "future annotations, star imports": """
from __future__ import annotations
from math import *
from collections import *
from typing import List
def total(xs: List[int]) -> int:
    return sum(xs)
input()
print(total([int(x) for x in input().split()]))
""",
    "namedtuple and enum": """
from collections import namedtuple
from enum import Enum
class Kind(Enum):
    NUMBER = 1
Token = namedtuple("Token", "kind value")
input()
tokens = [Token(Kind.NUMBER, int(x)) for x in input().split()]
print(sum(t.value for t in tokens if t.kind is Kind.NUMBER))
""",
    "exec of a string": """
code = "print(sum(map(int, input().split())))"
input()
exec(code)
""",
    "decimal and fractions": """
from decimal import Decimal, getcontext
from fractions import Fraction
getcontext().prec = 50
input()
print(int(sum(Fraction(Decimal(x)) for x in input().split())))
""",
    "signal and gc switched off": """
import gc, signal
gc.disable()
signal.signal(signal.SIGINT, signal.SIG_DFL)
input()
print(sum(map(int, input().split())))
""",
    "pickled class of __main__": """
import pickle
class Box:
    def __init__(self, x):
        self.x = x
input()
boxes = pickle.loads(pickle.dumps([Box(int(x)) for x in input().split()]))
print(sum(box.x for box in boxes))
""",
    "byte order mark of Windows and tabs": "\ufeffinput()\r\nif True:\r\n\tprint(sum(map(int, input().split())))\r\n",
}
