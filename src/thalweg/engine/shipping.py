"""Folders that a work reads (a student), on machines that may not have them.

A folder counts as there when one at the same path has the same `mark`: a shared disk needs no copy. Otherwise its files
are unpacked into a folder of this user's own in the machine's temporary directory, named by the mark, once a machine
and for later runs, too. Remove it at will.

Not covered: hub ids, which each machine loads itself.
"""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

from thalweg.errors import InputError

_WHOLE = 8 << 20  # bytes of a file that are hashed whole; of a larger one its beginning and end, since weights are many
_EDGE = 1 << 20


def files_of(folder: Path) -> list[Path]:
    """The files of a folder, relative to it, hidden ones left out."""
    inside = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return sorted(path for path in inside if not any(part.startswith(".") for part in path.parts))


def mark(folder: Path) -> str:
    """Sixteen hex digits over names, sizes and contents (of large files: the first and last MiB)."""
    digest = hashlib.sha256()
    for name in files_of(folder):
        size = (folder / name).stat().st_size
        digest.update(f"{name}\0{size}\0".encode())
        with open(folder / name, "rb") as file:
            if size <= _WHOLE:
                digest.update(file.read())
                continue
            digest.update(file.read(_EDGE))
            file.seek(size - _EDGE)
            digest.update(file.read())
    return digest.hexdigest()[:16]


def present(folder: Path, wanted: str) -> Path | None:
    """Where the folder with this mark is on this machine; null where it is not."""
    for candidate in (folder, _home() / wanted / folder.name):
        if candidate.is_dir() and mark(candidate) == wanted:
            return candidate
    return None


def unpack(folder: Path, wanted: str, contents: Iterable[tuple[Path, bytes]]) -> Path:
    """Writes a folder's files where `present` finds them. Workers of one machine may do so at the same time."""
    home = _home()
    with tempfile.TemporaryDirectory(dir=home) as temporary:
        made = Path(temporary) / wanted
        for name, content in contents:
            target = made / folder.name / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        try:
            made.rename(home / wanted)
        except OSError:  # another worker was quicker, or what is there is not what it says it is
            if present(folder, wanted) is None:
                shutil.rmtree(home / wanted)
                made.rename(home / wanted)
    return home / wanted / folder.name


def _home() -> Path:
    """This user's own folder: nobody else may put a model there for us to load."""
    home = Path(tempfile.gettempdir()) / f"thalweg-folders-{os.getuid()}"
    home.mkdir(mode=0o700, exist_ok=True)
    found = home.lstat()
    if found.st_uid != os.getuid() or found.st_mode & 0o077 or home.is_symlink():
        raise InputError(str(home), "it is not this user's own", "remove it, or set TMPDIR")
    return home
