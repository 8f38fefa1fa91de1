"""The pacer on made-up times: how fast it grows, where it settles, what holds it up."""

import heapq
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thalweg.generate.pacing import LONGEST_PAUSE, START, UNSEEN, Pacer


class Simulation:
    """A server that answers after `latency` seconds, serves `capacity` at once and fails at random."""

    def __init__(
        self, pacer: Pacer, capacity: int = 10**9, latency: float = 1.0, failing: float = 0.0, queue: int = 10**9
    ) -> None:
        self.pacer, self.capacity, self.latency, self.failing, self.queue = pacer, capacity, latency, failing, queue
        self.now, self.in_flight, self.peak, self.refused = 0.0, 0, 0, 0
        self.ended: list[float] = []
        self._events: list[tuple[float, int, float]] = []  # when, number, seconds (below 0: turned away)
        self._draws, self._number = random.Random(0), 0

    def run(self, answers: int) -> None:
        """Asks until so many are answered. Turned-away requests come back at once: the demand has no end."""
        while len(self.ended) < answers:
            while self.pacer.may_start(self.now, self.in_flight):
                self._start()
            soonest = self._events[0][0] if self._events else float("inf")
            wait = self.pacer.wait(self.now) or 0.25  # the crowd's clock ticks so often
            self.now = min(soonest, self.now + wait)
            self.pacer.tick(self.now)
            while self._events and self._events[0][0] <= self.now:
                self._end(*heapq.heappop(self._events)[1:])

    def rate(self, first: float, last: float) -> float:
        """Answers a second between two shares of all."""
        a, b = int(first * len(self.ended)), int(last * len(self.ended)) - 1
        return (b - a) / (self.ended[b] - self.ended[a])

    def _start(self) -> None:
        turned_away = self.in_flight >= self.capacity or self._draws.random() < self.failing
        seconds = -0.01 if turned_away else self.latency * max(1.0, (self.in_flight + 1) / self.queue)
        self.in_flight, self._number = self.in_flight + 1, self._number + 1
        self.peak = max(self.peak, self.in_flight)
        self.pacer.started(300)
        heapq.heappush(self._events, (self.now + abs(seconds), self._number, seconds))

    def _end(self, _: int, seconds: float) -> None:
        self.in_flight -= 1
        if seconds < 0:
            self.refused += 1
            self.pacer.turned_away(self.now)
        else:
            self.ended.append(self.now)
            self.pacer.answered(self.now, seconds, 300)


def test_it_doubles_every_round_trip_up_to_the_most() -> None:
    simulation = Simulation(Pacer(256, 0.0), latency=0.2)
    simulation.run(START + 2 * START + 4 * START + 8 * START)
    assert simulation.now == pytest.approx(4 * 0.2)
    simulation.run(5000)
    assert simulation.pacer.limit == simulation.peak == 256
    assert simulation.rate(0.3, 1.0) >= 0.95 * 256 / 0.2


def test_answers_that_take_long_do_not_hold_up_the_ramp() -> None:
    simulation = Simulation(Pacer(256, 0.0), latency=100.0)
    simulation.run(256)
    assert simulation.pacer.limit == simulation.peak == 256
    assert simulation.now < 103


@pytest.mark.parametrize("slow", [20, 60])
def test_a_server_that_lets_requests_wait_is_not_left_with_all_of_them(slow: int) -> None:
    simulation = Simulation(Pacer(1000, 0.0), latency=slow, queue=64)
    simulation.run(3000)
    assert simulation.rate(0.5, 1.0) >= 0.9 * 64 / slow
    assert simulation.pacer.limit <= 2 * UNSEEN


def test_it_finds_a_limit_that_nobody_told_and_stays_there() -> None:
    simulation = Simulation(Pacer(1000, 0.0), capacity=256)
    simulation.run(5000)
    assert simulation.rate(0.4, 1.0) >= 0.95 * 256
    assert simulation.refused < 0.1 * 5000


@pytest.mark.parametrize("capacity", [1, 8, 100])
def test_a_small_server_is_not_asked_in_a_storm(capacity: int) -> None:
    simulation = Simulation(Pacer(1000, 0.0), capacity=capacity)
    simulation.run(50 * capacity)
    assert simulation.refused <= START + 110 * capacity
    assert simulation.pacer.limit <= 2 * capacity


def test_a_server_that_fails_at_random_is_asked_as_much_as_a_healthy_one() -> None:
    simulation = Simulation(Pacer(1000, 0.0), failing=0.1)
    simulation.run(10_000)
    assert simulation.pacer.limit >= 500


def test_it_does_not_grow_where_only_the_queue_grows() -> None:
    # The server works on 64 at once; more only wait longer.
    simulation = Simulation(Pacer(1000, 0.0), queue=64)
    simulation.run(5000)
    assert simulation.pacer.limit <= 2 * UNSEEN
    assert simulation.rate(0.3, 1.0) >= 0.95 * 64


def test_a_pause_holds_up_all_new_requests_and_is_capped() -> None:
    pacer = Pacer(8, 0.0)
    assert pacer.may_start(0.0, 0)
    pacer.pause(0.0, 7.0)
    pacer.pause(1.0, 1.0)  # a shorter one does not end a longer one
    assert not pacer.may_start(6.9, 0)
    assert pacer.wait(5.0) == pytest.approx(2.0)
    assert pacer.may_start(7.0, 0)
    pacer.pause(7.0, 1e9)
    assert pacer.may_start(7.0 + LONGEST_PAUSE, 0)


def test_requests_a_minute_are_kept_to() -> None:
    simulation = Simulation(Pacer(1000, 0.0, requests_per_minute=600))
    simulation.run(1000)
    assert simulation.rate(0.1, 0.9) == pytest.approx(10, rel=0.02)


def test_tokens_a_minute_are_kept_to_whatever_was_expected() -> None:
    pacer = Pacer(8, 0.0, tokens_per_minute=6000)  # 100 a second
    assert pacer.may_start(0.0, 0)
    pacer.started(1000)
    assert not pacer.may_start(8.9, 1)
    assert pacer.may_start(9.2, 1)
    pacer.cost(-950)  # it was a short answer
    assert pacer.wait(9.2) == 0.0


@given(
    st.lists(st.tuples(st.sampled_from("sap"), st.floats(0, 5)), max_size=200), st.integers(1, 300), st.integers(0, 99)
)
def test_the_limit_stays_within_its_bounds_and_somebody_may_always_start(
    events: list[tuple[str, float]], most: int, seed: int
) -> None:
    pacer, now, in_flight, draws = Pacer(most, 0.0), 0.0, 0, random.Random(seed)
    for kind, seconds in events:
        now += seconds
        while kind == "s" and pacer.may_start(now, in_flight):
            pacer.started(1)
            in_flight += 1
        if kind != "s" and in_flight:
            in_flight -= 1
            pacer.turned_away(now) if kind == "p" else pacer.answered(now, 1.0, draws.randrange(1000))
        assert 1 <= pacer.limit <= most
        assert in_flight <= most
    for _ in range(in_flight):
        pacer.turned_away(now)
    assert pacer.may_start(now, 0)
