"""`thalweg audit student`: is this checkpoint before, in or past the valley, or is something broken?"""

from collections.abc import Sequence
from pathlib import Path

from thalweg import store
from thalweg.chat import Prompt
from thalweg.curate.corpus import examples, read_corpus
from thalweg.curve.diagnosis import Diagnosis, diagnose, words
from thalweg.errors import InputError
from thalweg.miniature import STUDENTS, student_folder
from thalweg.types import Example, Outcome, Problem, Response, Verdict


def audit_student(
    start: str,
    student: Path,
    corpus: Path,
    problems: Sequence[Problem],
    responses: Path,
    verdicts: Path,
    *,
    start_responses: Path | None = None,
    start_verdicts: Path | None = None,
    pool: Path | None = None,
    pool_problems: Sequence[Problem] = (),
    metrics: Path | None = None,
    prompt: Prompt | None = None,
) -> tuple[Diagnosis, str]:
    """The diagnosis of a checkpoint, and the same in words.

    Args:
        start: the folder, hub id or embedded name of what it was trained from.
        corpus: what it was trained on, as `thalweg curate` writes it.
        problems, responses, verdicts: a benchmark, and the checkpoint's graded answers to it.
        start_responses, start_verdicts: the start's, without which its place in the valley cannot be told.
        pool, pool_problems: more of the teacher's responses with their problems. Those whose problem is not in the
            corpus are the rows that the checkpoint has not seen.
        metrics: of the training run; by default the `metrics.jsonl` in the checkpoint's folder, if there is one.

    Raises:
        InputError: a folder or file that cannot be read, or nothing to look at.
    """
    from thalweg.study.probes import Evidence, outcomes_of, read, read_metrics

    if (start_responses is None) != (start_verdicts is None):
        raise InputError("--start-responses, --start-verdicts", "one comes without the other", "give both")
    known = {problem.id: problem for problem in problems}
    prompt = prompt or Prompt()

    def graded(rows: Path, found: Path) -> tuple[list[Response], list[Outcome]]:
        answers = list(store.read(rows, Response))
        return answers, outcomes_of(known, answers, {v.response_id: v for v in store.read(found, Verdict)})

    rows = read_corpus(corpus)
    answers, outcomes = graded(responses, verdicts)
    log = metrics or student / "metrics.jsonl"
    evidence = Evidence(
        start=student_folder(start) if start in STUDENTS else Path(start),
        student=student,
        corpus=rows,
        problems=known,
        responses=answers,
        outcomes=outcomes,
        start_outcomes=graded(start_responses, start_verdicts)[1] if start_responses and start_verdicts else (),
        unseen=_unseen(pool, pool_problems, rows, prompt),
        metrics=read_metrics(log) if metrics or log.exists() else (),
        prompt=prompt,
    )
    reading = read(evidence)
    diagnosis = diagnose(reading)
    return diagnosis, words(diagnosis, reading)


def _unseen(pool: Path | None, problems: Sequence[Problem], rows: Sequence[Example], prompt: Prompt) -> list[Example]:
    """Teacher rows whose problems the corpus does not hold."""
    if pool is None:
        return []
    seen, known = {row.problem_id for row in rows}, {problem.id: problem for problem in problems}
    left = [r for r in store.read(pool, Response) if r.problem_id in known and r.problem_id not in seen]
    return examples(left, known, prompt, "unseen")
