"""Looking for what quietly spoils numbers: graders that disagree, problems seen before."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

from thalweg import store
from thalweg.curate.contamination import Contamination, Methods, contamination
from thalweg.curate.duplicates import THRESHOLD, Clusters, duplicates
from thalweg.curate.neighbours import METHOD as EMBEDDING
from thalweg.curate.neighbours import mean_pooled, neighbours
from thalweg.curate.statements import statements
from thalweg.engine.local import cpu_workers
from thalweg.grade import Bench, Settings
from thalweg.grade.audit import Audit, audit_file
from thalweg.report.overlaps import write_overlaps
from thalweg.thinking import full_text
from thalweg.types import Problem, Response
from thalweg.verbs.generating import open_judge
from thalweg.verbs.rows import OnCount, setting_aside


def audit_graders(
    problems: Sequence[Problem],
    responses: Path,
    out: Path,
    settings: Settings,
    rejects: Path | None = None,
    on_count: OnCount | None = None,
) -> Audit:
    """Grades programs with both graders, and writes every disagreement to `out` (JSON Lines)."""
    with Bench(settings) as bench, setting_aside(rejects) as on_bad:
        total = sum(1 for _ in store.read(responses, Response, on_bad))
        heard = on_count or (lambda _done, _total: None)
        return audit_file(
            {problem.id: problem for problem in problems},
            store.read(responses, Response, (lambda _row: None) if on_bad else None),
            out,
            bench,
            lambda audit: heard(audit.seen, total),
        )


POOLED = 0.98  # mean-pooled hidden states lie close together (docs/contamination.md)


def audit_duplicates(
    items: Path, out: Path, kind: type[Problem] | type[Response] = Problem, threshold: float = THRESHOLD
) -> Clusters:
    """Finds problems (or responses) that repeat each other; `duplicates.jsonl` in `out` has a row each."""
    found = duplicates(_texts(items, kind), threshold, len(cpu_workers(1)))
    with store.replacing(out / "duplicates.jsonl") as temporary, open(temporary, "w", encoding="utf-8") as file:
        file.writelines(store.json_line(store.encode(one)) for one in found.duplicates)
    return found


def audit_contamination(
    items: Path,
    against: Mapping[str, Sequence[Problem]],
    out: Path,
    methods: Methods,
    kind: type[Problem] | type[Response] = Problem,
    *,
    embedder: str | None = None,
    embedding_threshold: float = POOLED,
    judge: str | None = None,
) -> Contamination:
    """Looks for the problems of benchmarks in problems (or responses), and writes the page with hits side by side.

    The rows of `items` stream through; the benchmarks are held. With `embedder`, a model folder, nearest neighbours by
    mean-pooled hidden states are looked for as well, and `judge` (as for `grade`) may clear them.
    """
    held = {name: [(p.id, p.statement) for p in problems] for name, problems in against.items()}
    found = contamination(_texts(items, kind), held, methods, len(cpu_workers(1)))
    if embedder is not None:
        asks = open_judge(judge).ask if judge else None
        near = neighbours(_texts(items, kind), held, mean_pooled(embedder), embedding_threshold, asks)
        found = found.plus(EMBEDDING, near)

    def texts_of(ids: Collection[str]) -> dict[str, str]:
        return {name: text for name, text in _texts(items, kind) if name in ids}

    write_overlaps(found, out, texts_of, {name: dict(rows) for name, rows in held.items()})
    return found


def _texts(path: Path, kind: type[Problem] | type[Response]) -> Iterator[tuple[str, str]]:
    """Ids and texts of a file, one at a time; of problems nothing else is read, since there may be a great many."""
    if kind is Problem:
        return statements(path)
    return ((row.id, full_text(row)) for row in store.read(path, Response))
