"""A training job and its result, and how both travel as JSON (to launched processes, and to `<out>/result.json`)."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

from thalweg import store
from thalweg.chat import Prompt
from thalweg.train.branches import Part
from thalweg.train.checkpoints import Checkpoint, latest
from thalweg.train.config import TrainConfig
from thalweg.types import Example

OnStep: TypeAlias = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainResult:
    """What a run did. Tokens are those of all passes, padding left out; `loss` is the last row's of the metrics."""

    steps: int
    tokens_trained: int  # prompts and responses
    loss_tokens: int  # responses and end markers
    seconds: float  # of training itself, over all attempts that led here
    loss: float | None
    examples: int  # that were trained on
    truncated: int  # that were too long
    dropped: int  # of these, that were left out
    # What came before, of the steps, tokens and seconds above: on the trunk of a branched ladder.
    before_steps: int = 0
    before_tokens: int = 0
    before_seconds: float = 0.0


@dataclass(frozen=True)
class Job:
    """What `train` is asked for; `student` is resolved (`student.resolve`). A `part` is one of a branched ladder."""

    corpus: Sequence[Example]
    student: str
    out: Path
    config: TrainConfig
    prompt: Prompt
    seed: int
    part: Part | None = None

    @property
    def keeps_state(self) -> bool:
        """Whether what it leaves is a state to go on from, in place of a student."""
        return self.part is not None and self.part.kind == "trunk"

    @property
    def before(self) -> Checkpoint | None:
        """The state that it goes on from; null where it begins with the student."""
        after = self.part.after if self.part is not None else None
        return latest(after / "checkpoints", None) if after is not None else None

    @cached_property
    def fingerprint(self) -> str:
        """Names everything that decides the outcome, the student's weights included if they are in a folder."""
        folder = Path(self.student)
        weights = store.file_fingerprint(folder) if folder.is_dir() else self.student
        # The trunk before a part follows from the corpus, whose rows it has seen.
        part = [replace(self.part, after=None)] if self.part is not None else []
        return store.fingerprint(
            store.records_fingerprint(self.corpus), weights, self.config, self.prompt.hash, self.seed, *part
        )

    def finished(self) -> TrainResult | None:
        """The result, if this very job has run to its end."""
        path = self.out / "result.json"
        if not path.exists():
            return None
        saved: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return TrainResult(**saved) if saved.pop("fingerprint") == self.fingerprint else None

    def finish(self, result: TrainResult) -> None:
        """Says that the job has run to its end."""
        store.write_json(self.out / "result.json", {**asdict(result), "fingerprint": self.fingerprint})

    def save(self, folder: Path) -> Path:
        """Writes the job for other processes, and returns its file."""
        store.write(folder / "corpus.jsonl", self.corpus)
        config, prompt = self.config.model_dump(mode="json"), asdict(self.prompt)
        fields = {"student": self.student, "out": str(self.out), "config": config, "prompt": prompt, "seed": self.seed}
        part = store.encode(self.part) if self.part is not None else None
        store.write_json(folder / "job.json", {**fields, "part": part})
        return folder / "job.json"

    @classmethod
    def load(cls, path: Path) -> "Job":
        """The job of a file that `save` wrote."""
        fields = json.loads(path.read_text(encoding="utf-8"))
        return cls(
            corpus=store.read_all(path.with_name("corpus.jsonl"), Example, key=""),
            student=fields["student"],
            out=Path(fields["out"]),
            config=TrainConfig.model_validate(fields["config"]),
            prompt=Prompt(**fields["prompt"]),
            seed=fields["seed"],
            part=store.decode(Part, fields["part"], str(path)) if fields["part"] else None,
        )
