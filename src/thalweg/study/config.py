"""`study.yaml`: what a study is, checked before anything runs.

Every key is listed here once, with its meaning; the JSON schema for editors and the reference in the docs are made
from these models. A wrong key or value raises `InputError` that names the key and what is allowed. Paths are
relative to the study file's folder.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import yaml
from pydantic import BaseModel, Field, ValidationError, field_validator, model_validator

from thalweg.curate.cleaning import Cleaning
from thalweg.curate.difficulty import Labels
from thalweg.curate.filters import Filters
from thalweg.curate.selection import Selection, best_column
from thalweg.errors import InputError
from thalweg.generate.endpoint import Endpoint
from thalweg.generate.price import Price
from thalweg.study.arms import CHOSEN, Arm, Ladder, SmokeTest
from thalweg.study.endpoints import EndpointSection, PriceSection, looks_like_key, price_of
from thalweg.study.engines import EngineName, Ray
from thalweg.study.gate import GateConfig, gated
from thalweg.study.sections import (
    Benchmark,
    Grading,
    Hardware,
    PromptConfig,
    Section,
    Source,
    StopWhen,
    Teacher,
    Trainer,
)
from thalweg.study.serving import Serve
from thalweg.train.config import TrainConfig

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class StudyConfig(Section):
    """A whole study."""

    name: str = Field(description="Short name: letters, digits, dot, dash, underscore.")
    title: str = Field("", description="Headline of the report.")
    student: str = Field(
        description="`miniature` or `miniature-synthesis` (embedded), a folder in transformers format, or a hub id."
    )
    students: dict[str, str] = Field(
        {}, description="Further students by name, for arms with `student: NAME`; each is measured at size 0, too."
    )
    precision: Literal["fp32", "bf16"] = Field("fp32", description="Precision of generation.")
    prompt: PromptConfig = Field(PromptConfig(), description="The prompt template.")
    problems: Source = Field(description="The problems to train on.")
    teachers: dict[str, Teacher] = Field(min_length=1, description="Teachers by name; the first is the default.")
    benchmarks: dict[str, Benchmark] = Field(
        min_length=1, description="Benchmarks by name; the first carries the curve."
    )
    grading: Grading = Field(Grading(), description="How answers are judged.")
    difficulty: Labels = Field(Labels(), description="Which labels of problems are easy, and which are hard.")
    filters: Filters = Field(Filters(), description="What responses must look like, in arms without own `filters`.")
    clean: Cleaning = Field(Cleaning(), description="Which problems are not trained on, whatever an arm selects.")
    smoke_test: SmokeTest | None = Field(None, description="Choose a teacher by quick distillation.")
    sizes: tuple[int, ...] = Field(min_length=1, description="The ladder, in examples; size 0 is always measured.")
    seeds: tuple[int, ...] = Field((0,), min_length=1, description="Seeds: each draws its own subsets and orders.")
    train: TrainConfig = Field(description="How every rung is trained.")
    ladder: Ladder = Field(
        "independent",
        description="`independent`: every rung is a run of its own. `branches`: one run at a constant rate over the "
        "nested order, from which rungs branch off and let their rate fall; arms that this does not fit (a second "
        "stage, fixed or matched steps, matched or swapped examples) stay independent.",
    )
    branch_at: float = Field(
        0.8, gt=0, lt=1, description="The share of a rung's steps after which it branches off (`ladder: branches`)."
    )
    stop_when: StopWhen | None = Field(
        None, description="Train no larger rungs once the main arm's curve has answered this (off where absent)."
    )
    trainer: Trainer | None = Field(None, description="Who trains the rungs (Thalweg's own trainer where absent).")
    serve: Serve | None = Field(
        None,
        description="Students answer benchmarks through a vLLM server that the study starts (by transformers where "
        "absent).",
    )
    arms: dict[str, Arm] = Field(min_length=1, description="Arms by name.")
    main: str | None = Field(None, description="The arm that the report tells of (the first one where absent).")
    workers: int | None = Field(None, gt=0, description="Rungs trained side by side (by cores or GPUs where absent).")
    engine: EngineName = Field(
        "local",
        description="Where grading and token statistics run: `local`, this machine; `ray`, a Ray cluster. A study may "
        "change it half-way.",
    )
    ray: Ray = Field(Ray(), description="Which Ray cluster, and how large its workers are, with `engine: ray`.")
    hardware: Hardware = Field(Hardware(), description="The machine that `thalweg plan` prices the study for.")
    prices: dict[str, Annotated[float, Field(ge=0)] | PriceSection] = Field(
        {},
        description="Teacher -> dollars per million tokens that it generates, where it is paid by the token; or "
        "`{prompt: 0.5, completion: 2.2, cached_prompt: 0.1}`.",
    )
    gate: GateConfig | None = Field(
        None, description="What may be lost outside the domain; the report says who did (off where absent)."
    )
    samples_shown: int = Field(3, ge=0, description="Responses of each rung shown in the report.")
    overlay: tuple[Literal["valley"], ...] = Field(
        (), description="Published curves that the report draws behind the study's own, faintly."
    )
    caveats: tuple[str, ...] = Field((), description="Sentences that the report prints beside the curve.")

    @model_validator(mode="before")
    @classmethod
    def _with_smoke_arms(cls, raw: Any) -> Any:
        """Adds the smoke test's arms, so that they are planned, trained, scored and drawn as any other."""
        test = raw.get("smoke_test") if isinstance(raw, dict) else None
        if test is None or not isinstance(raw.get("arms"), dict):
            return raw
        return {**raw, "arms": {**raw["arms"], **SmokeTest.model_validate(test).arms()}}

    @field_validator("sizes")
    @classmethod
    def _sizes(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        return _ladder(value)

    @model_validator(mode="after")
    def _references(self) -> "StudyConfig":
        for name in (self.name, *self.students, *self.arms, *self.teachers, *self.benchmarks):
            if not _NAME.fullmatch(name):
                raise ValueError(f"name {name!r}: use letters, digits, dot, dash and underscore")
        if not any(self.sizes_of(name) for name in self.arms):
            raise ValueError("sizes: no arm has a size above 0")
        if self.main is not None and self.main not in self.arms:
            raise ValueError(f"main: no arm {self.main!r}, there are {', '.join(self.arms)}")
        for name in self.prices:
            if name not in self.teachers:
                raise ValueError(f"prices: no teacher {name!r}, there are {', '.join(self.teachers)}")
        for name in self.teachers:
            try:
                self.endpoint_of(name)
            except InputError as error:
                raise ValueError(f"teachers.{name}: {error}") from None
        for name, arm in self.arms.items():
            self._check_arm(name, arm)
        self._check_gate()
        return self

    def _check_gate(self) -> None:
        """Raises where the gate names what the study does not have, or has nothing to look at."""
        for name in gated(self):
            if name not in self.benchmarks:
                raise ValueError(f"gate.benchmarks: no benchmark {name!r}, there are {', '.join(self.benchmarks)}")
        if self.gate is not None and not gated(self):
            raise ValueError("gate: no benchmark has 'domain: out', give one or name 'benchmarks'")

    def _check_arm(self, name: str, arm: Arm) -> None:
        """Raises where an arm refers to what the study does not have."""
        where = f"arms.{name}"
        if arm.teacher == CHOSEN and self.smoke_test is None:
            raise ValueError(f"{where}.teacher: 'chosen' needs a 'smoke_test'")
        for key, teacher in (("teacher", arm.teacher), ("pass_rate_of", arm.pass_rate_of)):
            if teacher not in (None, CHOSEN, *self.teachers):
                raise ValueError(f"{where}.{key}: no teacher {teacher!r}, there are {', '.join(self.teachers)}")
        for other in (arm.match_to, arm.against, arm.start.partition("@")[0] if arm.start != "base" else None):
            if other is not None and other not in self.arms:
                raise ValueError(f"{where}: no arm {other!r}, there are {', '.join(self.arms)}")
        self._check_student(name, arm)
        self._check_match(name, arm)
        if arm.start != "base":
            other, _, size = arm.start.partition("@")
            if int(size) not in self.sizes_of(other):
                raise ValueError(f"{where}.start: arm {other!r} has no size {size}")
            if list(self.arms).index(other) >= list(self.arms).index(name):
                raise ValueError(f"{where}.start: arm {other!r} must stand before the arms that start from it")
        self.train_of(name)
        if arm.ladder == "branches" and (why := self._whole_runs(name)) is not None:
            raise ValueError(f"{where}.ladder: its rungs cannot branch off one run, since {why}")

    def _check_student(self, name: str, arm: Arm) -> None:
        if arm.student is None:
            return
        if arm.student not in self.students:
            known = ", ".join(self.students) or "none"
            raise ValueError(f"arms.{name}.student: no student {arm.student!r} among 'students', there are {known}")
        if arm.start != "base":
            raise ValueError(
                f"arms.{name}: it starts from {arm.start!r}, so its student is that arm's: give one of them"
            )
        if best_column(arm.pick) is not None:
            raise ValueError(f"arms.{name}.pick: {arm.pick!r} is as the study's own student sees responses")

    def _check_match(self, name: str, arm: Arm) -> None:
        other = self.match_of(name)
        if arm.match and other == name:
            raise ValueError(f"arms.{name}.match: an arm cannot match itself, name another in 'match_to'")
        if "problems" in arm.match:
            back = self.arms[other]
            if "problems" not in back.match or self.match_of(other) != name or back.per_problem != arm.per_problem:
                raise ValueError(
                    f"arms.{name}.match: arm {other!r} must match problems with {name!r} in turn, with the same "
                    "'per_problem', so that both leave out what only one of them has"
                )
        rows = {"tokens", "difficulty"}
        if rows & set(arm.match):
            if rows & set(self.arms[other].match):
                raise ValueError(f"arms.{name}.match_to: arm {other!r} is matched itself, name the one it matches")
            if not set(self.sizes_of(name)) <= set(self.sizes_of(other)):
                raise ValueError(f"arms.{name}.match: arm {other!r} lacks some of its sizes")

    def price_of(self, teacher: str) -> Price | None:
        """What a teacher's tokens cost; null where no price is given."""
        return price_of(self.prices[teacher]) if teacher in self.prices else None

    def endpoint_of(self, teacher: str, tokenizer: str | None = None) -> Endpoint | None:
        """How a teacher behind an endpoint is asked; null for any other. `tokenizer` is where its tokenizer was found.

        Raises:
            InputError: its address or its settings cannot be.
        """
        own = self.teachers[teacher]
        if own.model is None or not own.is_endpoint:
            return None
        return (own.endpoint or EndpointSection()).endpoint(own.model, self.price_of(teacher), tokenizer)

    def match_of(self, arm: str) -> str:
        """The arm that an arm is matched to."""
        return self.arms[arm].match_to or self.main_arm

    def selection_of(self, arm: str) -> Selection:
        """What an arm selects: its own keys, and the study's filters where it has none."""
        own = self.arms[arm]
        filters = own.filters if "filters" in own.model_fields_set else self.filters
        return Selection(**{name: getattr(own, name) for name in Selection.model_fields} | {"filters": filters})

    def sizes_of(self, arm: str) -> tuple[int, ...]:
        """The sizes above 0 of an arm, ascending."""
        own = self.arms[arm].sizes
        return tuple(size for size in (self.sizes if own is None else _ladder(own)) if size > 0)

    def train_of(self, arm: str) -> TrainConfig:
        """The training settings of an arm: the study's, with the arm's own on top."""
        own = self.arms[arm]
        merged = {**self.train.model_dump(), **own.train}
        if own.max_steps:
            merged["max_steps"] = own.max_steps
        try:
            return TrainConfig.model_validate(merged)
        except ValidationError as error:
            raise ValueError(f"arms.{arm}.train: {first_error(error, TrainConfig)[0]}") from None

    def student_of(self, arm: str) -> str | None:
        """The name of an arm's student among `students`; null for the study's own."""
        own = self.arms[arm]
        return own.student if own.start == "base" else self.student_of(own.start.partition("@")[0])

    def is_branched(self, arm: str) -> bool:
        """Whether an arm's rungs branch off one trunk."""
        own = self.arms[arm]
        return (own.ladder or self.ladder) == "branches" and self._whole_runs(arm) is None

    def _whole_runs(self, arm: str) -> str | None:
        """Why an arm's rungs cannot share a trunk; null where they can."""
        own = self.arms[arm]
        if own.start != "base":
            return "it starts from another arm's rung"
        if "steps" in own.match or self.train_of(arm).max_steps is not None:
            return "its number of steps is fixed"
        if {"tokens", "difficulty"} & set(own.match) or own.structure == "swapped":
            return "its smaller corpora are not the beginnings of its larger ones"
        return "another trainer trains it" if self.trainer is not None else None

    def teacher_of(self, arm: str) -> str:
        """The name of an arm's teacher; for `chosen` the first candidate stands in until the choice is made."""
        teacher = self.arms[arm].teacher or next(iter(self.teachers))
        if teacher == CHOSEN:
            assert self.smoke_test is not None
            return self.smoke_test.teachers[0]
        return teacher

    def waits_for_choice(self, arm: str) -> bool:
        """Whether an arm, or the one that it starts from or is matched to, needs the smoke test's teacher."""
        own = self.arms[arm]
        started = own.start != "base" and self.waits_for_choice(own.start.partition("@")[0])
        matched = bool(own.match) and self.arms[self.match_of(arm)].teacher == CHOSEN
        return own.teacher == CHOSEN or started or matched

    def with_choice(self, teacher: str) -> "StudyConfig":
        """The study with the chosen teacher in place of `chosen`."""
        arms = {
            name: arm.model_copy(update={"teacher": teacher}) if arm.teacher == CHOSEN else arm
            for name, arm in self.arms.items()
        }
        return self.model_copy(update={"arms": arms})

    @property
    def main_arm(self) -> str:
        """The arm whose curve the report tells."""
        return self.main or next(iter(self.arms))


def _ladder(sizes: tuple[int, ...]) -> tuple[int, ...]:
    if any(size < 0 for size in sizes) or list(sizes) != sorted(set(sizes)):
        raise ValueError("sizes must be distinct numbers of examples, ascending, none below 0")
    return sizes


class Loaded(NamedTuple):
    """A checked study file and where it stands."""

    config: StudyConfig
    folder: Path
    file: Path


def load(path: Path | str, overrides: Mapping[str, Any] | None = None) -> Loaded:
    """Reads and checks a study file, or the `study.yaml` of a folder; `overrides` replace top-level keys.

    Raises:
        InputError: naming the file, the key, what is wrong and what is allowed.
    """
    file = Path(path)
    if file.is_dir():
        file = file / "study.yaml"
    if not file.exists():
        raise InputError(str(file), "no such study file", "'thalweg init miniature' writes one to start from")
    try:
        raw = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{file}:{mark.line + 1}" if mark else str(file)
        raise InputError(where, f"not YAML: {getattr(error, 'problem', error)}", "mend the line") from None
    if not isinstance(raw, dict):
        raise InputError(str(file), "expected keys and values", "see 'thalweg init miniature' for a study file")
    return Loaded(parse({**raw, **(overrides or {})}, str(file)), file.resolve().parent, file)


def parse(raw: Mapping[str, Any], where: str) -> StudyConfig:
    """A study from plain values.

    Raises:
        InputError: naming the key, what is wrong and what is allowed.
    """
    try:
        return StudyConfig.model_validate(raw)
    except ValidationError as error:
        raise InputError(where, *first_error(error, StudyConfig)) from None


def json_schema() -> dict[str, Any]:
    """The JSON schema of a study file, for editors."""
    return StudyConfig.model_json_schema()


def first_error(error: ValidationError, model: type[BaseModel]) -> tuple[str, str]:
    """The first error as (problem, remedy)."""
    found = error.errors()[0]
    key = ".".join(str(part) for part in found["loc"])
    message = found["msg"].removeprefix("Value error, ")
    if found["type"] == "extra_forbidden":
        allowed = _keys_at(model, found["loc"][:-1])
        return f"unknown key '{key}'", f"allowed here: {', '.join(allowed)}" if allowed else "remove it"
    if found["type"] == "missing":
        return f"key '{key}' is missing", "add it"
    if not key:
        return message, "mend the study file"
    value = found["input"]
    plain = isinstance(value, str | int | float | bool | None) and not looks_like_key(str(value))
    shown = f", got {value!r}" if plain else ""
    return f"key '{key}': {message[0].lower()}{message[1:]}{shown}", "see the study-file reference in the docs"


def _keys_at(model: type[BaseModel], location: tuple[int | str, ...]) -> list[str]:
    """The keys that a nested model allows at a location."""
    current: Any = model
    for part in location:
        if isinstance(current, type) and issubclass(current, BaseModel) and part in current.model_fields:
            current = _model_in(current.model_fields[str(part)].annotation)
    return list(current.model_fields) if isinstance(current, type) and issubclass(current, BaseModel) else []


def _model_in(annotation: Any) -> Any:
    """The model inside `dict[str, Model]`, `Model | None` and the like."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for part in getattr(annotation, "__args__", ()):
        if (found := _model_in(part)) is not None:
            return found
    return None
