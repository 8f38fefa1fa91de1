"""Problems and responses out of files and data sets, as files of the exchange format, streamed.

What is held of a row that is written is eight bytes of a hash for its problem and for its response, so that millions of
rows fit in a gigabyte. Problems are written once; one that a row only names without a way to check it is held back in a
file until a later row has one, or the end.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from inspect import signature
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal, TypeVar

from thalweg import store
from thalweg.errors import InputError
from thalweg.problems import read_source, reader_of
from thalweg.problems.distinct import Distinct
from thalweg.problems.responses import read_responses
from thalweg.problems.source import Item
from thalweg.problems.table import OnBad
from thalweg.types import Problem, Response
from thalweg.verbs.sink import Sink

OnRows = Callable[[int], None]  # rows read so far
T = TypeVar("T")
_TELL_EVERY = 1000


@dataclass(slots=True)
class Imported:
    """What an import wrote (rows by file), how many rows it read, and how many it set aside or left out, by reason.

    Set aside is what cannot be read; left out, what the source has no use for (a problem without tests).
    """

    written: dict[Path, int] = field(default_factory=dict)
    rows: int = 0
    rejected: dict[str, int] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)


def import_source(
    source: str,
    out: Path,
    *,
    options: Mapping[str, Any] | None = None,
    count: int | None = None,
    where: Mapping[str, Any] | None = None,
    problem_prefix: str = "",
    form: Literal["jsonl", "parquet"] = "jsonl",
    rejects: Path | None = None,
    on_rows: OnRows | None = None,
) -> Imported:
    """Writes `problems.jsonl`, `responses.jsonl`, or both, under `out`, and replaces what is there.

    Args:
        options: what the source's reader takes (`path`, `split`, `columns` …).
        count: stop after so many rows (problems of sources without responses); nothing behind them is read.
        where, problem_prefix: of the source `responses`: see `read_responses`.
        rejects: takes rows that cannot be read, with their reason; without it the first of them ends the import.

    Raises:
        InputError: as `read_source`; a source that cannot set rows aside; no row that could be read.
    """
    result, options = Imported(), dict(options or {})
    with ExitStack() as stack:
        on_bad = stack.enter_context(_aside(rejects, result)) if rejects is not None else None
        problems = stack.enter_context(Sink(out / f"problems.{form}", Problem))
        responses = stack.enter_context(Sink(out / f"responses.{form}", Response))
        if source == "responses":
            found = _responses(options, where or {}, problem_prefix, on_bad)
            for response in _counted(islice(found, count), result, on_rows):
                responses.put(response)
        else:
            items = islice(_items(source, options, count, on_bad, result), count)
            _write(_counted(items, result, on_rows), problems, responses)
    if not result.rows:
        aside = f"all {sum(result.rejected.values())} rows were set aside" if result.rejected else "it holds no row"
        raise InputError(f"source '{source}'", aside, "check its path, its split and its options")
    result.written = {sink.path: sink.count for sink in (problems, responses) if sink.count}
    return result


def _items(
    source: str, options: dict[str, Any], count: int | None, on_bad: OnBad | None, result: Imported
) -> Iterator[Item]:
    known = signature(reader_of(source)).parameters
    if "count" in known:
        options.setdefault("count", count)
    if on_bad is not None:
        _takes_rejects("on_bad" in known, source)
        options["on_bad"] = on_bad
    if "on_left_out" in known:
        options["on_left_out"] = lambda row: _count(result.left_out, row)
    return read_source(source, options)


def _responses(
    options: Mapping[str, Any], where: Mapping[str, Any], prefix: str, on_bad: OnBad | None
) -> Iterator[Response]:
    unknown = [name for name, value in options.items() if name not in ("path", "columns") and value is not None]
    if unknown:
        raise InputError("source 'responses'", f"it takes no '{unknown[0]}'", "it takes path, columns")
    if options.get("path") is None:
        raise InputError("--path", "responses come from a file", "name it")
    _takes_rejects(on_bad is None, "responses")
    return read_responses(options["path"], options.get("columns") or {}, where, prefix)


def _takes_rejects(takes: bool, source: str) -> None:
    if not takes:
        raise InputError("--rejects", f"source '{source}' sets no rows aside", "leave it out")


def _counted(rows: Iterable[T], result: Imported, on_rows: OnRows | None) -> Iterator[T]:
    for row in rows:
        result.rows += 1
        if on_rows is not None and result.rows % _TELL_EVERY == 0:
            on_rows(result.rows)
        yield row


def _write(items: Iterable[Item], problems: Sink, responses: Sink) -> None:
    written, held, answered = Distinct(), Distinct(), Distinct()
    with TemporaryDirectory() as folder:
        with Sink(Path(folder) / "held.jsonl", Problem) as later:
            for problem, response, provisional in items:
                if provisional:
                    if held.new(problem.id):
                        later.put(problem)
                elif written.new(problem.id):
                    problems.put(problem)
                if response is not None:
                    if not answered.new(response.id):
                        raise InputError(f"response {response.id!r}", "its id came before", "make the ids unique")
                    responses.put(response)
        for problem in store.read(later.path, Problem) if later.count else ():
            if written.new(problem.id):
                problems.put(problem)


@contextmanager
def _aside(rejects: Path, result: Imported) -> Iterator[OnBad]:
    """Writes rows that cannot be read to `rejects` as they come, in place of what is there, and counts the reasons."""
    with store.replacing(rejects) as temporary, open(temporary, "w", encoding="utf-8") as out:

        def put(row: store.BadRow) -> None:
            _count(result.rejected, row)
            out.write(store.json_line({"where": row.where, "why": row.why, "row": row.raw}))

        yield put


def _count(reasons: dict[str, int], row: store.BadRow) -> None:
    why = row.why.partition(";")[0]
    reasons[why] = reasons.get(why, 0) + 1
