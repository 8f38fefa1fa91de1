"""Runs a program as `__main__`, as `python prog.py < in > out` would, for one input or for several in turn."""

import os
import sys
import time
import traceback
import types
from collections.abc import Callable
from typing import Any


def run(payload: dict[str, Any], emit: Callable[[object], None]) -> None:
    """Payload: `source`, `inputs`, `budget_s`."""
    for index, text in enumerate(payload["inputs"]):
        os.write(0, text.encode("utf-8", "surrogatepass"))
        os.lseek(0, 0, os.SEEK_SET)
        began, cpu = time.monotonic(), time.process_time()
        start = os.fstat(1).st_size
        code, error, memory = _execute(payload["source"])
        sys.stdout.flush()
        emit(
            {
                "test": index,
                "start": start,
                "end": os.fstat(1).st_size,
                "code": code,
                "error": error,
                "memory": memory,
                "cpu_s": time.process_time() - cpu,
                "wall_s": time.monotonic() - began,
            }
        )
        if memory:
            raise MemoryError
        if index + 1 < len(payload["inputs"]):
            emit({"stopped": "one input a process for now"})
        if code:
            sys.stderr.flush()
            os._exit(code)
        return


def _execute(source: str) -> tuple[int, str | None, bool]:
    module = types.ModuleType("__main__")
    sys.modules["__main__"] = module
    sys.argv = ["prog.py"]
    try:
        exec(compile(source, "prog.py", "exec"), module.__dict__)
        import threading

        threading._shutdown()  # type: ignore[attr-defined]
        import atexit

        atexit._run_exitfuncs()
    except SystemExit as stop:
        if stop.code is None:
            return 0, None, False
        if isinstance(stop.code, int):
            return stop.code & 255, None, False
        print(stop.code, file=sys.stderr)
        return 1, None, False
    except BaseException as error:
        traceback.print_exc()
        return 1, traceback.format_exception_only(error)[-1].strip(), isinstance(error, MemoryError)
    return 0, None, False
