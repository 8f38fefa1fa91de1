"""Looking for what quietly spoils numbers: graders that disagree, problems seen before."""

from collections.abc import Sequence
from pathlib import Path

from thalweg import store
from thalweg.grade import Bench, Settings
from thalweg.grade.audit import Audit, audit_file
from thalweg.types import Problem, Response
from thalweg.verbs.rows import setting_aside
from thalweg.verbs.stages import OnCount


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
