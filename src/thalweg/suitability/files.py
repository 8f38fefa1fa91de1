"""Measures any number of responses under one student, batch by batch: resumable, in bounded memory.

    out/part-000000.parquet           a row a response (`Suitability`), a file a batch
    tokens_out/part-000000.parquet    the same responses' `TokenStats`, if they are kept: about 13 bytes a token

Responses to one problem stand side by side, since their prompt is read once. Batches are cut from the full list before
it is known which of them are on disk, and a batch is written whole or not at all: a run that was killed and goes on
leaves the very files of an uninterrupted one. Not covered: responses that change between two runs; the caller starts
with an empty folder then.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from thalweg import chat, store
from thalweg.engine.map import Inline, Mapper, Shard
from thalweg.errors import InputError
from thalweg.suitability.shards import Asked, Measuring
from thalweg.types import Problem, Response, Suitability, TokenStats

if TYPE_CHECKING:
    from thalweg.loading import Precision

BATCH = 64  # responses that are measured between two writes


def measure_file(
    problems: Mapping[str, Problem],
    responses: Iterable[Response],
    out: Path,
    student: str | Path,
    prompt: chat.Prompt,
    precision: "Precision | None" = None,
    *,
    threads: int | None = None,
    tokens_out: Path | None = None,
    local: bool = False,
    window: int | None = None,
    batch_size: int = BATCH,
    mapper: Mapper | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> None:
    """Writes a row a response into `out`, a folder of shards; goes on where an earlier run was cut off.

    Rows come in the order of problems (as the responses first name them), not in that of the responses.

    Args:
        precision: of the student; null is fp32 on a CPU and bf16 on a GPU.
        tokens_out: a folder for the statistics of every token; null keeps none.
        mapper: who measures, if not this process; files are written here in any case.
        local: whether local surprisal is measured too (`window` sentences), for about four times the work.
        on_progress: takes responses done and responses in all, after every batch, those on disk included.

    Raises:
        InputError: no response, a response to an unknown problem, a `tokens_out` with other responses' parts, or the
            `Scorer`'s own complaints.
    """
    batches = _batches(list(responses), problems, batch_size)
    if tokens_out is not None:
        _refuse_others(tokens_out, len(batches))
    shards, tell = store.Shards(out, Suitability), on_progress or (lambda _done, _total: None)

    def is_there(index: int) -> bool:
        return shards.has(index) and (tokens_out is None or (tokens_out / _part(index)).exists())

    todo = [index for index in range(len(batches)) if not is_there(index)]
    work = Measuring(
        student=str(student),
        name=_label(student),
        prompt=prompt,
        precision=precision,
        threads=threads,
        local=local,
        window=window,
        keeps_stats=tokens_out is not None,
    )
    total = sum(map(len, batches))
    done = total - sum(len(batches[index]) for index in todo)
    if done:
        tell(done, total)
    asked = (Shard(index, [_asked(problems, response, prompt) for response in batches[index]]) for index in todo)
    for index, found in (mapper or Inline()).map(work, asked, len(todo), {}):
        if tokens_out is not None:
            assert found.stats is not None
            write_token_stats(tokens_out / _part(index), found.stats)
        shards.put(index, found.rows)
        done += len(found.rows)
        tell(done, total)


def _label(student: str | Path) -> str:
    """As `thalweg.loading.label`, which loads PyTorch."""
    return Path(student).resolve().name if Path(student).exists() else str(student)


def _asked(problems: Mapping[str, Problem], response: Response, prompt: chat.Prompt) -> Asked:
    return Asked(prompt.user_turn(problems[response.problem_id]), response)


def _batches(responses: list[Response], problems: Mapping[str, Problem], batch_size: int) -> list[list[Response]]:
    if not responses:
        raise InputError("responses", "there is none to measure", "check the file")
    order: dict[str, int] = {}
    for response in responses:
        order.setdefault(response.problem_id, len(order))
        if response.problem_id not in problems:
            unknown = f"answers problem {response.problem_id!r}, which is not among the problems"
            raise InputError(f"response {response.id!r}", unknown, "give the problems that it was made for")
    by_problem = sorted(responses, key=lambda response: order[response.problem_id])
    return [by_problem[start : start + batch_size] for start in range(0, len(by_problem), batch_size)]


def _part(index: int) -> str:
    return f"part-{index:06d}.parquet"


def _refuse_others(folder: Path, batches: int) -> None:
    """Parts beyond the last batch are of other responses, and would be read with these."""
    expected = {_part(index) for index in range(batches)}
    for path in sorted(folder.glob("*.parquet")):
        if path.name not in expected:
            raise InputError(str(folder), f"{path.name} there is of other responses", "name an empty folder")


# --------------------------------------------------------------------------- token statistics on disk


def write_token_stats(path: Path, stats: Sequence[TokenStats]) -> None:
    """Writes statistics as one Parquet file, whole or not at all."""
    columns = {field.name: [getattr(row, field.name) for row in stats] for field in fields(TokenStats)}
    with store.replacing(path) as temporary:
        pq.write_table(pa.table(columns, schema=_schema()), temporary, compression="zstd")


def read_token_stats(folder: Path) -> Iterator[TokenStats]:
    """Streams the statistics that `measure_file` left in `tokens_out`, in the order of the responses.

    Raises:
        InputError: there are none.
    """
    parts = sorted(folder.glob("*.parquet"))
    if not parts:
        raise InputError(str(folder), "the folder holds no .parquet file", "name a folder of token statistics")
    for part in parts:
        for row in pq.read_table(part).to_pylist():
            yield TokenStats(**_plain(row))


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in row.items()}


def _schema() -> pa.Schema:
    return pa.schema(
        {
            "student": pa.string(),
            "response_id": pa.string(),
            "precision": pa.string(),
            "ids": pa.list_(pa.int32()),
            "log_probs": pa.list_(pa.float32()),
            "ranks": pa.list_(pa.uint8()),
            "entropies": pa.list_(pa.float32()),
            "truncated": pa.bool_(),
        }
    )
