"""What a few requests tell of all: a pilot of each teacher behind an endpoint, kept for the run and for every plan.

    responses/teachers/<teacher>/.pilot.json    the pilot, beside the responses that it has asked already

The file goes with its folder, which is made anew when what is asked for changes. Intervals are 95 % ones of the mean
over requests drawn from all of them; they say nothing of prices that change, and of a server that slows down under
load. Not covered: teachers that are not behind an endpoint.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from thalweg import store
from thalweg.errors import InputError
from thalweg.generate.collect import Interval, Pilot, Progress, pilot
from thalweg.generate.endpoint import Endpoint
from thalweg.study.config import Loaded
from thalweg.study.data import teacher_mark
from thalweg.study.endpoints import answered, spent
from thalweg.study.folder import Folder, begin, locked
from thalweg.study.inputs import read_inputs
from thalweg.study.ladder import sampling_of, whole_mark
from thalweg.study.paid import check_paid
from thalweg.study.places import endpoint_of_teacher, teacher_name
from thalweg.types import Problem

_FILE = ".pilot.json"


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a pilot tells of a collection of `total` requests, of which `there` have been answered for `spent`."""

    pilot: Pilot
    total: int
    there: int
    spent: float = 0.0

    @classmethod
    def of(cls, found: Pilot, total: int, out: Path) -> "Estimate":
        """For the collection in a folder: more may have been answered since the pilot."""
        return cls(found, total, max(found.requests, answered(out)), spent(out) or 0.0)

    @property
    def left(self) -> int:
        """Requests that have yet to be asked."""
        return max(self.total - self.there, 0)

    @property
    def tokens(self) -> Interval:
        """Prompt and generated tokens of what is left."""
        prompt, completion = self.pilot.prompt_tokens, self.pilot.completion_tokens
        return Interval(*(self.left * (p + c) for p, c in zip(prompt, completion, strict=True)))

    @property
    def usd(self) -> Interval | None:
        """Dollars of what is left; null without a price."""
        return None if self.pilot.usd is None else Interval(*(self.left * value for value in self.pilot.usd))

    def hours(self, endpoint: Endpoint) -> float:
        """Hours of what is left: at the pilot's latency with all slots in use, or as the limits a minute allow."""
        a_second = [endpoint.max_concurrency / max(self.pilot.latency_s.value, 1e-9)]
        if endpoint.requests_per_minute is not None:
            a_second.append(endpoint.requests_per_minute / 60)
        if endpoint.tokens_per_minute is not None:
            each = self.pilot.prompt_tokens.value + self.pilot.completion_tokens.value
            a_second.append(endpoint.tokens_per_minute / 60 / max(each, 1.0))
        return self.left / min(a_second) / 3600

    def lines(self, endpoint: Endpoint) -> list[str]:
        """All of it in sentences."""
        found = self.pilot
        each = f"{_shown(found.prompt_tokens)} prompt and {_shown(found.completion_tokens)} generated tokens a request"
        cost = "" if found.usd is None else f", ${found.usd.value:.4g} [{found.usd.low:.4g}, {found.usd.high:.4g}]"
        failed = f", {found.failed} failed" if found.failed else ""
        money = "" if self.usd is None else f", ${self.usd.value:,.2f} [{self.usd.low:,.2f}, {self.usd.high:,.2f}]"
        told = [
            f"pilot of {found.requests} requests{failed}: {each}{cost}; {_shown(found.latency_s, 1)} s each",
            f"the other {self.left:,}: {_shown(self.tokens)} tokens{money}, about {_span(self.hours(endpoint))} "
            f"with {endpoint.max_concurrency} in flight, if the server is as fast then",
        ]
        if found.cut_share.value > 0:
            told.append(
                f"{100 * found.cut_share.value:.0f} % of the pilot's responses were cut off by their token budget"
            )
        return [*told, *self._over_budget(endpoint)]

    def _over_budget(self, endpoint: Endpoint) -> list[str]:
        whole = self.spent + (0.0 if self.usd is None else self.usd.value)
        if endpoint.budget_usd is None or whole <= endpoint.budget_usd:
            return []
        share = endpoint.budget_usd / whole
        return [f"budget_usd of ${endpoint.budget_usd:,.2f} is enough for about {100 * share:.0f} % of the requests"]


def run_pilots(loaded: Loaded, requests: int, on_progress: Callable[[str, Progress], None] | None = None) -> list[str]:
    """Asks every endpoint teacher that is not done so many of its requests; the run does not ask them again.

    Returns the teachers' names. Writes into the study's folder, and so holds its lock.

    Raises:
        InputError: no teacher is behind an endpoint; as a run would, before and while it asks.
    """
    if all(endpoint_of_teacher(loaded, name) is None for name in loaded.config.teachers):
        raise InputError(f"{loaded.file}: teachers", "none is behind an endpoint", "leave --pilot out")
    folder, asked = Folder(loaded.folder), []
    with locked(folder):
        problems = read_inputs(loaded, folder).problems["train"]
        check_paid(loaded, folder, problems)
        for name in loaded.config.teachers:
            endpoint = endpoint_of_teacher(loaded, name)
            if endpoint is not None and _run_pilot(loaded, folder, name, endpoint, problems, requests, on_progress):
                asked.append(name)
    return asked


def _run_pilot(
    loaded: Loaded,
    folder: Folder,
    name: str,
    endpoint: Endpoint,
    problems: list[Problem],
    requests: int,
    on_progress: Callable[[str, Progress], None] | None,
) -> bool:
    teacher, out = loaded.config.teachers[name], folder.teacher_responses(name)
    mark = teacher_mark(loaded, name, problems)
    if not begin(out, mark, whole_mark(loaded.config, mark)):
        return False
    found = pilot(
        problems,
        endpoint,
        name=teacher_name(teacher),
        sampling=sampling_of(teacher),
        prompt=loaded.config.prompt.prompt(),
        samples=teacher.samples,
        requests=requests,
        out=out,
        on_progress=None if on_progress is None else lambda now: on_progress(name, now),
    )
    write_pilot(out, found)
    return True


def write_pilot(folder: Path, found: Pilot) -> None:
    """Keeps a pilot beside the responses that it asked."""
    store.write_json(folder / _FILE, store.encode(found))


def read_pilot(folder: Path) -> Pilot | None:
    """The pilot of a folder of responses; null where there was none."""
    file = folder / _FILE
    return store.decode(Pilot, json.loads(file.read_text(encoding="utf-8")), str(file)) if file.exists() else None


def _shown(value: Interval, digits: int = 0) -> str:
    return f"{value.value:,.{digits}f} [{value.low:,.{digits}f}, {value.high:,.{digits}f}]"


def _span(hours: float) -> str:
    return f"{hours:,.1f} h" if hours >= 1.5 else f"{max(60 * hours, 1):.0f} min"
