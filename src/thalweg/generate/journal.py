"""What was asked and answered, on disk before it is forgotten: an append-only file of whole lines.

One line a fact: a response, a recorded failure, an attempt that was paid for and is of no use, the beginning of a
round. `append` writes any number of lines with one system call and returns when the disk has them, so a process that
is killed loses at most the answers that had not arrived. A last line that a kill or a full disk cut short is taken
away on opening, and its request is asked again; a bad line anywhere else is an error, since nothing that we do makes
one. Of millions of responses only their places in the file are held.

Not covered: what the facts mean (`thalweg.generate.ledger`), and several writers, who are kept out by a lock.
"""

import fcntl
import json
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import accumulate
from pathlib import Path
from typing import Any

from thalweg.errors import InputError

_BLOCK = 1 << 15  # bytes read at a time: most rows fit, and a larger block would be copied for each
_SLOW_S = 0.002  # a disk that takes longer would hold up an event loop


class Journal:
    """The file at `path`, made if it is not there, held until `close`.

    Args:
        path: the file.
        on_row: is shown each row that is there, with its offset in bytes, in order.

    Raises:
        InputError: another process holds the file, or a line other than the last is not a JSON object.
    """

    def __init__(self, path: Path, on_row: Callable[[int, dict[str, Any]], None]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path, self._one_at_a_time = path, threading.Lock()
        self.is_slow = False  # whether the last rows took the disk long
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._file)
            raise InputError(str(path), "another process writes to it", "wait until it ends") from None
        try:
            self._end = self._scan(on_row)
        except BaseException:
            os.close(self._file)
            raise
        if self._end < os.fstat(self._file).st_size:
            os.ftruncate(self._file, self._end)

    def append(self, rows: Iterable[Mapping[str, Any]]) -> list[int]:
        """Writes the rows as one block of lines, on disk on return; gives their offsets.

        Raises:
            OSError: the disk is full. What was written of the block is taken back.
        """
        lines = [json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n" for row in rows]
        with self._one_at_a_time:
            began = time.monotonic()
            offsets = list(accumulate((len(line) for line in lines), initial=self._end))
            try:
                self._put(memoryview(b"".join(lines)))
            except OSError:
                os.ftruncate(self._file, self._end)
                raise
            self._end = offsets.pop()
            self.is_slow = time.monotonic() - began > _SLOW_S
        return offsets

    def _put(self, block: memoryview) -> None:
        while block:
            block = block[os.write(self._file, block) :]
        os.fdatasync(self._file)

    def row(self, offset: int) -> dict[str, Any]:
        """The row at an offset."""
        parts = []
        while block := os.pread(self._file, _BLOCK, offset):
            line, newline, _ = block.partition(b"\n")
            parts.append(line)
            if newline:
                break
            offset += len(block)
        row: dict[str, Any] = json.loads(b"".join(parts))
        return row

    def close(self) -> None:
        """Lets go of the file."""
        os.close(self._file)

    def remove(self) -> None:
        """Deletes the file, when all that it holds is kept elsewhere."""
        self._path.unlink()

    def _scan(self, on_row: Callable[[int, dict[str, Any]], None]) -> int:
        """Shows the rows that are there; returns where the last whole one ends."""
        torn, end = 0, 0
        for number, (offset, line) in enumerate(self._lines(), 1):
            if torn:
                problem = f"row {torn} is not a JSON object, and rows follow it"
                raise InputError(str(self._path), problem, "the file was changed by hand or by a failing disk")
            row = _parsed(line)
            if row is None:
                torn = number
                continue
            on_row(offset, row)
            end = offset + len(line)
        return end

    def _lines(self) -> Iterator[tuple[int, bytes]]:
        with open(self._path, "rb") as file:
            offset = 0
            for line in file:
                yield offset, line
                offset += len(line)


def _parsed(line: bytes) -> dict[str, Any] | None:
    """The object of a whole line; null where it is cut or is none."""
    if not line.endswith(b"\n"):
        return None
    try:
        row = json.loads(line)
    except ValueError:  # not JSON, or not UTF-8
        return None
    return row if isinstance(row, dict) else None
