"""Wrong programs: what they print, write elsewhere and leave behind."""

from thalweg.types import StdinCheck

from .cheat import Cheat, cheat, program

SUM = StdinCheck(
    tests=(
        {"input": "1 2\n", "output": "3\n"},
        {"input": "40 2\n", "output": "42\n"},
        {"input": "5 -5\n", "output": "0\n"},
    )
)
HALF = StdinCheck(
    tests=({"input": "1 2\n", "output": "0.5\n"}, {"input": "3 4", "output": "60"}), compare={"float": 1e-6}
)
LINES = StdinCheck(tests=({"input": "1 2\n", "output": "1\n2\n"},), compare="exact")

PROGRAMS = [
    ("silence", "no output, taken for no error", SUM, "pass"),
    ("success", "exit code 0", SUM, "import sys\nsys.exit(0)"),
    ("hard_success", "exit code 0, at once", SUM, "import os\nos._exit(0)"),
    ("all_numbers", "one of them will be right", SUM, "print(*range(100_000))"),
    ("all_lines", "one of them will be right", SUM, "for n in range(-50, 50): print(n)"),
    ("one_after_another", "the other test's output first", SUM, "print(3); print(42); print(0)"),
    ("right_and_more", "the right output and one word more", SUM, "print(sum(map(int, input().split())), 'correct')"),
    (
        "by_error_stream",
        "the right output on the wrong stream",
        SUM,
        "import sys\nprint(sum(map(int, input().split())), file=sys.stderr)",
    ),
    (
        "right_then_crash",
        "the right output, then an exception",
        SUM,
        "print(sum(map(int, input().split())))\nraise ValueError",
    ),
    (
        "right_then_code",
        "the right output, then exit code 1",
        SUM,
        "print(sum(map(int, input().split())))\nraise SystemExit(1)",
    ),
    (
        "right_then_segfault",
        "the right output, then a crash",
        SUM,
        "import ctypes\nprint(sum(map(int, input().split())), flush=True)\nctypes.string_at(0)",
    ),
    ("first_test_alone", "the first test's output for all", SUM, "print(3)"),
    (
        "right_once",
        "right in one process of two",
        SUM,
        "import random\nx = sum(map(int, input().split()))\nprint(x if x != 42 else 41)",
    ),
    (
        "backspace",
        "control characters that a reader does not see",
        SUM,
        "print('7\\b' + str(sum(map(int, input().split()))))",
    ),
    ("invisible", "characters of no width", SUM, "print(str(sum(map(int, input().split()))) + '\\u200b')"),
    ("null_byte", "a null byte that ends the text", SUM, "print(str(sum(map(int, input().split()))) + '\\0 wrong')"),
    (
        "other_digits",
        "full-width digits",
        SUM,
        "print(str(sum(map(int, input().split()))).translate({48 + d: 0xFF10 + d for d in range(10)}))",
    ),
    (
        "other_digits_as_floats",
        "digits of other scripts, which float() reads",
        HALF,
        "a, b = map(int, input().split())\nprint('٠.٥' if a == 1 else '٦٠')",
    ),
    (
        "underscores",
        "6_0, which float() reads",
        HALF,
        "a, b = map(int, input().split())\nprint('0.5' if a == 1 else '6_0')",
    ),
    ("printed_nan", "comparisons that nan makes false", HALF, "print('nan')"),
    ("printed_infinity", "a tolerance that grows with the value", HALF, "print('inf')"),
    ("printed_overflow", "1e999 for infinity", HALF, "print('1e999')"),
    ("no_tokens", "no numbers to compare", HALF, "print()"),
    ("joined_lines", "white space is white space", LINES, "print(*input().split())"),
    ("patched_print", "a print of its own", SUM, "import builtins\nbuiltins.print = lambda *a, **k: None\nprint(3)"),
    (
        "output_rewound",
        "another test's output, overwritten in the shared file",
        SUM,
        "import os\nfor text in (b'3\\n', b'42\\n', b'0\\n'):\n    os.lseek(1, 0, 0)\n    os.write(1, text)",
    ),
    (
        "forged_ranges",
        "records that point at other bytes",
        SUM,
        """
import sys
print(3); print(42); print(0)
sys.stdout.flush()
frame = sys._getframe()
while frame is not None:
    emit = frame.f_locals.get("emit") or frame.f_globals.get("emit")
    if emit:
        for test in range(3):
            emit({"test": test, "start": 0, "end": 0, "code": 0, "error": None, "memory": False, "cpu_s": 0})
    frame = frame.f_back
""",
    ),
    (
        "malformed_ranges",
        "an exception in whoever reads the records",
        SUM,
        """
import sys
frame = sys._getframe()
while frame is not None:
    emit = frame.f_locals.get("emit") or frame.f_globals.get("emit")
    if emit:
        for bad in (None, "0", -1, 1.5, [], 10 ** 400, True, float("nan")):
            whole = dict.fromkeys(("test", "start", "end", "code", "error", "memory", "cpu_s", "wall_s"), bad)
            emit(whole)
            emit({**whole, "test": 0})
            emit({"test": 0})
            emit(bad)
    frame = frame.f_back
""",
    ),
    (
        "state_of_the_first_test",
        "what the first test left in the interpreter",
        SUM,
        "import builtins\nprint(getattr(builtins, 'left', 3))\nbuiltins.left = 42",
    ),
    ("binary_noise", "bytes that are no text", SUM, "import os\nos.write(1, bytes(range(256)))"),
]


HONEST = (
    (SUM, program("print(sum(map(int, input().split())))")),
    (HALF, program("a, b = map(int, input().split())\nprint(a / b if a == 1 else 60.0)")),
    (LINES, program("print(*input().split(), sep='\\n')")),
)

CHEATS: tuple[Cheat, ...] = tuple(cheat(*one) for one in PROGRAMS)
