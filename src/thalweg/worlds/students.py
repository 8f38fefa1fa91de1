"""The students of miniature worlds: the shipped ones, and those that are made here and kept in a folder.

A student that does not ship is pre-trained like the shipped ones (`miniature.build`: the same documents, optimisers
and schedule), smaller and for fewer steps, on its world's lines: about two minutes on one core. Several processes may
ask for the same student; one makes it while the others wait.
"""

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from thalweg.miniature import STUDENTS, programs, student_folder
from thalweg.miniature.world_tasks import worked
from thalweg.miniature.worlds import World

STEPS = 1500  # of pre-training
_SEED = 777  # of the programs that a student is made of; worlds train on others


def student_of(world: World, cache: Path, steps: int = STEPS) -> Path:
    """The folder of a world's student; one that does not ship is made in `cache` when it is first asked for."""
    if world.student in STUDENTS:
        return student_folder(world.student)
    folder = cache / world.student
    cache.mkdir(parents=True, exist_ok=True)
    with _locked(cache / f"{world.student}.lock"):
        if not folder.exists():
            unfinished = cache / f"{world.student}.unfinished"
            shutil.rmtree(unfinished, ignore_errors=True)
            _make(world, unfinished, steps)
            unfinished.rename(folder)
    return folder


def _make(world: World, folder: Path, steps: int) -> None:
    from thalweg.miniature import build
    from thalweg.miniature.tokenizer import WORDS, make_tokenizer

    words = (*WORDS, *(f"\n{line}" for line in world.lines if line not in programs.LINES))
    tokenizer = make_tokenizer(words)
    count = steps * build.BATCH
    depths = (1, 2, *world.depths)
    asked = worked(world.lines, depths, world.largest, "train", count // 3, f"{world.student}/{_SEED}")
    short = programs.snippets("train", count // 6, _SEED, world.lines)
    source = build.mixed(tokenizer, words, asked, short, _SEED)
    student = build.make(tokenizer, source, steps, folder, world.width, world.layers)
    tuning = worked(world.lines, world.depths, world.largest, "tune", 300, f"{world.student}/{_SEED}")
    print(f"{world.student}: tuning split {build.score(student, tokenizer, tuning):.3f}", flush=True)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with open(path, "w", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # released with the file, also when the process is killed
        yield
