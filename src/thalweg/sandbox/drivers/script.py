"""Runs a program as `__main__`, as `python prog.py < in > out` does, for one input or for several in turn.

Payload: `source`, `inputs` (texts), `budget_s` (no further input is begun after so many seconds). After each input a
record says where its output lies in the job's output, how the run ended and what it took. With one input the process
ends as the program did. With several, what a run left behind is undone; where that cannot be vouched for, the record
`{"stopped": reason}` says that the remaining inputs need processes of their own.
"""

import atexit
import builtins
import contextlib
import gc
import io
import linecache
import os
import sys
import threading
import time
import traceback
import types
from collections.abc import Callable
from typing import Any

from thalweg.sandbox.state import Mentions, State
from thalweg.sandbox.streams import FINISHED, flush_streams, open_streams

_NAME = "prog.py"
_SPARE = 58  # where the descriptors of the streams are kept: the first of three
_LONGEST_ERROR = 300
_INTERRUPTED = 130  # as a shell tells it

Emit = Callable[[object], None]


def run(payload: dict[str, Any], emit: Emit) -> None:
    """Runs the program for each input."""
    for descriptor in range(3):
        os.dup2(descriptor, _SPARE + descriptor)
    # The frames beneath the program's first one are not its own.
    sys.setrecursionlimit(sys.getrecursionlimit() + _depth())
    program = _Program(payload["source"])
    if len(payload["inputs"]) == 1:
        _run_alone(program, payload["inputs"][0], emit)
    else:
        _run_several(program, payload["inputs"], time.monotonic() + payload["budget_s"], emit)


def _run_alone(program: "_Program", text: str, emit: Emit) -> None:
    _feed(text)
    record = program.run()
    emit({"test": 0, "start": 0, "end": os.fstat(_SPARE + 1).st_size, **record})
    if record["memory"]:
        raise MemoryError
    sys.exit(record["code"])


def _run_several(program: "_Program", texts: list[str], deadline: float, emit: Emit) -> None:
    state = program.prepare()
    start = 0
    for index, text in enumerate(texts):
        if index and time.monotonic() > deadline:
            emit({"stopped": "the time is used up"})
            return
        _feed(text)
        open_streams()
        record = program.run()
        end = start + _keep_output() if program.files else os.fstat(1).st_size
        emit({"test": index, "start": start, "end": end, **record})
        start = end
        if record["memory"]:
            raise MemoryError
        reason = program.spoiled or state.changed()
        if reason and index + 1 < len(texts):
            emit({"stopped": reason})
            return


def _feed(text: str) -> None:
    """Puts an input where standard input is."""
    data = memoryview(text.encode("utf-8", "surrogatepass"))
    os.lseek(0, 0, os.SEEK_SET)
    if os.fstat(0).st_size > len(data):
        os.ftruncate(0, len(data))  # not to nothing: to give a page back and to get it again costs more than the rest
    while data:
        data = data[os.write(0, data) :]
    os.lseek(0, 0, os.SEEK_SET)


def _keep_output() -> int:
    """Moves what the program printed away, so that the next run starts with an empty file: how many bytes.

    The descriptors of the streams are as at the start afterwards, whatever the program did to them.
    """
    for descriptor in range(3):
        os.dup2(_SPARE + descriptor, descriptor)
    size = os.fstat(1).st_size
    moved = 0
    while moved < size:
        moved += os.sendfile(FINISHED, 1, moved, size - moved)
    os.ftruncate(1, 0)
    os.lseek(1, 0, os.SEEK_SET)
    return size


class _Program:
    """A program, compiled once. `spoiled` says why another run in this process would not be a fresh one."""

    def __init__(self, source: str) -> None:
        self.spoiled: str | None = None
        self._code = compile("", _NAME, "exec")
        self._fault: BaseException | None = None
        linecache.cache[_NAME] = (len(source), None, source.splitlines(True), _NAME)
        try:
            self._code = compile(source.removeprefix("\ufeff"), _NAME, "exec", dont_inherit=True)
        except BaseException as error:
            self._fault = error
        self._mentions = Mentions(self._code)

    @property
    def files(self) -> bool:
        """Whether each run needs a file of its own for its output; most programs only print."""
        return self._mentions.files

    def prepare(self) -> State:
        """The interpreter's state before the program first runs, with its modules imported."""
        self._mentions.load()
        return State(self._mentions)

    def run(self) -> dict[str, Any]:
        """Runs it as a fresh `__main__` until all of it has ended: exit code, error, time."""
        module = types.ModuleType("__main__")
        vars(module).update(__builtins__=builtins, __file__=f"/{_NAME}", __cached__=None, __annotations__={})
        sys.modules["__main__"] = module
        sys.argv = [_NAME]
        wall, cpu = time.monotonic(), time.process_time()
        code, error, memory = self._execute(vars(module))
        self._end_threads()
        atexit._run_exitfuncs()
        failure = flush_streams()
        for name in ("stdin", "stdout", "stderr"):
            setattr(sys, name, getattr(sys, f"__{name}__", None))
        vars(module).clear()  # objects that print or flush when they go
        if self._mentions.opens:
            _flush_files()
            gc.collect()
        failure = failure or flush_streams()
        if failure is not None:
            self.spoiled = "its output could not be written"
            code, error = 120, error or _last_line(failure)
        return {
            "code": code,
            "error": error,
            "memory": memory,
            "cpu_s": time.process_time() - cpu,
            "wall_s": time.monotonic() - wall,
        }

    def _execute(self, scope: dict[str, Any]) -> tuple[int, str | None, bool]:
        try:
            if self._fault is not None:
                raise self._fault
            exec(self._code, scope)
        except SystemExit as stop:
            return _exit_code(stop.code), None, False
        except BaseException as error:
            memory = isinstance(error, MemoryError)
            _report(error)
            return _INTERRUPTED if isinstance(error, KeyboardInterrupt) else 1, _last_line(error), memory
        return 0, None, False

    def _end_threads(self) -> None:
        """Waits for threads as the interpreter does at its end."""
        others = [t for t in threading.enumerate() if t is not threading.main_thread() and not t.daemon]
        if others and threading._threading_atexits:  # type: ignore[attr-defined]
            self.spoiled = "it ended its threads"  # executors end their threads only when they are told, which is once
            threading._shutdown()  # type: ignore[attr-defined]
            return
        while others:
            for thread in others:
                thread.join()
            others = [t for t in threading.enumerate() if t is not threading.main_thread() and not t.daemon]


def _flush_files() -> None:
    """Flushes files that the program left in reference cycles, whose parts the collector closes in any order."""
    for thing in gc.get_objects():
        if type(thing) in (io.TextIOWrapper, io.BufferedWriter) and not thing.closed:
            with contextlib.suppress(OSError, ValueError):
                thing.flush()


def _exit_code(code: object) -> int:
    if code is None:
        return 0
    if isinstance(code, int):
        return code & 0xFF
    print(code, file=sys.stderr)
    return 1


def _report(error: BaseException) -> None:
    """Prints the traceback, as far as it is the program's, through the program's hook if it set one."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename != _NAME:
        trace = trace.tb_next
    if isinstance(error, MemoryError):
        traceback.clear_frames(trace)
    error.__traceback__ = trace
    try:
        sys.excepthook(type(error), error, trace)
    except BaseException as another:
        error.__context__ = another  # the hook is the program's; what it does wrong is lost, as in plain Python


def _last_line(error: BaseException) -> str:
    return traceback.format_exception_only(type(error), error)[-1].strip()[:_LONGEST_ERROR]


def _depth() -> int:
    frame, depth = sys._getframe(), 0
    while frame.f_back is not None:
        frame, depth = frame.f_back, depth + 1
    return depth + 1
