"""Many requests at once: starts them as the pacer allows, keeps what comes, asks again what may succeed.

A task exists only while its request is in flight; what waits is a number in an iterator or in a heap. What ends is
written to the journal in groups (whatever ended during the last write), off the event loop where the disk is slow, and
a slot is free again only when its answer is on disk. A request that waits to be asked again holds no slot.

    the server failed, or broke off                  an attempt is used up; asked again after a random wait
    the server had no room (429, 503)                no attempt is used up; all new requests wait as it asks
    nothing could be sent                            no attempt is used up; the run ends when it lasts
    no request can succeed (401, 404, all refused)   the run ends

Not covered: what an answer means (`thalweg.generate.answers`), and how many requests the server bears (`pacing`).
"""

import asyncio
import heapq
import random
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from thalweg.errors import InputError
from thalweg.generate.answers import Flaw, Reply
from thalweg.generate.asking import Asker
from thalweg.generate.budget import Budget
from thalweg.generate.endpoint import Endpoint
from thalweg.generate.journal import Journal
from thalweg.generate.ledger import Ledger
from thalweg.generate.model import Request
from thalweg.generate.pacing import START, Pacer
from thalweg.generate.thoughts import hidden_thoughts

OUTAGE_S = 60.0  # a server that cannot be reached for so long ends the run
FIRST_CONTACT_S = 5.0  # the same before it was ever reached
GRACE_S = 10.0  # for requests in flight when a run is interrupted
_BACKOFF_S = (0.5, 60.0)  # waits are random between 0 and the first, doubled with every attempt up to the second
_PROBE_S = (0.25, 5.0)  # pauses between attempts at a server that cannot be reached
_PATIENCE = 8  # a request may be turned away so many times as often as it may be attempted
_ALL_REFUSED = 16  # the first so many requests refused, and none answered: the request itself is wrong
_TELL_S = 0.25
_WRITING = "write"  # the one task that is never cut off


@dataclass(slots=True)
class _Try:
    """A request that is asked: how often it has been attempted and turned away."""

    index: int
    attempts: int = 0
    turned_away: int = 0

    def __lt__(self, other: "_Try") -> bool:
        return self.index < other.index


@dataclass(frozen=True, slots=True)
class _Landed:
    """What came of an attempt, to be written down."""

    tried: _Try
    request: Request
    outcome: Reply | Flaw
    seconds: float


class Crowd:
    """Asks the open ones among some requests.

    Args:
        todo: numbers of requests, in the order in which they are asked.
        on_tick: is called several times a second with the number in flight, the limit, and a new note or nothing.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        asker: Asker,
        ledger: Ledger,
        journal: Journal,
        budget: Budget,
        todo: Iterator[int],
        on_tick: Callable[[int, int, str], None],
    ) -> None:
        self._endpoint, self._asker, self._ledger, self._journal = endpoint, asker, ledger, journal
        self._budget, self._todo, self._on_tick = budget, todo, on_tick
        self._ahead = next(todo, None)
        self._waiting: list[tuple[float, _Try]] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._landed: list[_Landed] = []
        self._writing = False
        self._in_flight = self._announced = self._refused = self._probes = self._told = 0
        self._silent_since: float | None = None
        self._reached = False
        self._cause: BaseException | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._spent: str | None = None

    async def run(self) -> str | None:
        """Asks until all have ended; returns the budget that ended it sooner, or null.

        Raises:
            InputError: no request can succeed, or the server cannot be reached; what came is kept.
            KeyboardInterrupt: after what was in flight has landed.
        """
        loop = self._loop = asyncio.get_running_loop()
        limits = (self._endpoint.requests_per_minute, self._endpoint.tokens_per_minute)
        self._pacer = Pacer(self._endpoint.max_concurrency, loop.time(), *limits)
        self._over: asyncio.Future[None] = loop.create_future()
        with ThreadPoolExecutor(1) as self._disk, self._interruptible():
            self._tick()
            await self._over
            self._clock.cancel()
            self._write_now({"row": "landed", "over": self._is_over()})
        self._on_tick(0, self._pacer.limit, self._note())
        if self._cause is not None:
            raise self._cause
        return self._spent

    # ----------------------------------------------------------------------- starting

    def _pump(self) -> None:
        """Starts what may start now; sets a timer for what may start later; sees the end."""
        now, self._spent = self._loop.time(), None
        while self._cause is None and self._has_ready(now) and self._pacer.may_start(now, self._in_flight):
            self._spent = self._budget.spent(self._in_flight)
            if self._spent is not None:
                break
            self._start(self._next(), now)
        self._set_timer(now)
        nothing_left = self._ahead is None and not self._waiting
        idle = self._in_flight == 0 and not self._writing
        if idle and (self._cause or nothing_left or self._spent) and not self._over.done():
            self._over.set_result(None)

    def _has_ready(self, now: float) -> bool:
        return self._ahead is not None or (bool(self._waiting) and self._waiting[0][0] <= now)

    def _next(self) -> _Try:
        """Those that have waited go first."""
        if self._waiting and (self._ahead is None or self._waiting[0][0] <= self._loop.time()):
            return heapq.heappop(self._waiting)[1]
        assert self._ahead is not None
        tried, self._ahead = _Try(self._ahead), next(self._todo, None)
        return tried

    def _start(self, tried: _Try, now: float) -> None:
        self._in_flight += 1
        if self._in_flight > self._announced:
            # On disk before they are asked: if the run is killed, so many may have been billed for nothing.
            self._announced = min(max(START, 2 * self._announced), self._endpoint.max_concurrency)
            self._write_now({"row": "flight", "requests": self._announced})
        expected = self._budget.tokens_each()
        self._pacer.started(expected)
        task = self._loop.create_task(self._ask(tried, expected, now))
        self._tasks.add(task)
        task.add_done_callback(self._task_done)

    def _set_timer(self, now: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._cause is not None or self._in_flight >= self._pacer.limit:
            return
        waits = [self._pacer.wait(now)] if self._has_ready(now) else []
        waits += [self._waiting[0][0] - now] if self._waiting else []
        if later := [wait for wait in waits if wait > 0]:
            self._timer = self._loop.call_later(min(later), self._pump)

    # ----------------------------------------------------------------------- ending

    async def _ask(self, tried: _Try, expected: float, began: float) -> None:
        request = self._ledger.request(tried.index)
        outcome: Reply | Flaw
        try:
            outcome = await self._asker.ask(request)
        except asyncio.CancelledError:
            outcome = Flaw("cut off as the run ended", "later", unknown=True)
        if self._over.done():  # of a run that cannot be kept any more
            return
        now = self._loop.time()
        self._heed(outcome, now, now - began, expected)
        self._landed.append(_Landed(tried, request, outcome, now - began))
        if not self._writing:
            self._writing = True
            task = self._loop.create_task(self._write(), name=_WRITING)
            self._tasks.add(task)
            task.add_done_callback(self._task_done)

    def _task_done(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            # A full disk, or a defect: nothing more can be kept.
            self._cause = error
            if not self._over.done():
                self._over.set_result(None)

    async def _write(self) -> None:
        """Writes down what has landed, then what has landed meanwhile; frees the slots."""
        while self._landed:
            group, self._landed = self._landed, []
            rows, then = [], []
            for landed in group:
                more, again_at = self._settle(landed)
                rows += more
                then += [] if again_at is None else [(again_at, landed.tried)]
            if rows:
                for offset, row in zip(await self._append(rows), rows, strict=True):
                    self._ledger.take(offset, row)
            for waiting in then:
                heapq.heappush(self._waiting, waiting)
            self._in_flight -= len(group)
            self._look_for_thoughts()
            self._pump()
        self._writing = False
        self._pump()

    async def _append(self, rows: list[dict[str, Any]]) -> list[int]:
        """Writes to the journal; in a thread where the disk is slow, since a thread costs more than a fast disk."""
        if self._journal.is_slow:
            return await self._loop.run_in_executor(self._disk, self._journal.append, rows)
        return self._journal.append(rows)

    def _settle(self, landed: _Landed) -> tuple[list[dict[str, Any]], float | None]:
        """The rows that keep an attempt, and when its request is asked again (null: never, or in another run)."""
        tried, request, outcome = landed.tried, landed.request, landed.outcome
        if isinstance(outcome, Reply):
            tried.attempts += 1
            return [self._ledger.response_row(request, outcome, landed.seconds, tried.attempts)], None
        tried.attempts += outcome.then in ("again", "never")
        tried.turned_away += outcome.then == "later"
        most = self._endpoint.max_attempts
        waste = self._ledger.waste_row(request, outcome)
        rows = [waste] if waste else []
        gone = tried.attempts >= most or tried.turned_away >= _PATIENCE * most
        if outcome.then == "never" or (gone and outcome.then in ("again", "later") and self._cause is None):
            return [*rows, self._ledger.failure_row(request, outcome, tried.attempts)], None
        if self._cause is not None or outcome.then == "end":
            return rows, None
        return rows, self._loop.time() + self._backoff(tried, outcome)

    def _backoff(self, tried: _Try, flaw: Flaw) -> float:
        """Seconds until a request is asked again: full jitter, doubling; at least what the server asks for."""
        if flaw.then == "adapted":
            return 0.0
        first, longest = _BACKOFF_S
        doublings = 0 if flaw.then == "unreachable" else min(tried.attempts + tried.turned_away - 1, 20)
        return (flaw.pause_s or 0.0) + random.random() * min(longest, first * float(2**doublings))

    # ----------------------------------------------------------------------- what the run learns

    def _heed(self, outcome: Reply | Flaw, now: float, seconds: float, expected: float) -> None:
        usage = outcome.usage
        spent = 0.0 if usage is None else float(usage.prompt + usage.completion)
        self._pacer.cost((expected if isinstance(outcome, Reply) and usage is None else spent) - expected)
        if isinstance(outcome, Reply):
            text = outcome.text or f"{outcome.thinking}{outcome.answer}"
            self._pacer.answered(now, seconds, usage.completion if usage else len(text) // 4)
            self._heard()
            return
        if outcome.load:
            self._pacer.turned_away(now)
        if outcome.pause_s is not None and outcome.then != "never":
            self._pacer.pause(now, outcome.pause_s + random.random() * min(1.0, 0.1 * outcome.pause_s))
        self._heed_silence(outcome, now)
        self._heed_refusal(outcome)

    def _heard(self) -> None:
        self._reached, self._silent_since, self._probes, self._refused = True, None, 0, 0

    def _heed_silence(self, flaw: Flaw, now: float) -> None:
        """A server that cannot be reached is tried now and then, and given up after a while."""
        if flaw.reason not in ("no connection", "the connection broke"):
            if flaw.then != "later" or flaw.load:
                self._reached, self._silent_since, self._probes = True, None, 0
            return
        self._silent_since = now if self._silent_since is None else self._silent_since
        if flaw.then == "unreachable" and now >= self._pacer.resume_at:
            self._pacer.pause(now, min(_PROBE_S[1], _PROBE_S[0] * 2**self._probes))
            self._probes += 1
        if now - self._silent_since > (OUTAGE_S if self._reached else FIRST_CONTACT_S):
            about = f" ({flaw.detail})" if flaw.detail else ""
            self._end("the server cannot be reached" + about, "check the URL; what came is kept, run again to go on")

    def _heed_refusal(self, flaw: Flaw) -> None:
        if flaw.then == "end":
            self._end(flaw.reason, flaw.remedy)
        elif flaw.then == "never" and flaw.reason.startswith("refused"):
            self._refused += 1
            if self._refused >= _ALL_REFUSED and self._ledger.responses == 0:
                said = f": {flaw.detail}" if flaw.detail else ""
                self._end(f"the first {self._refused} requests were all {flaw.reason}{said}", "change the request")

    def _look_for_thoughts(self) -> None:
        if self._endpoint.thinking == "required" and (problem := hidden_thoughts(self._ledger)):
            self._end(*problem)

    def _end(self, problem: str, remedy: str) -> None:
        self._stop(InputError(self._endpoint.where, problem, remedy))

    # ----------------------------------------------------------------------- stopping

    def _stop(self, cause: BaseException) -> None:
        """Starts nothing more; what is in flight has a little time to land."""
        if self._cause is None:
            self._cause = cause
            self._waiting.clear()
            self._loop.call_later(GRACE_S, self._cut_off)
            self._loop.call_soon(self._pump)

    def _cut_off(self) -> None:
        for task in [task for task in self._tasks if task.get_name() != _WRITING]:
            task.cancel()

    def _interrupted(self) -> None:
        if isinstance(self._cause, KeyboardInterrupt):
            self._cut_off()
        self._stop(KeyboardInterrupt())

    @contextmanager
    def _interruptible(self) -> Iterator[None]:
        """The first Ctrl-C lets what is in flight land, the second does not."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        self._loop.add_signal_handler(signal.SIGINT, self._interrupted)
        try:
            yield
        finally:
            self._loop.remove_signal_handler(signal.SIGINT)

    def _is_over(self) -> bool:
        """Whether the next run asks again what failed: not after a budget or an interrupt."""
        return isinstance(self._cause, InputError) or self._ledger.ended == self._ledger.total

    # ----------------------------------------------------------------------- telling

    def _tick(self) -> None:
        self._clock = self._loop.call_later(_TELL_S, self._tick)
        self._pacer.tick(self._loop.time())
        self._pump()
        try:
            self._on_tick(self._in_flight, self._pacer.limit, self._note())
        except BaseException as error:  # the loop would only log it
            self._stop(error)

    def _note(self) -> str:
        notes, self._told = self._asker.notes[self._told :], len(self._asker.notes)
        return "; ".join(notes)

    def _write_now(self, row: Mapping[str, Any]) -> None:
        (offset,) = self._journal.append([row])
        self._ledger.take(offset, row)
