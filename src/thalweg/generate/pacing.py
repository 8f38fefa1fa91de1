"""How many requests may be in flight: found out by asking, and never above what the server bears.

`Pacer` is told when requests start and how they end, and says how many more may start now. It holds no clock, no
socket and no task, so it is tested on made-up times.

The limit doubles every round trip (at first four times a second, while no answer is there) until the server turns
requests away (429, 503, timeouts, resets) or until answers take longer without more of them coming; from there it
falls to what was borne and grows by small steps, which double while all goes well. Turned-away requests that stay as
many when fewer are asked are not the load's doing (a server that fails at random), and do not lower the limit. What a
server asks for in `Retry-After` holds up all new requests.

Not covered: limits that several processes share.
"""

from dataclasses import dataclass
from typing import NamedTuple

START = 16  # requests in flight at first
RAMP_S, UNSEEN = 0.25, 256  # seconds between doublings before any answer is there, and how far they go
LONGEST_PAUSE = 300.0  # seconds; servers that ask for more are asked again after this
_ROUNDING = 1e-6  # of a request: a bucket that is waited for must not stay short of full by a rounding
_BURST_S = 1.0  # a bucket lets this many seconds' worth of its rate pass at once
_BLAMELESS = 0.3  # the largest share of turned-away requests that may be held for the server's own failing
_GAIN = 1.1  # more than this much more output counts as a gain
_SLOWER = 1.25  # more than this much slower answers count as a loss


@dataclass(slots=True)
class _Bucket:
    """A token bucket: `rate` a second. Its level may fall below zero, where the cost is known only afterwards."""

    rate: float
    level: float
    at: float

    def refill(self, now: float) -> None:
        self.level = min(self.level + (now - self.at) * self.rate, max(1.0, self.rate * _BURST_S))
        self.at = now

    def wait(self) -> float:
        """Seconds until one more may pass; 0 when it may now."""
        return 0.0 if self.level >= 1 - _ROUNDING else (1 - self.level) / self.rate


@dataclass(slots=True)
class _Window:
    """What ended during about one round trip at one limit."""

    began: float
    limit: int
    answered: int = 0
    turned_away: int = 0
    tokens: int = 0
    seconds: float = 0.0
    full: bool = False  # the limit, and nothing else, held requests back

    @property
    def ended(self) -> int:
        return self.answered + self.turned_away

    def rate(self, now: float) -> float:
        """Tokens a second."""
        return self.tokens / max(now - self.began, 1e-6)

    @property
    def pace(self) -> float:
        """Seconds a token, of one answer."""
        return self.seconds / max(self.tokens, 1)


class _Best(NamedTuple):
    """The window with the highest output so far."""

    limit: float
    rate: float
    pace: float


class Pacer:
    """Says how many requests may start.

    Args:
        most: the most requests in flight, whatever the server bears.
        now: seconds on the caller's clock, which only goes forward.
    """

    def __init__(
        self,
        most: int,
        now: float,
        requests_per_minute: float | None = None,
        tokens_per_minute: float | None = None,
    ) -> None:
        self._most, self._limit = most, float(min(START, most))
        self._ramping, self._step = True, 1.0
        self._window = _Window(now, self.limit)
        self._best: _Best | None = None
        self._blameless = 0.0  # share of requests that the server turns away whatever the load
        self._lowered_at = 0.0  # share of turned-away requests that has just lowered the limit
        self.resume_at = now
        self._requests = _bucket(requests_per_minute, now)
        self._tokens = _bucket(tokens_per_minute, now)

    @property
    def limit(self) -> int:
        """The most requests in flight at present."""
        return int(self._limit)

    def may_start(self, now: float, in_flight: int) -> bool:
        """Whether one more request may start now."""
        if now < self.resume_at:
            return False
        if in_flight + self._held() >= self.limit:
            self._window.full = True
            return False
        return all(bucket.wait() <= 0 for bucket in self._buckets(now))

    def tick(self, now: float) -> None:
        """Time has passed. A server without room says so at once: the first doublings need not wait for answers."""
        window = self._window
        unseen = self._ramping and self._best is None and window.ended == 0 and self._limit < UNSEEN
        if unseen and window.full and now - window.began >= RAMP_S:
            self._limit = min(self._most, self._limit * 2)
            self._window = _Window(now, self.limit)

    def wait(self, now: float) -> float:
        """Seconds until `may_start` may change its mind without a request's ending (0: only an ending helps)."""
        return max([self.resume_at - now, 0.0, *(bucket.wait() for bucket in self._buckets(now))])

    def started(self, tokens: float) -> None:
        """One request started, which is expected to cost so many tokens."""
        if self._requests is not None:
            self._requests.level -= 1
        if self._tokens is not None:
            self._tokens.level -= tokens

    def cost(self, surplus: float) -> None:
        """A request that ended cost so many tokens more than was expected of it (below 0: fewer)."""
        if self._tokens is not None:
            self._tokens.level -= surplus

    def answered(self, now: float, seconds: float, tokens: int) -> None:
        """An answer of so many tokens came after `seconds`."""
        self._window.answered += 1
        self._window.tokens += max(tokens, 1)
        self._window.seconds += seconds
        self._look(now)

    def turned_away(self, now: float) -> None:
        """The server turned a request away, or did not answer it."""
        self._window.turned_away += 1
        self._look(now)

    def pause(self, now: float, seconds: float) -> None:
        """No new request for so many seconds."""
        self.resume_at = max(self.resume_at, now + min(seconds, LONGEST_PAUSE))

    # ----------------------------------------------------------------------- within

    def _buckets(self, now: float) -> list[_Bucket]:
        buckets = [bucket for bucket in (self._requests, self._tokens) if bucket is not None]
        for bucket in buckets:
            bucket.refill(now)
        return buckets

    def _held(self) -> int:
        """Slots of turned-away requests stay shut until the window ends, or a full server would be asked in a storm."""
        return max(0, self._window.turned_away - self._expected(self._window.limit))

    def _expected(self, requests: float) -> int:
        """Requests of so many that a server which fails at random turns away: the mean and three deviations."""
        share = self._blameless
        return int(requests * share + 3 * (requests * share * (1 - share)) ** 0.5)

    def _look(self, now: float) -> None:
        """Ends the window after one round trip, and sets the limit by what it saw."""
        window = self._window
        if window.ended < window.limit:
            return
        if window.turned_away > self._expected(window.ended):
            self._lower(window)
        elif self._is_loss(window, now):
            assert self._best is not None
            self._settle(self._best.limit)
        else:
            self._grow(window, now)
        self._window = _Window(now, self.limit)

    def _lower(self, window: _Window) -> None:
        share = window.turned_away / window.ended
        if self._lowered_at and share <= _BLAMELESS:
            # Fewer were asked, and these were turned away all the same: it is not the load. Where fewer did help, what
            # was asked before was too much, and the limit grows in small steps only.
            self._ramping = share > self._lowered_at / 2
            self._blameless, self._lowered_at = share, 0.0
            return
        self._lowered_at = share
        self._settle(max(window.limit / 2, window.limit * (1 - share)))

    def _settle(self, limit: float) -> None:
        self._limit, self._ramping, self._step = max(1.0, limit), False, 1.0

    def _grow(self, window: _Window, now: float) -> None:
        self._lowered_at = 0.0
        if window.turned_away == 0:
            self._blameless = 0.0
        if self._best is None or window.rate(now) > _GAIN * self._best.rate:
            self._best = _Best(window.limit, window.rate(now), window.pace)
        if not window.full:
            return
        if self._ramping:
            self._limit = min(self._most, self._limit * 2)
        else:
            self._limit = min(self._most, self._limit + self._step)
            self._step = min(self._step * 2, max(1.0, self._limit / 8))

    def _is_loss(self, window: _Window, now: float) -> bool:
        """Whether more requests than the best window's brought slower answers and no more of them."""
        best = self._best
        if best is None or window.limit < 1.3 * best.limit or window.answered < START:
            return False
        return window.pace > _SLOWER * best.pace and window.rate(now) < _GAIN * best.rate


def _bucket(a_minute: float | None, now: float) -> _Bucket | None:
    return None if a_minute is None else _Bucket(a_minute / 60, max(1.0, a_minute / 60 * _BURST_S), now)
