"""Numbers of published tables as text: points and percent with their 95 % intervals, distances in standard errors."""

from thalweg.curve.papers.shares import Compared, Ratio, Share, Told


def short(student: str) -> str:
    """Qwen or Llama."""
    return student.replace("2.5", "").split("-")[0]


def points(found: Told) -> str:
    """A difference in points with its 95 % interval and its distance from zero in standard errors."""
    return f"{100 * found.value:+.1f} ({100 * found.low:+.1f} to {100 * found.high:+.1f}), {abs(found.z):.2g} SE"


def times(found: Ratio) -> str:
    """A ratio with its interval."""
    return f"x{found.value:.2f} ({found.low:.2f} to {found.high:.2f})"


def gain(found: Ratio) -> str:
    """A ratio as a gain in percent."""
    return f"{found.value - 1:+.0%} ({found.low - 1:+.0%} to {found.high - 1:+.0%})"


def interval(value: float, low: float, high: float) -> str:
    """A rate in percent with its interval."""
    return f"{100 * value:.1f} % ({100 * low:.1f} to {100 * high:.1f})"


def share(found: Share) -> str:
    """A rate in percent with Wilson's interval."""
    rate = found.rate
    assert rate.low is not None
    assert rate.high is not None
    return interval(found.value, rate.low, rate.high)


def spread(found: Told) -> str:
    """The standard deviation over seeds up to which it is told from chance."""
    return "not told" if found.seed_spread is None else f"up to {100 * found.seed_spread:.1f}"


def elsewhere(found: Compared) -> str:
    """Whether a difference would be told on other problems."""
    if found.told_above is None:
        return "on others: cannot tell"
    if found.told_above == 0:
        return "on others too"
    return f"on others if students correlate above {found.told_above:.2f}"


def brief(found: Compared) -> str:
    """A difference in points with its distance from zero in standard errors, here and on other problems."""
    return f"{100 * found.value:+.1f} ({abs(found.value) / found.here:.1f} | {abs(found.value) / found.elsewhere:.1f})"


def here(found: Compared) -> str:
    """A difference in points with its 95 % interval on the problems that were asked."""
    return f"{100 * found.value:+.1f} ({100 * found.low:+.1f} to {100 * found.high:+.1f}) on these problems"
