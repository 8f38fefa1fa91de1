"""OUTSIDE.yaml: a ladder that was trained elsewhere, checked before anything is measured (`outside.py`)."""

from pathlib import Path
from typing import Literal

import yaml
from pydantic import Field, ValidationError, model_validator

from thalweg.errors import InputError
from thalweg.study.config import first_error
from thalweg.study.sections import Benchmark, Grading, PromptConfig, Section


class OutsideRung(Section):
    """One rung: where it stands on the ladder, and a checkpoint, its responses, or its counts."""

    arm: str = Field("main", description="Name of the arm.")
    start: str = Field("base", description="What the arm was trained from; arms of one start share its size-0 rung.")
    size: int = Field(ge=0, description="Examples that it was trained on; 0 is the start itself.")
    seed: int = Field(0, description="Seed of the subset and the order.")
    steps: int = Field(0, ge=0, description="Optimiser steps (0 where not known).")
    tokens: int = Field(0, ge=0, description="Tokens trained on (0 where not known).")
    checkpoint: str | None = Field(None, description="A model folder; it answers every benchmark.")
    benchmark: str | None = Field(None, description="What responses or counts are of (the first one where absent).")
    responses: str | None = Field(None, description="A file of its responses, or a folder of shards.")
    verdicts: str | None = Field(None, description="Their verdicts (graded here where absent).")
    correct: int | None = Field(None, ge=0, description="Responses that are finished and correct.")
    total: int | None = Field(None, gt=0, description="Responses graded.")
    problems: int | None = Field(None, gt=0, description="Problems, where there were several responses to each.")

    @model_validator(mode="after")
    def _one_of(self) -> "OutsideRung":
        given = [name for name in ("checkpoint", "responses", "correct") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError("give one of 'checkpoint', 'responses', or 'correct' and 'total'")
        if (self.correct is None) != (self.total is None):
            raise ValueError("'correct' and 'total' go together")
        if self.correct is not None and self.total is not None and self.correct > self.total:
            raise ValueError("'correct' is more than 'total'")
        return self


class Outside(Section):
    """A ladder that was trained elsewhere."""

    title: str = Field("Trained elsewhere", description="Headline of the report.")
    prompt: PromptConfig = Field(PromptConfig(), description="The prompt template, as in training.")
    precision: Literal["fp32", "bf16"] = Field("fp32", description="Precision of generation.")
    threads: int = Field(1, gt=0, description="CPU threads of each process that answers.")
    grading: Grading = Field(Grading(), description="How answers are judged.")
    benchmarks: dict[str, Benchmark] = Field({}, description="Benchmarks by name; counts alone need none.")
    rungs: tuple[OutsideRung, ...] = Field(min_length=2, description="The rungs, size 0 among them.")

    @model_validator(mode="after")
    def _benchmarks_known(self) -> "Outside":
        if not any(rung.size for rung in self.rungs):
            raise ValueError("rungs: none has a size above 0")
        for rung in self.rungs:
            if rung.correct is None and self.benchmark_of(rung) not in self.benchmarks:
                raise ValueError(f"rungs: checkpoints and responses need a benchmark {self.benchmark_of(rung)!r}")
        return self

    def benchmark_of(self, rung: OutsideRung) -> str:
        """The benchmark that a rung's responses or counts are of."""
        return rung.benchmark or next(iter(self.benchmarks), "benchmark")


def read_outside(file: Path) -> Outside:
    """A checked file.

    Raises:
        InputError: naming the key, what is wrong and what is allowed.
    """
    try:
        raw = yaml.safe_load(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(str(file), "no such file", "check the path") from None
    except yaml.YAMLError as error:
        raise InputError(str(file), f"not YAML: {error}".replace("\n", " "), "mend the line") from None
    try:
        return Outside.model_validate(raw)
    except ValidationError as error:
        raise InputError(str(file), *first_error(error, Outside)) from None
