"""One process of a launched training job: `python -m thalweg.train FILE` (see `thalweg.train.launch`)."""

import json
import os
import sys
from pathlib import Path

from thalweg.errors import InputError
from thalweg.train.job import Job
from thalweg.train.trainer import run


def main(path: Path) -> None:
    """Does the job of the file, and reports steps and errors of input."""
    first = os.environ.get("RANK", "0") == "0"
    try:
        run(Job.load(path), (lambda step, steps: _report({"step": step, "steps": steps})) if first else None)
    except InputError as error:
        # All processes find the same. They end in order: an exit code would make the launcher print tracebacks.
        if first:
            _report({"error": [error.where, error.problem, error.remedy]})


def _report(row: dict[str, object]) -> None:
    print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
