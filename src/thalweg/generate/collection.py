"""A folder that is being collected: its journal, its books, and what it becomes when all requests have ended.

Not covered: the public functions (`thalweg.generate.collect`), and the asking itself (`crowd`).
"""

import asyncio
import hashlib
import json
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, NamedTuple, cast

from thalweg import store
from thalweg.chat import Prompt
from thalweg.errors import InputError
from thalweg.generate.asking import Asker
from thalweg.generate.budget import Budget
from thalweg.generate.crowd import Crowd
from thalweg.generate.endpoint import Endpoint
from thalweg.generate.estimates import Interval, mean_interval, share_interval
from thalweg.generate.journal import Journal
from thalweg.generate.ledger import Ledger
from thalweg.generate.model import Sampling
from thalweg.generate.price import NANO, Usage
from thalweg.generate.rendering import Renderer
from thalweg.generate.thoughts import hidden_thoughts
from thalweg.types import Problem, Response

Stopped = Literal["budget_usd", "budget_tokens"]
_PART = 512  # responses of a part of the shards
_TEMPLATE_TOKENS = 256  # what a server's chat template may add to a prompt, at most


class Progress(NamedTuple):
    """Where a collection stands: requests `done` of `total` (`failed` among them), `in_flight` of at most `limit`.

    `usd` is null without a price; dollars and tokens are of the whole folder, `seconds` of this run. `note` is a
    sentence that the user should see once (a field that the server does not take was dropped), else empty.
    """

    done: int
    total: int
    failed: int
    in_flight: int
    limit: int
    usd: float | None
    tokens: int
    seconds: float
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """What a collection came to. `stopped` says which budget ended it before all requests were asked."""

    responses: int
    failed: int
    usd: float | None
    prompt_tokens: int
    completion_tokens: int
    stopped: Stopped | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pilot:
    """What `requests` answered requests tell of all: tokens, dollars and seconds a request takes, means with intervals.

    `usd` is null without a price; `cut_share` is the share of responses that their token budget cut off.
    """

    requests: int
    failed: int
    prompt_tokens: Interval
    completion_tokens: Interval
    usd: Interval | None
    latency_s: Interval
    cut_share: Interval


class Collection:
    """One folder at work: opened with `with`, which holds the journal's lock."""

    def __init__(
        self,
        problems: Sequence[Problem],
        endpoint: Endpoint,
        name: str,
        sampling: Sampling,
        prompt: Prompt,
        samples: int,
        out: Path,
        on_progress: Callable[[Progress], None] | None,
    ) -> None:
        if not problems or samples < 1:
            raise InputError("collect", f"{len(problems)} problems, {samples} samples", "both must be at least 1")
        self._problems, self._endpoint, self._sampling, self._prompt = problems, endpoint, sampling, prompt
        self._samples, self._name, self._out, self._on_progress = samples, name, out, on_progress
        self.ledger = Ledger(
            problems, samples, where=str(out / "journal.jsonl"), mark=self._mark, price=endpoint.price, name=name
        )

    def __enter__(self) -> "Collection":
        self._began = time.monotonic()
        self._journal = Journal(self._out / "journal.jsonl", self.ledger.take)
        self._add([*([self.ledger.head()] if self.ledger.is_new else []), {"row": "run"}])
        return self

    def __exit__(self, *_: object) -> None:
        if self.ledger.ended < self.ledger.total:
            self.write_books()
        self._journal.close()

    @cached_property
    def _mark(self) -> str:
        """What the answers depend on. Of problems only what a server sees: a better test asks nothing again."""
        seen = hashlib.sha256()
        for problem in self._problems:
            seen.update(json.dumps([problem.id, self._prompt.user_turn(problem)]).encode() + b"\n")
        how = self._endpoint
        asked = (how.model, how.api, dict(how.extra_body), how.send_seed, self._prompt.fields, self._sampling)
        return store.fingerprint("collect", seen.hexdigest(), asked, self._samples, self._name)

    @cached_property
    def _budget(self) -> Budget:
        longest = max(len(self._prompt.user_turn(problem).encode()) for problem in self._problems)
        prompt = longest + len((self._prompt.system or "").encode()) + _TEMPLATE_TOKENS
        return Budget(self._endpoint, self.ledger, Usage(prompt, self._sampling.max_tokens))

    # ----------------------------------------------------------------------- asking

    def ask(self, indices: Iterable[int]) -> Stopped | None:
        """Asks those of the requests that are open; returns the budget that ended it, or null."""
        todo: Iterator[int] = (index for index in indices if self.ledger.is_open(index))
        render = Renderer(self._endpoint, self._prompt) if self._endpoint.api == "completions" else None
        asker = Asker(self._endpoint, self._sampling, self._prompt, render)

        async def ask_all() -> str | None:
            async with asker:
                crowd = Crowd(self._endpoint, asker, self.ledger, self._journal, self._budget, todo, self._tick)
                return await crowd.run()

        return cast(Stopped | None, asyncio.run(ask_all()))

    def _tick(self, in_flight: int, limit: int, note: str) -> None:
        if self._on_progress is None:
            return
        ledger = self.ledger
        tokens, seconds = ledger.prompt_tokens + ledger.completion_tokens, time.monotonic() - self._began
        counts = (ledger.ended, ledger.total, ledger.failed, in_flight, limit)
        self._on_progress(Progress(*counts, ledger.usd(), tokens, seconds, note))

    def _add(self, rows: Sequence[dict[str, Any]]) -> None:
        for offset, row in zip(self._journal.append(rows), rows, strict=True):
            self.ledger.take(offset, row)

    # ----------------------------------------------------------------------- what is left behind

    def finish(self, stopped: Stopped | None) -> Collected:
        """Turns the journal into shards when every request has ended."""
        ledger, where = self.ledger, self._endpoint.where
        if stopped is not None:
            return self.collected(stopped)
        if self._endpoint.thinking == "required" and (problem := hidden_thoughts(ledger)):
            self.write_books()
            raise InputError(where, *problem)
        if ledger.failed > self._endpoint.max_failed_share * ledger.total:
            self.write_books()
            reasons = ", ".join(f"{count} {reason}" for reason, count in ledger.reasons().most_common())
            problem_said = f"{ledger.failed} of {ledger.total} requests failed ({reasons}); see {self._failures}"
            raise InputError(where, problem_said, "run again to ask these again, or allow a max_failed_share")
        self._write_shards()
        self.write_books(done=True)
        if not ledger.failed:
            self._journal.remove()
        return self.collected()

    def _write_shards(self) -> None:
        shards, group, part = store.Shards(self._out, Response), [], 0
        for index in range(self.ledger.total):
            if (offset := self.ledger.offset(index)) is not None:
                group.append(self.ledger.response(self._journal.row(offset)))
            if group and (len(group) == _PART or index == self.ledger.total - 1):
                shards.put(part, group)
                group, part = [], part + 1

    def write_books(self, done: bool = False) -> None:
        """Writes what failed and what was spent."""
        ledger = self.ledger
        if ledger.failed:
            with store.replacing(self._failures) as temporary:
                temporary.write_text("".join(map(store.json_line, ledger.failures())), encoding="utf-8")
        else:
            self._failures.unlink(missing_ok=True)
        usd = ledger.usd()
        books = {
            "mark": self._mark,
            "done": done,
            "requests": ledger.total,
            "responses": ledger.responses,
            "failed": ledger.failed,
            "failed_by_reason": dict(ledger.reasons()),
            "prompt_tokens": ledger.prompt_tokens,
            "cached_prompt_tokens": ledger.cached_tokens,
            "completion_tokens": ledger.completion_tokens,
            "reasoning_tokens": ledger.reasoning_tokens,
            "usd": usd,
            "wasted_usd": None if usd is None else ledger.wasted_nano / NANO,
            "unknown_attempts": ledger.unknown,
            "unknown_usd_at_most": None if usd is None else ledger.unknown * self._budget.nano_at_most() / NANO,
        }
        store.write_json(self._spend, books)

    def is_done(self) -> bool:
        """Whether every request has its response on disk.

        Raises:
            InputError: those of another collection are.
        """
        if not self._spend.exists():
            return False
        books = json.loads(self._spend.read_text(encoding="utf-8"))
        if books["mark"] != self._mark:
            raise InputError(str(self._out), "holds responses made with other settings", "use another folder")
        return bool(books["done"] and not books["failed"])

    def collected(self, stopped: Stopped | None = None) -> Collected:
        """What the books say."""
        if stopped is not None:
            self.write_books()
        books = json.loads(self._spend.read_text(encoding="utf-8"))
        names = ("responses", "failed", "usd", "prompt_tokens", "completion_tokens")
        return Collected(**{name: books[name] for name in names}, stopped=stopped)

    @property
    def _failures(self) -> Path:
        return self._out / "failures.jsonl"

    @property
    def _spend(self) -> Path:
        return self._out / "spend.json"

    # ----------------------------------------------------------------------- a pilot

    def measure(self, indices: Sequence[int]) -> Pilot:
        """What the responses to some requests say of all."""
        offsets = [offset for index in indices if (offset := self.ledger.offset(index)) is not None]
        if not offsets:
            raise InputError(self._endpoint.where, "the pilot got no response", f"see {self._failures}")
        rows = [self._journal.row(offset) for offset in offsets]
        counted = [row for row in rows if row["prompt_tokens"] is not None]
        if not counted:
            raise InputError(self._endpoint.where, "the server does not count tokens", "plan without a pilot")
        costs = [usd for row in counted if (usd := self.ledger.response(row).cost_usd) is not None]
        return Pilot(
            requests=len(rows),
            failed=len(indices) - len(rows),
            prompt_tokens=mean_interval([row["prompt_tokens"] for row in counted]),
            completion_tokens=mean_interval([row["completion_tokens"] for row in counted]),
            usd=mean_interval(costs) if costs else None,
            latency_s=mean_interval([row["seconds"] for row in rows]),
            cut_share=share_interval(sum(row["finish_reason"] == "length" for row in rows), len(rows)),
        )
