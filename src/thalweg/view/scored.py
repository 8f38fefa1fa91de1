"""What `scores.parquet` says of the students' responses: whether each thinks, finishes and loops.

The rows are matched by model, problem and sample. A source whose verdicts are newer than the scores is not trusted to
match (the study has gone on since), nor one of which a response is missing.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from thalweg.view.catalogue import BASE, Catalogue, Model, Source
from thalweg.view.problems import Problems
from thalweg.view.tables import UNKNOWN, Ints, columns, integers

_FLAGS = ("thinking", "finished", "looped")
_SAMPLES = 1 << 20  # more samples of one problem than any study has


@dataclass
class Scored:
    """Keys in ascending order, and a flag's column each."""

    keys: Ints
    values: dict[str, Ints]
    problems: int
    time: int  # when the scores were written, in nanoseconds

    def flags(self, source: Source, model: Ints, problem: Ints, sample: Ints) -> dict[str, Ints] | None:
        """The flags of one source's rows, or null where the scores do not hold them all."""
        if not len(self.keys) or not source.verdicts.exists() or source.verdicts.stat().st_mtime_ns > self.time:
            return None
        asked = _keys(model, problem, sample, self.problems)
        at = np.searchsorted(self.keys, asked).clip(max=len(self.keys) - 1)
        if (self.keys[at] != asked).any():
            return None
        return {name: values[at] for name, values in self.values.items()}


def read_scored(catalogue: Catalogue, models: list[Model], problems: Problems) -> Scored:
    """The scores of a study; empty where it has none."""
    nothing = Scored(np.zeros(0, np.int64), {}, 1, 0)
    if not catalogue.scores.exists():
        return nothing
    table = columns(catalogue.scores, ["arm", "start", "size", "seed", "benchmark", "problem_id", "sample", *_FLAGS])
    if not table.num_rows:
        return nothing
    model, problem = _models(table, models), _problems(table, problems)
    known = np.flatnonzero((model >= 0) & (problem >= 0))
    count = max(len(problems.ids), 1)
    keys = _keys(model[known], problem[known], integers(table["sample"])[known], count)
    order = np.argsort(keys, kind="stable")
    values = {name: integers(table[name])[known][order] for name in _FLAGS}
    return Scored(keys[order], values, count, catalogue.scores.stat().st_mtime_ns)


def _keys(model: Ints, problem: Ints, sample: Ints, problems: int) -> Ints:
    keys: Ints = (model * problems + problem) * _SAMPLES + sample
    return keys


def _models(table: Any, models: list[Model]) -> Ints:
    """The model of every row, -1 for none: a size-0 row is the untouched student, or a rung that has rows itself."""
    numbers = {(model.arm, model.size, model.seed): place for place, model in enumerate(models) if model.arm}
    base = next((place for place, model in enumerate(models) if model.name == BASE), UNKNOWN)
    arms, arm = _encoded(table["arm"])
    starts, start = _encoded(table["start"])
    size, seed = integers(table["size"]), integers(table["seed"])
    rungs = ((arm * len(starts) + start) * (size.max() + 1) + size) * (seed.max() + 1) + seed
    _, first, inverse = np.unique(rungs, return_index=True, return_inverse=True)
    found = [
        numbers.get((arms[arm[at]], int(size[at]), int(seed[at])), UNKNOWN)
        if size[at]
        else (base if starts[start[at]] == BASE else UNKNOWN)
        for at in first
    ]
    return np.array(found, np.int64)[inverse]


def _problems(table: Any, problems: Problems) -> Ints:
    """The number of every row's problem, -1 where the pool or the problem is unknown."""
    pools, pool = _encoded(table["benchmark"])
    ids = table["problem_id"].combine_chunks()
    found = np.full(len(ids), UNKNOWN, np.int64)
    for place, name in enumerate(pools):
        found = np.where(pool == place, problems.places(name, ids), found)
    return found


def _encoded(column: Any) -> tuple[list[str], Ints]:
    """The distinct values of an Arrow column, and for every row the place of its value."""
    encoded = column.combine_chunks().dictionary_encode()
    return encoded.dictionary.to_pylist(), integers(encoded.indices)
