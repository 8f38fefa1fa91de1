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
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import IO, Any

from thalweg import chat, store
from thalweg.errors import InputError
from thalweg.train.config import TrainConfig
from thalweg.train.job import Job, TrainResult
from thalweg.train.supervise import GRACE_S

PLACES = (
    "corpus", "completions", "rung", "start", "out", "name", "seed", "size", "steps",
    "epochs", "max_steps", "learning_rate", "batch_size", "max_length",
)  # fmt: skip
_PLACE = re.compile(r"(?<!\$)\{([a-z][a-z_]*)\}")
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


def unknown_places(line: str) -> list[str]:
    """The names in braces of a command line that stand for nothing (`${name}` is a shell's, and left alone)."""
    return [name for name in _PLACE.findall(line) if name not in PLACES]


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
        planned = _planned(job)
        words = _words(command.line, _hand_over(hand, job, name, planned))
        began = time.monotonic()
        _run(words, command, hand, seconds, on_share)
        found = _checkpoint(hand, command)
        result = replace(_reported(hand / "out", planned), seconds=time.monotonic() - began)
        store.write_json(ended, {**asdict(result), "checkpoint": str(found.relative_to(hand))})
    saved = json.loads(ended.read_text(encoding="utf-8"))
    _move(hand / saved.pop("checkpoint"), job.out)
    store.write_json(job.out / "result.json", saved)
    return TrainResult(**saved)


# --------------------------------------------------------------------------- what goes out


def _hand_over(hand: Path, job: Job, name: str, planned: TrainResult) -> dict[str, str]:
    """Writes the files of a rung; what each place of the command line stands for."""
    (hand / "out").mkdir(parents=True, exist_ok=True)
    _write_corpus(hand, job)
    values = {
        "corpus": str(hand / "messages.jsonl"),
        "completions": str(hand / "completions.jsonl"),
        "rung": str(hand / "rung.json"),
        "start": job.student,
        "out": str(hand / "out"),
        "name": name,
        "seed": job.seed,
        "size": len(job.corpus),
        "steps": planned.steps,
    }
    settings = job.config.model_dump(mode="json")
    store.write_json(hand / "rung.json", {**values, "train": settings, "prompt": asdict(job.prompt)})
    return {key: str(value) for key, value in {**values, **_settings(job.config)}.items()}


def _settings(config: TrainConfig) -> dict[str, Any]:
    """The training settings that have a place; no `max_steps` is -1, as transformers has it."""
    return {
        "epochs": config.epochs,
        "max_steps": config.max_steps or -1,
        "learning_rate": config.learning_rate,
        "batch_size": config.batch_size,
        "max_length": config.max_length,
    }


def _write_corpus(hand: Path, job: Job) -> None:
    from thalweg.train.student import load_tokenizer

    tokenizer = load_tokenizer(job.student)
    end = tokenizer.convert_ids_to_tokens(chat.end_of_turn(tokenizer, job.prompt))
    system = [{"role": "system", "content": job.prompt.system}] if job.prompt.system else []
    turns = ([*system, _turn("user", row.prompt), _turn("assistant", row.text)] for row in job.corpus)
    pairs = (
        {"prompt": chat.render(tokenizer, row.prompt, job.prompt), "completion": f"{row.text}{end}"}
        for row in job.corpus
    )
    _write_lines(hand / "messages.jsonl", ({"messages": row} for row in turns))
    _write_lines(hand / "completions.jsonl", pairs)


def _turn(role: str, content: str) -> dict[str, str]:
    return {"role": role, "content": content}


def _write_lines(path: Path, rows: Iterator[Mapping[str, Any]]) -> None:
    with store.replacing(path) as temporary, open(temporary, "w", encoding="utf-8") as out:
        out.writelines(store.json_line(row) for row in rows)


def _words(line: str, values: Mapping[str, str]) -> list[str]:
    """The command's words, split before the places are filled, so that a path with a space stays one word."""
    return [_PLACE.sub(lambda place: values.get(place[1], place[0]), word) for word in shlex.split(line)]


def _planned(job: Job) -> TrainResult:
    """Steps and tokens as Thalweg's own trainer would count them. It fails before hours of a GPU, if it must."""
    from thalweg.train import schedule, student
    from thalweg.train.encode import IGNORED, encode_corpus

    tokenizer = student.load_tokenizer(job.student)
    limit = student.longest_row(job.student, job.config)
    encoded = encode_corpus(job.corpus, tokenizer, job.prompt, job.config, limit)
    lengths = [len(row.input_ids) for row in encoded.rows]
    labelled = [int((row.labels[1:] != IGNORED).sum()) for row in encoded.rows]
    seen = [index for batch in schedule.batches(lengths, job.config, job.seed) for index in batch]
    return TrainResult(
        steps=schedule.plan_steps(len(lengths), job.config),
        tokens_trained=sum(lengths[index] for index in seen),
        loss_tokens=sum(labelled[index] for index in seen),
        seconds=0.0,
        loss=None,
        examples=len(lengths),
        truncated=encoded.truncated,
        dropped=encoded.dropped,
    )


# --------------------------------------------------------------------------- the command


def _run(words: list[str], command: Command, hand: Path, seconds: float, on_share: Callable[[float], None]) -> None:
    """Runs the command to its end under a supervisor, which passes SIGTERM on."""
    supervisor = [sys.executable, "-m", "thalweg.train.supervise", str(os.getpid())]
    with _log(hand / "log.txt") as log:
        log.write(f"$ {shlex.join(words)}\n".encode())
        log.flush()
        process = subprocess.Popen(
            [*supervisor, *words], cwd=command.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
        try:
            _wait(process, seconds, on_share)
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait()
    if process.returncode:
        raise _failed(f"ended with exit status {process.returncode}", words, hand)


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


def _failed(what: str, words: list[str], hand: Path) -> TrainerError:
    log = hand / "log.txt"
    tail = log.read_text(encoding="utf-8", errors="replace")[-_TAIL:]
    return TrainerError(f"{tail.rstrip()}\nthe trainer's command {what}: {shlex.join(words)} (its log: {log})")


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
