"""The verbs that choose: which responses (curate, suitability), which teacher (teachers)."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from pydantic import ConfigDict, Field

from thalweg import store
from thalweg.chat import Prompt
from thalweg.curate.cleaning import Cleaning, unclean, without
from thalweg.curate.corpus import examples, licenses, write_corpus
from thalweg.curate.describe import selection_in_words, unchanged_in_words
from thalweg.curate.difficulty import Labels, pass_rates
from thalweg.curate.funnel import Funnel, funnel_of
from thalweg.curate.selection import Evidence, Selection, best_column, beyond, select_pool
from thalweg.curate.structure import transformed
from thalweg.curate.subsets import take
from thalweg.engine.local import cpu_workers
from thalweg.engine.map import Mapper
from thalweg.errors import InputError
from thalweg.generate.model import Precision
from thalweg.miniature import STUDENTS, student_folder
from thalweg.study.folder import begin
from thalweg.study.sections import PromptConfig
from thalweg.study.tokens import token_counter
from thalweg.suitability.columns import costs
from thalweg.suitability.rules import criteria, rule_quality
from thalweg.thinking import full_text
from thalweg.types import Problem, Response, Suitability, Verdict
from thalweg.verbs.rows import OnCount


class CurateConfig(Selection):
    """Which responses become a corpus, in which order, and as what."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    size: int | None = Field(None, gt=0, description="Examples to take (all that are left where absent).")
    seed: int = Field(0, description="Seed of the order.")
    clean: Cleaning = Field(Cleaning(), description="Which problems are left out before anything is selected.")
    labels: Labels = Field(Labels(), description="Which labels of problems are easy, and which are hard.")
    prompt: PromptConfig = Field(PromptConfig(), description="How a problem becomes a user turn.")


def curate(
    problems: Sequence[Problem],
    responses: Sequence[Response],
    verdicts: Sequence[Verdict],
    out: Path,
    config: CurateConfig,
    *,
    suitability: Sequence[Suitability] = (),
    attempts: Sequence[Verdict] = (),
    against: Mapping[str, Sequence[Problem]] | None = None,
    student: str | None = None,
) -> Funnel:
    """Chooses training rows and writes a corpus folder; returns the funnel.

    Args:
        suitability: rows of `thalweg suitability`, for `pick: best:COLUMN`.
        attempts: verdicts on a model's own attempts at the problems, for bounds on pass rates.
        against: benchmarks by name, for `clean: {contamination: ...}`.
        student: whose tokenizer counts tokens (a model folder, or the name of an embedded student).
    """
    column = best_column(config.pick)
    if config.select != "random" and not verdicts:
        raise InputError("--verdicts", f"select: {config.select} needs verdicts", "grade the responses first")
    if column and not suitability:
        raise InputError("--suitability", f"pick: {config.pick} needs them", "run 'thalweg suitability' first")
    by_id = {problem.id: problem for problem in problems}
    evidence = Evidence(
        verdicts={verdict.response_id: verdict for verdict in verdicts},
        pass_rates=pass_rates(attempts),
        costs={column: costs(column, suitability)} if column else {},
        labels=config.labels,
        count_tokens=token_counter(student_path(student)) if student else None,
    )
    selection = Selection(**{name: getattr(config, name) for name in Selection.model_fields})
    if config.clean.contamination is not None and not against:
        raise InputError("--against", "looking for contamination needs benchmarks", "name at least one")
    kept, early = without(responses, unclean(problems, against or {}, config.clean, len(cpu_workers(1))))
    pool = select_pool(kept, by_id, evidence, selection, config.seed)
    if not pool.ordered:
        why = ", ".join(f"{loss.number} {loss.reason}" for loss in funnel_of(0, [*early, *pool.dropped]).dropped)
        raise InputError(str(out), f"no response is usable ({why})", "loosen the selection")
    chosen = take(pool.ordered, config.size or len(pool.ordered), str(out))
    shaped = transformed(chosen, config.structure, config.seed)
    rows = examples(shaped.responses, by_id, config.prompt.prompt(), config.select)
    title = f"{len(rows)} {config.select} examples, seed {config.seed}"
    dropped = [*early, *pool.dropped, *beyond(pool.ordered, chosen)]
    notes = [*selection_in_words(selection), *unchanged_in_words(shaped.unchanged)]
    write_corpus(out, rows, dropped, title, licenses(problems), notes)
    return funnel_of(len(rows), dropped)


def suitability(
    problems: Sequence[Problem],
    responses: Sequence[Response],
    student: str,
    out: Path,
    prompt: Prompt,
    precision: Precision | None = None,
    *,
    verdicts: Sequence[Verdict] = (),
    tokens_out: Path | None = None,
    local: bool = False,
    mapper: Mapper | None = None,
    on_progress: OnCount | None = None,
) -> int:
    """Measures how a student sees responses: a row a response into `out` (JSON Lines or Parquet); returns how many.

    What has been measured is kept in `.NAME.parts` beside `out` until the file is whole, so a killed run goes on.
    A `mapper` (`thalweg.study.engines`) measures elsewhere, or in several processes.
    """
    from thalweg.suitability.files import measure_file

    store.check_ending(out)
    folder = student_path(student)
    parts = out.parent / f".{out.name}.parts"
    source = store.file_fingerprint(Path(folder)) if Path(folder).exists() else folder
    rows = (store.records_fingerprint(problems), store.records_fingerprint(responses))
    begin(
        parts, store.fingerprint("suitability", source, *rows, prompt.fields, precision, local, tokens_out is not None)
    )
    by_id = {problem.id: problem for problem in problems}
    measure_file(
        by_id,
        responses,
        parts,
        folder,
        prompt,
        precision,
        tokens_out=tokens_out,
        local=local,
        mapper=mapper,
        on_progress=on_progress,
    )
    quality = rule_quality({response.id: criteria(full_text(response)) for response in responses})
    correct = {v.response_id: v.status == "correct" for v in verdicts if v.status != "harness_error"}
    found = (
        replace(row, rule_quality=quality[row.response_id], correct=correct.get(row.response_id))
        for row in store.Shards(parts, Suitability).read()
    )
    count = store.write(out, found)
    shutil.rmtree(parts)
    return count


def shift(problems: Sequence[Problem], student: str, tuned: str, texts: int = 100) -> float:
    """How far training moved a student: DED's PCA shift over the statements of the first problems."""
    from thalweg.suitability.shift import shifts

    statements = [problem.statement for problem in problems[:texts]]
    return shifts(student_path(student), {"tuned": tuned}, statements)["tuned"].distance


def student_path(student: str) -> str:
    """A student's folder or hub id; the embedded students have names."""
    return str(student_folder(student)) if student in STUDENTS else student
