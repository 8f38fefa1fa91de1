"""A worker on a node of a Ray cluster: what it checks before it takes work.

This module is imported on the node, so that a node without Thalweg has no worker.
"""

import os
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from thalweg.engine import shipping
from thalweg.engine.local import watch
from thalweg.engine.map import Answer, Place, Station, versions
from thalweg.errors import InputError


class Actor:
    """A `Station` on a node."""

    def __init__(self, cpus: int) -> None:
        watch(os.getppid())  # where Ray itself is late to notice that the node is gone
        self._station, self._cpus = Station(), cpus
        self._folders: dict[str, Path] = {}

    def open(self, wanted: Mapping[str, str], work: bytes, folders: Mapping[str, str]) -> Answer:
        """Compares versions, looks for folders (`lacks` names those that are to be unpacked), and opens the work."""
        for name, version in versions().items():
            if version != wanted[name]:
                said = f"it has {name} {version}, and the driver {wanted[name]}"
                return Answer("refused", InputError("worker", said, "install the driver's version there"))
        for path, mark in folders.items():
            if path not in self._folders:
                found = shipping.present(Path(path), mark)
                if found is None:
                    return Answer("lacks", path)
                self._folders[path] = found
        # Unpickled only now: other versions may know other classes.
        return self._station.open(pickle.loads(work), Place(cpus=self._cpus, folders=self._folders))

    def unpack(self, path: str, mark: str, files: Mapping[str, Any]) -> None:
        """Writes a folder that this machine lacks, file by file."""
        import ray

        shipping.unpack(Path(path), mark, ((Path(name), ray.get(file)) for name, file in files.items()))

    def do(self, payload: Any, shared: Mapping[str, Any]) -> Answer:
        """Does one shard, with the large shared values out of the store."""
        import ray

        values = {key: ray.get(value) if isinstance(value, ray.ObjectRef) else value for key, value in shared.items()}
        return self._station.do(payload, values)
