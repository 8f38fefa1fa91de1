"""The command line: one verb a stage, each a thin call of a Python function.

Exit codes: 0 done; 2 the user's input (one line on standard error says where and what to do); 1 anything else.
Nothing heavy is imported before a verb needs it, so that `--help` answers at once.
"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from thalweg.errors import InputError

if TYPE_CHECKING:
    from thalweg.generate.model import Sampling
    from thalweg.study.run import Study

app = typer.Typer(
    name="thalweg",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Distil reasoning from large teachers into small students, and chart the valley on the way.\n\n"
    "Start with: thalweg init miniature && thalweg run miniature",
)

audit = typer.Typer(no_args_is_help=True, help="Look for what quietly spoils numbers: graders that disagree.")
app.add_typer(audit, name="audit")

T = TypeVar("T")
_SOURCES = "records, messages, gsm8k, cruxeval, mbpp, p3, exercism, miniature, snippets, synthesis or responses"
StudyPath = Annotated[Path, typer.Argument(metavar="STUDY", help="study.yaml, or the folder that holds one")]
Problems = Annotated[Path, typer.Option("--problems", help="problems: JSON Lines or Parquet")]
Responses = Annotated[Path, typer.Option("--responses", help="responses: JSON Lines, Parquet, or a folder of shards")]
Out = Annotated[Path, typer.Option("--out", help="where to write")]
Seeds = Annotated[str | None, typer.Option(help="seeds in place of the study's, such as 0,1,2")]
Samples = Annotated[int, typer.Option(help="responses a problem")]
MaxTokens = Annotated[int, typer.Option(help="token budget of a response")]
Temperature = Annotated[float, typer.Option(help="0 is greedy")]
TopP = Annotated[float, typer.Option(help="nucleus sampling")]
SamplingSeed = Annotated[int, typer.Option(help="sampling seed")]
BatchSize = Annotated[int, typer.Option(help="responses generated, and written, together")]
Model = Annotated[str, typer.Option(help="local:FOLDER, local:HUB_ID or tracer:STYLE")]
Template = Annotated[str, typer.Option(help="user turn; {statement} stands for the problem")]
System = Annotated[str | None, typer.Option(help="system message")]
Chat = Annotated[bool, typer.Option(help="wrap the turn in the tokenizer's chat template")]
Precision = Annotated[str, typer.Option(help="fp32 or bf16")]
GraderOption = Annotated[
    str, typer.Option(help="native: as the language runs it; lcb: as the official LiveCodeBench grader does")
]
WeakSandbox = Annotated[
    bool, typer.Option("--allow-weak-sandbox", help="run programs even where they cannot be isolated as they should")
]
Rejects = Annotated[Path | None, typer.Option(help="set malformed rows aside in this file, with the reason, and go on")]


# --------------------------------------------------------------------------- studies


@app.command()
def init(
    name: Annotated[str, typer.Argument(help="a recipe; without one the recipes are listed")] = "",
    folder: Annotated[Path | None, typer.Argument(help="folder of the new study (NAME where absent)")] = None,
    values: Annotated[
        list[str] | None, typer.Option("--set", help="change a key, such as student=/models/mine")
    ] = None,
) -> None:
    """Copy a commented study file from the package, to run as it is or to edit."""
    from thalweg import recipes

    if not name:
        for recipe, line in recipes.listing().items():
            typer.echo(f"{recipe:18} {line}")
        return
    file = recipes.copy(name, folder or Path(name), dict(_pair(value, "--set") for value in values or []))
    typer.echo(f"{file}: written. Next: thalweg plan {file.parent}, then thalweg run {file.parent}")


@app.command()
def plan(study: StudyPath, seeds: Seeds = None) -> None:
    """Say what a study will run: steps, tokens, estimated time, and what is already done. Writes nothing."""
    from thalweg.watch import print_plan

    print_plan(_study(study, seeds).plan())


@app.command()
def run(
    study: StudyPath,
    seeds: Seeds = None,
    until: Annotated[
        str, typer.Option(help="last step: problems, responses, corpora, students, scores or report")
    ] = "report",
) -> None:
    """Run what is missing of a study: answer, grade, curate, train, evaluate, fit, report. Safe to kill and repeat."""
    from thalweg.watch import watch

    loaded = _study(study, seeds)
    with watch() as watcher:
        loaded.run(until, watcher=watcher)  # type: ignore[arg-type]  # the study checks the name of the step
    if until == "report":
        typer.echo(f"report: {loaded.folder.root / 'report.html'}")


@app.command()
def status(study: StudyPath, seeds: Seeds = None) -> None:
    """Show how far each rung of a study is."""
    from thalweg.watch import print_status

    print_status(_study(study, seeds))


@app.command()
def report(study: StudyPath, seeds: Seeds = None) -> None:
    """Write scores, curve and report again from what is on disk."""
    typer.echo(f"report: {_study(study, seeds).report()}")


@app.command()
def view(
    study: StudyPath,
    port: Annotated[int, typer.Option(help="port on this machine; 0 takes a free one")] = 0,
) -> None:
    """Serve a study's report on this machine's loopback address until interrupted."""
    from thalweg.report.view import view as serve

    serve(_study(study, None).folder.root, port=port)


# --------------------------------------------------------------------------- stages


@app.command("import")
def import_(
    source: Annotated[str, typer.Argument(help=_SOURCES)],
    out: Out,
    path: Annotated[str | None, typer.Option(help="local file, or hub id where the source knows one")] = None,
    split: Annotated[str | None, typer.Option(help="split of the source")] = None,
    count: Annotated[int | None, typer.Option(help="take this many")] = None,
    column: Annotated[list[str] | None, typer.Option(help="responses: FIELD=COLUMN of the file")] = None,
    where: Annotated[list[str] | None, typer.Option(help="responses: take rows with COLUMN=VALUE")] = None,
    prefix: Annotated[str, typer.Option(help="responses: put before problem ids")] = "",
) -> None:
    """Bring problems or responses in: writes problems.jsonl, responses.jsonl, or both, under --out."""
    from thalweg import verbs

    written = verbs.import_source(
        source,
        out,
        path=path,
        split=split,
        count=count,
        columns=dict(_pair(value, "--column") for value in column or []),
        where=dict(_pair(value, "--where") for value in where or []),
        problem_prefix=prefix,
    )
    for file, rows in written.items():
        typer.echo(f"{file}: {rows} rows")


@app.command()
def generate(
    problems: Problems,
    model: Model,
    out: Out,
    samples: Samples = 1,
    max_tokens: MaxTokens = 2048,
    temperature: Temperature = 0.0,
    top_p: TopP = 1.0,
    seed: SamplingSeed = 0,
    batch_size: BatchSize = 32,
    template: Template = "{statement}",
    system: System = None,
    chat: Chat = True,
    precision: Precision = "fp32",
    rejects: Rejects = None,
) -> None:
    """Let a model answer problems. The responses go to a folder of shards; run it again to go on after a kill."""
    from thalweg import verbs
    from thalweg.types import Problem
    from thalweg.watch import counter

    with counter("responses") as on_batch:
        count = verbs.generate(
            _rows(problems, Problem, rejects),
            model,
            out,
            samples=samples,
            sampling=_sampling(max_tokens, temperature, top_p, seed),
            prompt=_prompt(template, system, chat),
            precision=_precision(precision),
            batch_size=batch_size,
            on_batch=on_batch,
        )
    typer.echo(f"{out}: {count} responses")


@app.command()
def grade(
    problems: Problems,
    responses: Responses,
    out: Out,
    grader: GraderOption = "native",
    judge: Annotated[
        str | None, typer.Option(help="model asked where rules cannot tell whether answers agree: local:FOLDER")
    ] = None,
    workers: Annotated[int | None, typer.Option(help="graders side by side (one a core where absent)")] = None,
    every_test: Annotated[bool, typer.Option("--every-test", help="go on after a failed test, to count them")] = False,
    memory_mb: Annotated[int, typer.Option(help="memory of a program, in MiB of address space")] = 2048,
    interpreter: Annotated[Path | None, typer.Option(help="Python that runs the programs")] = None,
    allow_weak_sandbox: WeakSandbox = False,
    rejects: Rejects = None,
) -> None:
    """Grade responses into verdicts, in order. Run it again to go on after a kill; harness errors are tried again.

    Programs run in a sandbox: no network, no files, no processes. Formulas are compared in processes that may hang.
    """
    from thalweg import verbs
    from thalweg.types import Problem
    from thalweg.watch import grading

    settings = verbs.grading_settings(
        grader=grader,
        workers=workers,
        every_test=every_test,
        memory_mb=memory_mb,
        interpreter=interpreter,
        allow_weak=allow_weak_sandbox,
    )
    with grading() as on_progress:
        counts = verbs.grade(
            _rows(problems, Problem, rejects),
            responses,
            out,
            settings,
            judge=judge,
            rejects=rejects,
            on_progress=on_progress,
        )
    typer.echo(f"{out}: " + ", ".join(f"{count} {status}" for status, count in counts.items()))


@app.command()
def curate(
    problems: Problems,
    responses: Responses,
    out: Out,
    verdicts: Annotated[Path | None, typer.Option(help="verdicts; needed to select by correctness")] = None,
    config: Annotated[Path | None, typer.Option(help="YAML: select, size, seed, prompt")] = None,
    rejects: Rejects = None,
) -> None:
    """Choose training rows from responses: a corpus folder with its card and the funnel of what was dropped."""
    from thalweg import verbs
    from thalweg.types import Problem, Response, Verdict

    funnel = verbs.curate(
        _rows(problems, Problem, rejects),
        _rows(responses, Response, rejects),
        _rows(verdicts, Verdict, rejects, key="response_id") if verdicts else [],
        out,
        verbs.read_config(config, verbs.CurateConfig),
    )
    typer.echo(f"{out}: {funnel.kept} of {funnel.pool} responses usable")
    for reason, count in funnel.dropped.items():
        typer.echo(f"  dropped {count}: {reason}")


@app.command()
def train(
    corpus: Annotated[Path, typer.Option(help="corpus folder")],
    student: Annotated[str, typer.Option(help="model folder, hub id, miniature, or miniature-synthesis")],
    out: Out,
    config: Annotated[Path | None, typer.Option(help="YAML with training settings (see the docs)")] = None,
    seed: Annotated[int, typer.Option(help="seed of the order")] = 0,
    system: System = None,
    chat: Chat = True,
) -> None:
    """Fine-tune a student on a corpus. Run it again to go on from the last checkpoint after a kill."""
    from thalweg import verbs
    from thalweg.watch import counter

    with counter("steps") as on_step:
        result = verbs.train(corpus, student, out, config, _prompt("{statement}", system, chat), seed, on_step)
    typer.echo(f"{out}: {result.steps} steps, {result.tokens_trained} tokens, {result.seconds:.0f} s")


@app.command()
def evaluate(
    problems: Problems,
    model: Model,
    out: Out,
    samples: Samples = 1,
    max_tokens: MaxTokens = 2048,
    temperature: Temperature = 0.0,
    top_p: TopP = 1.0,
    seed: SamplingSeed = 0,
    batch_size: BatchSize = 32,
    template: Template = "{statement}",
    system: System = None,
    chat: Chat = True,
    precision: Precision = "fp32",
    grader: GraderOption = "native",
    allow_weak_sandbox: WeakSandbox = False,
) -> None:
    """Score a model on problems: responses, verdicts and scores.json under --out, with 95 % intervals."""
    from thalweg import verbs
    from thalweg.types import Problem
    from thalweg.watch import counter, rate

    with counter("responses") as on_batch:
        score = verbs.evaluate(
            _rows(problems, Problem, None),
            model,
            out,
            verbs.grading_settings(grader=grader, allow_weak=allow_weak_sandbox),
            samples=samples,
            sampling=_sampling(max_tokens, temperature, top_p, seed),
            prompt=_prompt(template, system, chat),
            precision=_precision(precision),
            batch_size=batch_size,
            on_batch=on_batch,
        )
    typer.echo(f"pass@1 {rate(score.pass_at_1)}, completion {rate(score.completion_rate)} (n = {score.problems})")


@audit.command("graders")
def audit_graders(
    problems: Problems,
    responses: Responses,
    out: Out,
    workers: Annotated[int | None, typer.Option(help="graders side by side (one a core where absent)")] = None,
    allow_weak_sandbox: WeakSandbox = False,
    rejects: Rejects = None,
) -> None:
    """Grade programs with both graders, native and lcb, and list every disagreement with its likely cause.

    Only problems that the official LiveCodeBench grader could hold are compared: checks stdin and call.
    """
    from thalweg import verbs
    from thalweg.types import Problem
    from thalweg.watch import counter, print_audit

    settings = verbs.grading_settings(workers=workers, allow_weak=allow_weak_sandbox)
    with counter("responses") as on_count:
        found = verbs.audit_graders(_rows(problems, Problem, rejects), responses, out, settings, rejects, on_count)
    print_audit(found)
    typer.echo(f"{out}: {found.disagreements} disagreements in {found.compared} responses")


@app.command()
def fit(
    scores: Annotated[Path, typer.Argument(metavar="SCORES", help="scores.json")],
    out: Out,
) -> None:
    """Fit the curve over scored rungs, of a study or of checkpoints trained elsewhere.

    Where scores.parquet lies beside the file, rungs are compared paired on the same problems.
    """
    from thalweg import verbs

    verbs.fit(scores, out)
    typer.echo(f"{out}: written")


# --------------------------------------------------------------------------- helpers


def _study(path: Path, seeds: str | None) -> "Study":
    from thalweg.study.run import Study

    return Study.load(path, seeds=_seeds(seeds))


def _seeds(text: str | None) -> list[int] | None:
    if text is None:
        return None
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        raise InputError("--seeds", f"expected numbers such as 0,1,2, got {text!r}") from None


def _pair(text: str, option: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise InputError(option, f"expected KEY=VALUE, got {text!r}")
    return key, value


def _sampling(max_tokens: int, temperature: float, top_p: float, seed: int) -> "Sampling":
    from thalweg.generate.model import Sampling

    return Sampling(max_tokens=max_tokens, temperature=temperature, top_p=top_p, seed=seed)


def _prompt(template: str, system: str | None, chat: bool) -> Any:
    from thalweg.chat import Prompt

    if "{statement}" not in template:
        raise InputError("--template", "the template must hold {statement}")
    return Prompt(template=template, system=system, chat="tokenizer" if chat else "none")


def _precision(name: str) -> Any:
    if name not in ("fp32", "bf16"):
        raise InputError("--precision", f"no precision {name!r}", "use fp32 or bf16")
    return name


def _rows(path: Path, kind: type[T], rejects: Path | None, key: str = "id") -> list[T]:
    from thalweg import verbs

    return verbs.read_rows(path, kind, rejects, key)


def main() -> None:
    """Entry point: runs a verb and turns errors into exit codes."""
    try:
        app()
    except InputError as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(2)
    except KeyboardInterrupt:
        typer.echo("interrupted; run the same command to go on", err=True)
        sys.exit(1)
    except RuntimeError as error:
        from thalweg.engine.local import JobsError

        if not isinstance(error, JobsError):
            raise
        typer.echo(f"{error.details}\nerror: {error}", err=True)
        sys.exit(1)
