"""Near-duplicates and contamination of a great many problems, beside datatrove's and open-r1's ways, on the same text.

    python -m benchmarks.contamination --data FOLDER [--count 1000000] [--datatrove PYTHON] [--only NAME ...]

Makes `--count` training problems (GSM8K train, reasoning-gym, half of P3, CRUXEval and MBPP; then variants of them with
other names, numbers and words; one in twenty a light edit of another, one in two hundred a lightly edited benchmark
problem) and ten benchmarks, and runs on them, each as a process of its own with two workers:

* `duplicates`: `thalweg.curate.duplicates`, Jaccard 0.7        `datatrove-minhash`: its four stages, its defaults
* `13-gram`: `thalweg.curate.contamination`, every 13-gram      `open-r1`: its algorithm, plainly written down here
* `all`: its defaults (exact, near, 8- and 13-grams)            `datatrove-ngrams`: its filter, with n = 13

Seconds are the whole process's, start and reading included, and CPU seconds those of all its processes; memory is the
largest sum of proportional set sizes over them. Both are looked at twice a second, so a little at the end is missed.
datatrove runs under the interpreter that `--datatrove` names, with spaCy in it, its tokenizer for
English.
"""

import argparse
import json
import multiprocessing
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, suppress
from itertools import chain, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.rewrite import lightly_edited
from benchmarks.texts import Texts, loaded, mathematics, multiplied, reasoning_gym
from thalweg import store

WORKERS = 2
OURS = ("13-gram", "all", "duplicates")
PEERS = ("open-r1", "datatrove-ngrams", "datatrove-minhash")
_FAMILIES = ("rg_algorithmic", "rg_games", "rg_logic")


def corpora(data: Path) -> tuple[Texts, dict[str, Texts]]:
    """The originals of the training problems, and the ten benchmarks."""
    sets = {name: loaded(name, data, file) for name, file in _FILES.items()}
    halves = {name: (texts[::2], texts[1::2]) for name, texts in sets.items()}
    families = reasoning_gym(data)
    against = {name: test for name, (_, test) in halves.items()}
    against |= {"gsm8k_test": loaded("gsm8k", data, "gsm8k_test", "test"), **mathematics(data)}
    against["exercism"] = loaded("exercism", data, "exercism_python")
    against |= {name: families[name][1::2] for name in _FAMILIES}
    train = loaded("gsm8k", data, "gsm8k_train", "train")
    train += [item for texts, _ in halves.values() for item in texts]
    train += [item for name, texts in families.items() for item in (texts[::2] if name in _FAMILIES else texts)]
    return train, against


_FILES = {"mbpp": "mbpp", "p3": "p3_puzzles", "cruxeval": "cruxeval"}


def training(originals: Texts, against: dict[str, Texts], count: int) -> Iterator[tuple[str, str]]:
    """The training problems."""
    leaks = list(chain.from_iterable(against.values()))
    draw = random.Random(0)
    for index, (key, text) in enumerate(multiplied(originals, count)):
        chance = draw.random()
        if chance < 0.005:
            key, text = draw.choice(leaks)
            yield f"{index}/leak/{key}", lightly_edited(text, draw)
        elif chance < 0.055:
            key, text = draw.choice(originals)
            yield f"{index}/edit/{key}", lightly_edited(text, draw)
        else:
            yield f"{index}/{key}", text


def main() -> None:
    """Makes the files, runs what is asked for, prints a row each."""
    options = _options()
    if options.run:
        print(json.dumps(_RUNS[options.run](options.folder)))
        return
    with TemporaryDirectory(dir=options.scratch) as name:
        folder = Path(name)
        _write(folder, options.data, options.count)
        print("| run | seconds | CPU seconds | MiB | what it found |\n| --- | --- | --- | --- | --- |", flush=True)
        for run in options.only or [*OURS, *(PEERS if options.datatrove else PEERS[:1])]:
            seconds, busy, peak, said = _watched(_command(run, folder, options.datatrove))
            print(f"| {run} | {seconds:.1f} | {busy:.1f} | {peak} | {said} |", flush=True)


def _write(folder: Path, data: Path, count: int) -> None:
    originals, against = corpora(data)
    (folder / "against").mkdir()
    for name, texts in against.items():
        _lines(folder / "against" / f"{name}.jsonl", texts)
    (folder / "train").mkdir()
    characters = 0
    with ExitStack() as stack:
        parts = [stack.enter_context(open(_part(folder, worker), "w", encoding="utf-8")) for worker in range(WORKERS)]
        for index, item in enumerate(training(originals, against, count)):
            parts[index % WORKERS].write(_line(item))
            characters += len(item[1])
    held = sum(len(texts) for texts in against.values())
    print(f"{count} problems, {characters / count:.0f} characters each; {len(against)} benchmarks, {held} problems")


def _part(folder: Path, worker: int) -> Path:
    return folder / "train" / f"part-{worker}.jsonl"


def _lines(path: Path, texts: Iterable[tuple[str, str]]) -> None:
    with open(path, "w", encoding="utf-8") as out:
        out.writelines(map(_line, texts))


def _line(item: tuple[str, str]) -> str:
    return store.json_line({"id": item[0], "statement": item[1], "check": {"type": "text", "answer": ""}})


def _command(run: str, folder: Path, datatrove: str | None) -> list[str]:
    if run.startswith("datatrove"):
        return [str(datatrove), str(Path(__file__).with_name("datatrove_run.py")), run, str(folder)]
    return [sys.executable, "-m", "benchmarks.contamination", "--run", run, "--folder", str(folder)]


def _watched(command: list[str]) -> tuple[float, float, int, str]:
    """Seconds, CPU seconds, peak MiB, and the last line that a command prints."""
    began, peak, busy = time.monotonic(), 0, dict[int, float]()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    while process.poll() is None:
        memory = 0
        for pid in [process.pid, *_children(process.pid)]:
            with suppress(FileNotFoundError, ProcessLookupError, PermissionError):
                memory += _memory(pid)
                busy[pid] = _cpu_seconds(pid)
        peak = max(peak, memory)
        time.sleep(0.5 if time.monotonic() - began > 5 else 0.1)
    seconds = time.monotonic() - began
    assert process.stdout is not None
    lines = process.stdout.read().strip().splitlines()
    assert process.returncode == 0, f"{command} ended with {process.returncode}"
    return seconds, sum(busy.values()), peak // 1024, lines[-1]


def _memory(pid: int) -> int:
    """The proportional set size of a process, in KiB."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    return next((int(line.split()[1]) for line in rollup if line.startswith("Pss:")), 0)


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _children(pid: int) -> list[int]:
    try:
        tasks = [int(task.name) for task in Path(f"/proc/{pid}/task").iterdir()]
        listed = [Path(f"/proc/{pid}/task/{task}/children").read_text(encoding="ascii") for task in tasks]
    except (FileNotFoundError, ProcessLookupError):
        return []
    direct = [int(child) for children in listed for child in children.split()]
    return [*direct, *chain.from_iterable(map(_children, direct))]


# --------------------------------------------------------------------------- what is run, each in a process of its own


def _read(folder: Path) -> tuple[Iterator[tuple[str, str]], dict[str, Texts]]:
    from thalweg.curate.statements import statements

    train = chain.from_iterable(statements(_part(folder, worker)) for worker in range(WORKERS))
    return train, {path.stem: list(statements(path)) for path in sorted((folder / "against").iterdir())}


def _every_13_gram(folder: Path) -> dict[str, int]:
    from thalweg.curate.contamination import Methods

    return _contamination(folder, Methods(ngrams=(13,), exact=False, near=None, common=None, symbols=True))


def _all(folder: Path) -> dict[str, int]:
    from thalweg.curate.contamination import Methods

    return _contamination(folder, Methods())


def _contamination(folder: Path, methods: Any) -> dict[str, int]:
    from thalweg.curate.contamination import contamination

    found = contamination(*_read(folder), methods, WORKERS)
    return {"checked": found.checked, **{name: len(found.reasons([name])) for name in found.methods}}


def _duplicates(folder: Path) -> dict[str, int]:
    from thalweg.curate.duplicates import duplicates

    found = duplicates(_read(folder)[0], 0.7, WORKERS)
    return {"checked": found.items, "duplicates": len(found.duplicates)}


def _open_r1(folder: Path) -> dict[str, int]:
    """For every benchmark in turn: the row's set of n-grams as text, looked up in the benchmark's n-grams."""
    train, against = _read(folder)
    contaminated: set[str] = set()
    with multiprocessing.get_context("spawn").Pool(WORKERS, _open_r1_start, (against,)) as pool:
        rows = iter(lambda: list(islice(train, 1000)), [])
        for batch in pool.imap(_open_r1_batch, rows):
            contaminated.update(batch)
    return {"contaminated": len(contaminated)}


_lookups: list[set[str]] = []


def _open_r1_start(against: dict[str, Texts]) -> None:
    for texts in against.values():
        _lookups.append({gram for _, text in texts for gram in _open_r1_ngrams(text)})


def _open_r1_batch(batch: Texts) -> list[str]:
    return [key for key, text in batch if max([_open_r1_hit(text, lookup) for lookup in _lookups])]


def _open_r1_hit(text: str, lookup: set[str]) -> bool:
    found = {gram in lookup for gram in _open_r1_ngrams(text)}
    return True in found


def _open_r1_ngrams(text: str, n: int = 13) -> set[str]:
    words = " ".join(text.lower().strip().split()).split()
    return {" ".join(words[i : i + n]) for i in range(len(words) - n + 1)}


_RUNS: dict[str, Callable[[Path], dict[str, int]]] = {
    "13-gram": _every_13_gram,
    "all": _all,
    "duplicates": _duplicates,
    "open-r1": _open_r1,
}


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="the folder of public sets")
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--datatrove", help="an interpreter that has datatrove[processing] and spacy")
    parser.add_argument("--only", nargs="*", choices=[*OURS, *PEERS])
    parser.add_argument("--scratch", help="where the files go (about 1 GiB for a million)")
    parser.add_argument("--run", choices=sorted(_RUNS), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
