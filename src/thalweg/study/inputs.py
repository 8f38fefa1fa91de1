"""Everything that a study is given, read and checked before anything is written.

What can be said of the user's files without training is said here: malformed rows, ids that come twice, held-out
problems that are trained on, responses that fit no problem, sizes above what there is, a student that is no model or
lacks a chat template, a teacher that does not exist. So a study that is refused is left as it was.
"""

import json
import shlex
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from thalweg import store
from thalweg.curate.selection import Evidence, Selection, select_pool
from thalweg.errors import InputError
from thalweg.generate.model import Request, Sampling, open_model
from thalweg.grade import NEED_SANDBOX, Bench, Settings, check_gradable, grade_all, open_sandbox
from thalweg.problems import load_problems
from thalweg.problems.responses import load_responses
from thalweg.study.arms import Arm
from thalweg.study.config import Loaded, StudyConfig
from thalweg.study.folder import Folder
from thalweg.study.places import endpoint_of_teacher, resolve, said_of, student_source, teacher_model
from thalweg.study.sections import Grading, Source, Teacher
from thalweg.types import Problem, Response, Verdict


@dataclass(frozen=True, slots=True)
class Inputs:
    """Problems by set (`train` and the benchmarks), and responses that come from files, by teacher."""

    problems: dict[str, list[Problem]]
    responses: dict[str, list[Response]] = field(default_factory=dict)


def read_inputs(loaded: Loaded, folder: Folder) -> Inputs:
    """Reads and checks all inputs; writes nothing.

    Raises:
        InputError: naming the file and row, or the key of the study, and the remedy.
    """
    for name in (None, *loaded.config.students):
        _check_student(loaded, name)
    _check_trainer(loaded)
    inputs = Inputs({name: _problems(loaded, folder, name, source) for name, source in sets(loaded.config).items()})
    _check_held_out(loaded, inputs.problems)
    if loaded.config.engine == "local":  # elsewhere every worker tries its own sandbox
        _check_grading(loaded, inputs.problems)
    for name, teacher in loaded.config.teachers.items():
        where = f"{loaded.file}: teachers.{name}"
        if teacher.responses is not None:
            inputs.responses[name] = _responses(loaded, teacher, inputs.problems["train"], where)
        else:
            _check_teacher(loaded, folder, name, inputs.problems["train"], where)
    for name, arm in loaded.config.arms.items():
        _check_sizes(loaded, name, arm, inputs)
    return inputs


def sets(config: StudyConfig) -> dict[str, Source]:
    """The training problems (`train`) and the benchmarks, by name."""
    return {"train": config.problems, **config.benchmarks}


def source_mark(loaded: Loaded, source: Source) -> str:
    """What the problems of a source depend on."""
    path = resolve(loaded.folder, source.path) if source.path else None
    content = store.file_fingerprint(path) if isinstance(path, Path) else None
    asked = asked_of(source.model_copy(update={"path": path.name if isinstance(path, Path) else source.path}))
    return store.fingerprint("problems", asked, content)


def asked_of(source: Source) -> dict[str, Any]:
    """What a source is asked for. A local path counts by its name, since its content counts by itself: the same study
    elsewhere, or on another machine, is the same study."""
    asked = source.model_dump(include=set(Source.model_fields))
    return {key: value for key, value in asked.items() if key not in ("columns", "options") or value}


def load_source(source: Source, folder: Path) -> list[Problem]:
    """The problems of a source; `skip` and `count` cut them."""
    stop = None if source.count is None else source.skip + source.count
    problems = load_problems(
        source.source,
        path=str(resolve(folder, source.path)) if source.path else None,
        split=source.split,
        count=stop,
        seed=source.seed,
        depths=source.depths,
        columns=source.columns or None,
        options=source.options,
    )
    return problems[source.skip : stop]


def grading_settings(loaded: Loaded, workers: int = 1) -> Settings:
    """How the study's answers are judged, by so many processes side by side."""
    return settings_of(loaded.config.grading, loaded.folder, workers)


def settings_of(grading: Grading, folder: Path, workers: int = 1) -> Settings:
    """The settings that a `grading` section stands for; its paths are relative to `folder`."""
    interpreter = resolve(folder, grading.interpreter) if grading.interpreter else None
    return Settings(
        grader=grading.grader,
        workers=workers,
        every_test=grading.every_test,
        memory_mb=grading.memory_mb,
        interpreter=Path(interpreter) if interpreter else None,
        allow_weak=grading.allow_weak_sandbox,
    )


# --------------------------------------------------------------------------- problems


def _problems(loaded: Loaded, folder: Folder, name: str, source: Source) -> list[Problem]:
    out = folder.problems(name)
    if out.exists() and store.done(out.with_suffix(".done"), source_mark(loaded, source)):
        return store.read_all(out, Problem)
    where = f"{loaded.file}: {'problems' if name == 'train' else f'benchmarks.{name}'}"
    with said_of(where):
        problems = load_source(source, loaded.folder)
        check_gradable(problems)
    if not problems:
        raise InputError(where, "the source holds no problems", "check its path, split, skip and count")
    if source.count is not None and len(problems) < source.count:
        raise InputError(where, f"the source holds {len(problems)} problems, not {source.count}", "lower 'count'")
    return problems


def _check_held_out(loaded: Loaded, problems: Mapping[str, list[Problem]]) -> None:
    trained = {problem.id for problem in problems["train"]}
    for name in loaded.config.benchmarks:
        shared = sorted(trained & {problem.id for problem in problems[name]})
        if shared:
            where = f"{loaded.file}: benchmarks.{name}"
            remedy = "hold other problems out ('skip', 'split')"
            raise InputError(where, f"{len(shared)} of its problems are trained on, such as {shared[0]}", remedy)


def _check_grading(loaded: Loaded, problems: Mapping[str, list[Problem]]) -> None:
    """Tries the sandbox once, where a check needs one, rather than hours later."""
    with said_of(f"{loaded.file}: grading"), Bench(grading_settings(loaded)) as bench:
        for group in problems.values():
            open_sandbox(group, bench)


# --------------------------------------------------------------------------- teachers


def _responses(loaded: Loaded, teacher: Teacher, problems: list[Problem], where: str) -> list[Response]:
    assert teacher.responses is not None
    path = resolve(loaded.folder, teacher.responses)
    if not isinstance(path, Path):
        raise InputError(f"{where}.responses", f"no such file: {teacher.responses}", "give the path of your responses")
    with said_of(where):
        rows = load_responses(path, teacher.columns, teacher.where, teacher.problem_prefix)
    known = {problem.id for problem in problems}
    matching = [row for row in rows if row.problem_id in known]
    if not matching:
        of = f" ({rows[0].problem_id!r} is not one)" if rows else " (no row passed 'where')"
        remedy = "check 'where', 'columns' and 'problem_prefix'"
        raise InputError(f"{where}.responses", f"no response is for a training problem{of}", remedy)
    return matching


def _check_teacher(loaded: Loaded, folder: Folder, name: str, problems: list[Problem], where: str) -> None:
    teacher = loaded.config.teachers[name]
    assert teacher.model is not None
    if (endpoint := endpoint_of_teacher(loaded, name)) is not None:
        if not (folder.teacher_responses(name) / ".done").exists():
            with said_of(where):
                endpoint.key()  # says so where the variable that should hold it is not set
        return
    kind, _, rest = teacher_model(loaded, teacher).partition(":")
    if kind in ("local", "vllm"):
        _check_model_folder(rest, f"{where}.model")
        return
    with said_of(f"{where}.model"):
        model = open_model(teacher.model, sampling=Sampling(max_tokens=1), prompt=loaded.config.prompt.prompt())
        if kind == "tracer":
            model.respond([Request(problems[0], 0)])  # says so when the problems are not the miniature's


# --------------------------------------------------------------------------- sizes


def _check_sizes(loaded: Loaded, name: str, arm: Arm, inputs: Inputs) -> None:
    sizes = loaded.config.sizes_of(name)
    if not sizes:
        return
    there = _available(loaded.config, name, arm, inputs)
    if max(sizes) > there:
        where = f"{loaded.file}: arms.{name}"
        remedy = f"use sizes up to {there}, or more problems, samples or responses"
        raise InputError(where, f"size {max(sizes)} is above the {there} responses that it may take", remedy)


def _available(config: StudyConfig, name: str, arm: Arm, inputs: Inputs) -> int:
    """How many responses an arm can take; an upper bound where models or verdicts have yet to be asked."""
    teacher, problems = config.teacher_of(name), inputs.problems["train"]
    if teacher not in inputs.responses:
        samples = config.teachers[teacher].samples
        return len(problems) * min(samples, arm.per_problem or samples)
    runs_programs = any(problem.check.type in NEED_SANDBOX for problem in problems)
    by_id = {problem.id: problem for problem in problems}
    verdicts: dict[str, Verdict] = {}
    known: dict[str, Any] = {name: getattr(arm, name) for name in ("per_problem", "difficulty")}
    if arm.select != "random" and not runs_programs:  # which programs are correct is known once they have been run
        verdicts = {v.response_id: v for v in grade_all(by_id, inputs.responses[teacher])}
        known["select"] = arm.select
    evidence = Evidence(verdicts=verdicts, labels=config.difficulty)
    return len(select_pool(inputs.responses[teacher], by_id, evidence, Selection(**known), seed=0).ordered)


# --------------------------------------------------------------------------- the student


def _check_student(loaded: Loaded, name: str | None) -> None:
    source = student_source(loaded, name)
    where = f"{loaded.file}: {'student' if name is None else f'students.{name}'}"
    _check_model_folder(source, where)
    folder = Path(source)
    if folder.exists() and loaded.config.prompt.chat == "tokenizer" and not _has_chat_template(folder):
        remedy = "set 'prompt: {chat: none}' to use plain text"
        raise InputError(where, f"the tokenizer in {folder} has no chat template", remedy)


def _check_model_folder(source: str, where: str) -> None:
    folder = Path(source)
    if not folder.exists():
        if source.count("/") > 1 or source.startswith((".", "~", "/")):
            raise InputError(where, f"no such folder: {source}", "name a transformers folder or a hub id")
        return
    if not any((folder / name).exists() for name in ("config.json", "adapter_config.json")):
        raise InputError(where, f"{source} is not a model folder (no config.json)", "name a transformers folder")
    if not any((folder / name).exists() for name in ("tokenizer.json", "tokenizer_config.json", "tokenizer.model")):
        raise InputError(where, f"{source} holds no tokenizer", "save the tokenizer beside the model")


def _check_trainer(loaded: Loaded) -> None:
    """Finds the program of the trainer's command, rather now than after the teachers have answered."""
    if loaded.config.trainer is None:
        return
    program = shlex.split(loaded.config.trainer.command)[0]
    if shutil.which(program) is None and shutil.which(str(loaded.folder / program)) is None:
        where = f"{loaded.file}: trainer.command"
        raise InputError(where, f"no such program: {program}", "name one on the path, or relative to the study file")


def _has_chat_template(folder: Path) -> bool:
    if (folder / "chat_template.jinja").exists() or (folder / "chat_template.json").exists():
        return True
    file = folder / "tokenizer_config.json"
    return file.exists() and bool(json.loads(file.read_text(encoding="utf-8")).get("chat_template"))
