"""`manifest.json`: a study's resolved configuration, and what ran it: versions, machine, revision of the source."""

import os
import platform
import subprocess
from importlib import metadata
from pathlib import Path
from typing import Any

from thalweg.study.config import Loaded

_PACKAGES = ("thalweg", "torch", "transformers", "trl", "peft", "accelerate", "numpy", "pyarrow", "scipy", "rapidfuzz")


def manifest(loaded: Loaded) -> dict[str, Any]:
    """The resolved configuration, and what ran it."""
    return {
        "study": loaded.config.model_dump(mode="json"),
        "versions": {name: _version(name) for name in _PACKAGES},
        "python": platform.python_version(),
        "machine": {"system": platform.platform(), "processor": platform.machine(), "cores": os.cpu_count()},
        "revision": _revision(),
    }


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _revision() -> str | None:
    """The git revision of Thalweg's source, where it runs from a checkout."""
    here = Path(__file__).parent
    try:
        done = subprocess.run(
            ["git", "-C", str(here), "describe", "--always", "--dirty"], capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        return None
    return done.stdout.strip() or None
