"""Any trainer as a rung: a corpus and settings go out to the user's own command, a checkpoint folder comes back.

    <out>/handover/messages.jsonl      {corpus}: conversations, `{"messages": [...]}`, in the order of the rung
    <out>/handover/completions.jsonl   {completions}: `{"prompt", "completion"}`, as text with template and end marker
    <out>/handover/rung.json           {rung}: start, paths, seed, size, steps and every training setting
    <out>/handover/log.txt             what the command says, over all attempts
    <out>/handover/out/                {out}: where the command leaves its checkpoint (and `result.json`, if it likes)
    <out>/handover/ended.json          the command has ended well, and its checkpoint was looked at
    <out>/                             then the checkpoint itself, and `result.json` as Thalweg's own trainer writes it

The command line is split as a shell would and started without one. A command that was killed is run again with the same
folders, so a trainer that resumes from what it finds in {out} does so. Steps and tokens are counted from the corpus as
Thalweg would train on it, unless the command's `result.json` says otherwise. Chat templates may drop the thinking of
assistant turns: a trainer of `messages` must not use such a one, `completions.jsonl` is there for those that would.

Not covered: whether the command did what the settings ask for. Its checkpoint is all that is looked at.
"""

import fcntl
import json
import os
import shlex
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import IO

from thalweg import store
from thalweg.engine.supervise import GRACE_S
from thalweg.engine.supervise import command as supervised
from thalweg.errors import InputError
from thalweg.train.handover import counted, hand_over, words
from thalweg.train.job import Job, TrainResult

_TAIL = 2000  # characters of the log that an error shows
_LOOK_S = 0.5


class TrainerError(RuntimeError):
    """The command ended badly, or left no checkpoint; the last line says which command, how, and where its log is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """`line` is run in `folder`; `checkpoint` is the folder of the checkpoint inside {out}."""

    line: str
    folder: Path
    checkpoint: str = "."


def train_by_command(
    command: Command, job: Job, name: str, seconds: float, on_share: Callable[[float], None]
) -> TrainResult:
    """Lets the command train a rung, and leaves its checkpoint in `job.out`.

    `name` is the rung's; `seconds` are how long it is expected to take, for `on_share`, which hears the share done.

    Raises:
        InputError: the corpus cannot be trained on, or processes of an earlier attempt do not end.
        TrainerError: the command failed, or left nothing that can be loaded.
    """
    hand = job.out.resolve() / "handover"
    ended = hand / "ended.json"
    if not ended.exists():
        planned = counted(job)
        line = words(command.line, hand_over(hand, job, name, planned))
        began = time.monotonic()
        _run(line, command, hand, seconds, on_share)
        found = _checkpoint(hand, command)
        result = replace(_reported(hand / "out", planned), seconds=time.monotonic() - began)
        store.write_json(ended, {**asdict(result), "checkpoint": str(found.relative_to(hand))})
    saved = json.loads(ended.read_text(encoding="utf-8"))
    _move(hand / saved.pop("checkpoint"), job.out)
    store.write_json(job.out / "result.json", saved)
    return TrainResult(**saved)


# --------------------------------------------------------------------------- the command


def _run(line: list[str], command: Command, hand: Path, seconds: float, on_share: Callable[[float], None]) -> None:
    """Runs the command to its end under a supervisor, which passes SIGTERM on."""
    with _log(hand / "log.txt") as log:
        log.write(f"$ {shlex.join(line)}\n".encode())
        log.flush()
        process = subprocess.Popen(
            supervised(GRACE_S, line), cwd=command.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
        try:
            _wait(process, seconds, on_share)
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait()
    if process.returncode:
        raise _failed(f"ended with exit status {process.returncode}", line, hand)


def _wait(process: subprocess.Popen[bytes], seconds: float, on_share: Callable[[float], None]) -> None:
    began = time.monotonic()
    while True:
        try:
            process.wait(timeout=_LOOK_S)
            return
        except subprocess.TimeoutExpired:
            on_share(min(0.99, (time.monotonic() - began) / max(seconds, 1.0)))


@contextmanager
def _log(path: Path) -> Iterator[IO[bytes]]:
    """The log, locked. All that the command starts inherits it as output, so it stays locked while any of it lives.

    Raises:
        InputError: an earlier attempt's processes hold it, and go on holding it.
    """
    until = time.monotonic() + GRACE_S + 10
    with open(path, "ab") as log:
        while True:
            try:
                fcntl.flock(log, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > until:
                    where, problem = str(path), "processes of an earlier attempt still write to it"
                    raise InputError(where, problem, "end them, then run the study again") from None
                time.sleep(_LOOK_S)
        yield log


def _failed(what: str, line: list[str], hand: Path) -> TrainerError:
    log = hand / "log.txt"
    tail = log.read_text(encoding="utf-8", errors="replace")[-_TAIL:]
    return TrainerError(f"{tail.rstrip()}\nthe trainer's command {what}: {shlex.join(line)} (its log: {log})")


# --------------------------------------------------------------------------- what comes back


def _checkpoint(hand: Path, command: Command) -> Path:
    """The folder that holds the checkpoint."""
    found = (hand / "out" / command.checkpoint).resolve()
    missing = _missing(found) if found.is_relative_to(hand) else "it is outside {out}"
    if missing is not None:
        raise _failed(f"left no checkpoint that can be loaded in {found}: {missing}", [command.line], hand)
    return found


def _missing(folder: Path) -> str | None:
    """What a model folder lacks, or which of its weights cannot be read; null where it is whole."""
    from safetensors import SafetensorError, safe_open

    if not any((folder / name).exists() for name in ("config.json", "adapter_config.json")):
        return "no config.json"
    if not any((folder / name).exists() for name in ("tokenizer.json", "tokenizer_config.json", "tokenizer.model")):
        return "no tokenizer (save it beside the weights)"
    weights = [*folder.glob("*.safetensors"), *folder.glob("*.bin")]
    for index in folder.glob("*.index.json"):
        listed = set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values())
        absent = sorted(name for name in listed if not (folder / name).exists())
        if absent:
            return f"{absent[0]} of {index.name} is not there"
    for file in folder.glob("*.safetensors"):
        try:
            with safe_open(file, framework="np"):
                pass
        except SafetensorError as error:
            return f"{file.name}: {error}"
    return None if weights else "no weights (*.safetensors)"


def _reported(out: Path, planned: TrainResult) -> TrainResult:
    """The counts of the command's own `result.json`, where it left one, over those that were planned."""
    path = out / "result.json"
    if not path.exists():
        return planned
    names = {field.name for field in fields(TrainResult)}
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise InputError(str(path), f"not JSON: {error}", "write counts such as {'steps': 40}, or nothing") from None
    known = {key: value for key, value in told.items() if key in names} if isinstance(told, dict) else {}
    return store.decode(TrainResult, {**asdict(planned), **known}, str(path))


def _move(found: Path, out: Path) -> None:
    """Moves a checkpoint's files to where the study looks for them; what a kill left over is moved the next time."""
    if found.exists():
        for entry in sorted(found.iterdir()):
            os.replace(entry, out / entry.name)
        found.rmdir()
