"""How jobs run and end: every end, the limits, what comes back and what does not."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sandboxes import WRAPPERS, open_pool, script
from thalweg.sandbox import Job, Limits, Pool, zygote
from thalweg.sandbox.worker import _end, _records

DRIVERS = {
    "echo": "def run(payload, emit):\n    emit(payload)\n",
    "several": "def run(payload, emit):\n    for value in payload['values']:\n        emit(value)\n    print('done')\n",
    "fails": "def run(payload, emit):\n    emit('before')\n    raise KeyError('inside')\n",
    "raw": "import os\ndef run(payload, emit):\n    os.write(63, payload['text'].encode('latin-1'))\n",
    "memory": "def run(payload, emit):\n    emit('before')\n    raise MemoryError\n",
    "once": "count = 0\ndef run(payload, emit):\n    global count\n    count += 1\n    emit(count)\n",
    "leaves": "def run(payload, emit):\n    print('printed', end='')\n    raise SystemExit(payload['code'])\n",
}


@pytest.fixture(scope="module", params=WRAPPERS)
def pool(request: pytest.FixtureRequest) -> Iterator[Pool]:
    with open_pool(request.param, drivers=DRIVERS) as opened:
        yield opened


def call(pool: Pool, driver: str, payload: dict[str, Any] | None = None, **limits: Any) -> Any:
    return pool.run(Job(driver=driver, payload=payload or {}, limits=Limits(**limits)))


BUSY = "while True: pass"
ENDS = [
    pytest.param("print('hi')", {}, "exit", 0, id="end of the program"),
    pytest.param("import sys; sys.exit(7)", {}, "exit", 7, id="exit code"),
    pytest.param("import os; os._exit(9)", {}, "exit", 9, id="exit at once"),
    pytest.param("1 / 0", {}, "exit", 1, id="exception"),
    pytest.param("import os; os.abort()", {}, "signal", 6, id="abort"),
    pytest.param("import ctypes; ctypes.string_at(0)", {}, "signal", 11, id="segmentation fault"),
    pytest.param("import os, signal; os.kill(os.getpid(), signal.SIGTERM)", {}, "signal", 15, id="signal to itself"),
    pytest.param(BUSY, {"cpu_s": 1.0}, "cpu", None, id="CPU seconds"),
    pytest.param(BUSY, {"cpu_s": 0.2}, "cpu", None, id="a fraction of a CPU second"),
    pytest.param(
        "import signal\nsignal.signal(signal.SIGXCPU, signal.SIG_IGN)\n" + BUSY, {"cpu_s": 1.0}, "cpu", None,
        id="CPU seconds, the signal ignored",
    ),
    pytest.param(
        f"import threading\nfor _ in range(2): threading.Thread(target=lambda: exec({BUSY!r})).start()",
        {"cpu_s": 0.3}, "cpu", None, id="CPU seconds of threads",
    ),
    pytest.param("import time; time.sleep(60)", {"wall_s": 0.3}, "wall", 9, id="sleep"),
    pytest.param("import threading; threading.Event().wait()", {"wall_s": 0.3}, "wall", 9, id="wait for ever"),
    pytest.param("x = 'x' * 10**10", {"memory_mb": 256}, "memory", None, id="one large object"),
    pytest.param("x = []\nwhile True: x.append(bytes(10**6))", {"memory_mb": 256}, "memory", None, id="many objects"),
    pytest.param("print('x' * 10**6)", {"output_bytes": 1000}, "output", None, id="much output"),
    pytest.param("import sys\nsys.stderr.write('x' * 10**6)", {"output_bytes": 1000}, "output", None, id="stderr"),
    pytest.param("while True: print('x' * 1000)", {"output_bytes": 10**5}, "output", None, id="endless output"),
    pytest.param(
        "import signal\nsignal.signal(signal.SIGXFSZ, signal.SIG_IGN)\nprint('x' * 10**6)", {"output_bytes": 1000},
        "output", None, id="much output, the signal ignored",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("source", "limits", "end", "code"), ENDS)
def test_every_end_has_its_name(pool: Pool, source: str, limits: dict[str, Any], end: str, code: int | None) -> None:
    patient = Limits(**{"wall_s": 60.0, **limits})  # a busy machine must not decide
    result = script(pool, source, limits=patient)
    assert result.end == end
    assert code is None or result.code == code
    assert len(result.stdout) <= patient.output_bytes


def test_output_up_to_the_limit_is_no_fault(pool: Pool) -> None:
    result = script(pool, "print('x' * 999)", limits=Limits(output_bytes=1000))
    assert (result.end, len(result.stdout)) == ("exit", 1000)


def test_an_input_may_be_longer_than_the_output(pool: Pool) -> None:
    result = script(pool, "print(len(input()))", "x" * 300_000, limits=Limits(output_bytes=1000))
    assert (result.end, result.stdout) == ("exit", b"300000\n")


def test_what_was_printed_before_a_kill_is_kept(pool: Pool) -> None:
    result = script(pool, "print('so far', flush=True)\n" + BUSY, limits=Limits(cpu_s=0.2, wall_s=60))
    assert (result.end, result.stdout) == ("cpu", b"so far\n")


def test_time_used_is_told(pool: Pool) -> None:
    result = script(pool, BUSY, limits=Limits(cpu_s=0.3, wall_s=60))
    assert 0.25 < result.cpu_s < 10
    assert result.wall_s >= 0.25


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@pytest.fixture(scope="module")
def echo() -> Iterator[Pool]:
    with open_pool(False, drivers=DRIVERS) as opened:
        yield opened


@given(value=VALUES)
def test_payloads_and_records_cross_unchanged(echo: Pool, value: object) -> None:
    assert call(echo, "echo", {"value": value}).records == ({"value": value},)


def test_records_keep_their_order_and_streams_are_apart(pool: Pool) -> None:
    result = call(pool, "several", {"values": [1, "two", None, [3]]})
    assert result.records == (1, "two", None, [3])
    assert result.stdout == b"done\n"


def test_a_driver_that_fails_exits_with_one_and_says_why(pool: Pool) -> None:
    result = call(pool, "fails")
    assert (result.end, result.code, result.records) == ("exit", 1, ("before",))
    assert b"KeyError: 'inside'" in result.stderr


def test_a_driver_may_exit_with_a_code(pool: Pool) -> None:
    result = call(pool, "leaves", {"code": 5})
    assert (result.end, result.code, result.stdout) == ("exit", 5, b"printed")


def test_a_driver_out_of_memory(pool: Pool) -> None:
    result = call(pool, "memory")
    assert (result.end, result.records) == ("memory", ("before",))


def test_every_job_has_a_process_of_its_own(pool: Pool) -> None:
    assert [call(pool, "once").records for _ in range(3)] == [(1,)] * 3


@pytest.mark.parametrize(
    ("text", "records"),
    [
        ("1\n{\n2\n", (1, 2)),
        ("\xff\xfe\n3\n", (3,)),
        ("[" * 100_000 + "\n4\n", (4,)),
        ("5" * 10_000 + "\n6\n", (6,)),
        ('{"half": ', ()),
        ("7\n8", (7,)),
        ("", ()),
    ],
)
def test_forged_records_do_no_harm(pool: Pool, text: str, records: tuple[int, ...]) -> None:
    assert call(pool, "raw", {"text": text}).records == records


@given(st.binary(max_size=200))
def test_any_bytes_are_records_or_nothing(raw: bytes) -> None:
    for record in _records(raw):
        json.dumps(record)


@pytest.mark.parametrize(
    ("limit", "code", "too_long", "memory", "end"),
    [
        ("wall", -9, False, False, "wall"),
        ("cpu", -9, True, False, "cpu"),
        (None, -24, False, False, "cpu"),
        (None, -25, False, False, "output"),
        (None, 0, True, False, "output"),
        (None, 1, False, True, "memory"),
        (None, -11, False, False, "signal"),
        (None, 3, False, False, "exit"),
    ],
)
def test_how_an_end_is_named(limit: Any, code: int, too_long: bool, memory: bool, end: str) -> None:
    assert _end(limit, code, too_long, memory) == end


def test_the_environment_is_clean(pool: Pool) -> None:
    source = """
import os, sys
print(os.getcwd(), sys.argv, len(os.listdir("/usr/lib")) > 0, os.environ.get("SECRET"), os.environ["PYTHONHASHSEED"])
print(sorted(name for name in sys.modules if name.startswith("thalweg")))
for descriptor in range(62):
    try:
        os.fstat(descriptor)
        print(descriptor, end=" ")
    except OSError:
        pass
"""
    first, second, third = script(pool, source).stdout.decode().splitlines()
    assert first == "/ ['prog.py'] True None 0"
    assert second == "[]"
    assert third == "0 1 2 58 59 60 "


def test_two_runs_of_a_random_program_agree(pool: Pool) -> None:
    source = "import random\nprint(random.random(), hash('text'), list({'a', 'b', 'c'}))"
    assert script(pool, source).stdout == script(pool, source).stdout


RIVAL = """
import os, time
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
input()
while time.process_time() < 0.5: pass
print("done", flush=True)
input()
"""


@pytest.mark.skipif(not os.path.exists("/proc/self/schedstat"), reason="this kernel does not count the waiting")
def test_time_in_the_queue_for_a_processor_is_known() -> None:
    """Of two programs on one processor each waits while the other works; that is not their fault."""
    line = [sys.executable, "-S", "-c", RIVAL]
    rivals = [subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    for text in ("go\n", None):
        for rival in rivals:
            assert rival.stdin is not None
            assert rival.stdout is not None
            if text is None:
                assert rival.stdout.readline() == "done\n"
            else:
                rival.stdin.write(text)
                rival.stdin.flush()
    assert sum(zygote._queued_s(rival.pid) for rival in rivals) > 0.2
    for rival in rivals:
        rival.communicate("stop\n", timeout=60)
    assert zygote._queued_s(rivals[0].pid) == 0  # it is not there any more
