"""datatrove on the files of `benchmarks/contamination.py`, run by it under an interpreter of its own.

    PYTHON benchmarks/datatrove_run.py datatrove-minhash|datatrove-ngrams FOLDER

Two tasks on two processes, its default settings but n = 13 for the n-gram filter. Prints what was removed.
"""

import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

WORKERS = 2


def reader(folder: Path) -> Any:
    """The training problems as documents."""
    return import_module("datatrove.pipeline.readers").JsonlReader(
        str(folder / "train"), text_key="statement", id_key="id"
    )


def run(folder: Path, steps: list[Any], tasks: int, workers: int = WORKERS) -> Any:
    """One stage on this machine; its statistics."""
    executor = import_module("datatrove.executor").LocalPipelineExecutor
    logs = str(folder / "datatrove-logs")
    return executor(pipeline=steps, tasks=tasks, workers=workers, skip_completed=False, logging_dir=logs).run()


def minhash(folder: Path) -> dict[str, int]:
    """Signatures, buckets, clusters and filter."""
    dedup = import_module("datatrove.pipeline.dedup")
    config = import_module("datatrove.pipeline.dedup.minhash").MinhashConfig()
    out = folder / "datatrove"
    run(folder, [reader(folder), dedup.MinhashDedupSignature(str(out / "signatures"), config)], WORKERS)
    run(
        folder,
        [dedup.MinhashDedupBuckets(str(out / "signatures"), str(out / "buckets"), config=config)],
        config.num_buckets,
    )
    run(folder, [dedup.MinhashDedupCluster(str(out / "buckets"), str(out / "remove"), config=config)], 1, 1)
    run(folder, [reader(folder), dedup.MinhashDedupFilter(str(out / "remove"))], WORKERS)
    return {"duplicates": sum(path.stat().st_size // 4 for path in (out / "remove").glob("*.remove"))}


def ngrams(folder: Path) -> dict[str, int]:
    """The n-gram filter, with an index of the benchmarks' statements in its format."""
    decont = import_module("datatrove.pipeline.decont.n_grams")
    config = decont.NGramsDecontConfig(n_grams=13)
    index = folder / "datatrove-index"
    index.mkdir()
    indexer = decont.NGramsDecontIndexer(str(index), config=config)
    for path in sorted((folder / "against").iterdir()):
        with open(path, encoding="utf-8") as lines:
            hashes = {h for line in lines for h in indexer.compute_hashes(json.loads(line)["statement"])}
        array = np.array(sorted(hashes), dtype=config.hash_config.np_descr)
        array.tofile(str(index / f"{path.stem}.index.hashes"))
    stats = run(folder, [reader(folder), decont.NGramsDecontFilter(str(index), config=config)], WORKERS)
    return {"contaminated": int(stats.stats[-1].stats["dropped"].total)}


if __name__ == "__main__":
    print(json.dumps({"datatrove-minhash": minhash, "datatrove-ngrams": ngrams}[sys.argv[1]](Path(sys.argv[2]))))
