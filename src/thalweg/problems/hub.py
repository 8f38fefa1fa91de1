"""Files of a hub data set that has a loading script of its own, which `datasets` no longer runs.

Its data files are downloaded as they are, into the hub's cache, once. Not covered: data sets without a script, which
`table.py` streams.
"""

from collections.abc import Sequence
from pathlib import Path

from thalweg.errors import InputError

_ENDINGS = (".jsonl", ".json", ".gz", ".parquet")  # what ends so is a file, and no hub id


def local_copy(source: str | Path, files: Sequence[str]) -> Path:
    """What `source` names: a file or folder here, or else a folder with those `files` (patterns) of a hub data set.

    A hub id may end in `@REVISION`.

    Raises:
        InputError: it is a file's name and there is none, or the hub does not give the files.
    """
    path = Path(source)
    if path.exists() or path.suffix in _ENDINGS:
        return path
    try:
        from huggingface_hub import snapshot_download
    except ImportError:
        told = "no such file, and the hub needs 'huggingface_hub'"
        raise InputError(str(source), told, "pip install 'thalweg[hub]'") from None
    hub_id, _, revision = str(source).partition("@")
    try:
        return Path(
            snapshot_download(hub_id, repo_type="dataset", revision=revision or None, allow_patterns=list(files))
        )
    except (OSError, ValueError) as error:
        told = (str(error).strip().splitlines() or [type(error).__name__])[0]
        problem = f"no such file or folder, and not downloaded from the hub: {told}"
        raise InputError(str(source), problem, "check the path or the hub id") from error
