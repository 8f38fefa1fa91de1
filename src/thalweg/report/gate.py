"""The gate in words and as a table: what was gained inside the domain, what was kept or lost outside it."""

from collections.abc import Sequence

from thalweg.curve.gate import Gate, Kept
from thalweg.curve.intervals import Difference
from thalweg.report.tables import plain_table

_HEADER = ("rung", "benchmark", "before", "after", "difference, points (95 %)", "items", "answer")
_ANSWERS = {
    "pass": "Passed: a loss of {loss} or more is ruled out on every benchmark outside the domain.",
    "fail": "Failed: {names} lost more than {loss}.",
    "cannot tell": "Cannot tell: {names} may have lost more than {loss}, or not.",
}


def sentence(gate: Gate) -> str:
    """The gate's answer in a sentence."""
    names = ", ".join(one.benchmark for one in gate.outside if one.answer == gate.answer)
    return _ANSWERS[gate.answer].format(loss=f"{100 * gate.max_loss:g} points", names=names)


def lines(gate: Gate) -> list[str]:
    """The answer, and a line a benchmark."""
    gained = [f"{one.benchmark} (in domain): {_change(one)}" for one in gate.inside]
    kept = [f"{one.benchmark}: {_change(one)}: {answer(one, gate.max_loss)}" for one in gate.outside]
    return [sentence(gate), *gained, *kept]


def answer(one: Kept, max_loss: float) -> str:
    """A benchmark's answer: what would settle it where it is open, and whether there was anything to lose."""
    said = f"cannot tell: {_needs(one)}" if one.answer == "cannot tell" else one.answer
    return said if one.before > max_loss else f"{said} (before, there was nothing to lose)"


def gate_section(gates: Sequence[tuple[str, Gate]]) -> str:
    """The section of a report: a row a rung and benchmark. Empty where nothing was gated."""
    if not gates:
        return ""
    rows = [_row(rung, one, said) for rung, gate in gates for one, said in _benchmarks(gate)]
    allowed = f"{100 * gates[0][1].max_loss:g}"
    said = (
        f"Each arm's top rung against its start. Outside the domain a loss of {allowed} points is allowed: <i>pass</i> "
        "rules a larger one out, <i>fail</i> shows one. The intervals of a rung's benchmarks outside the domain hold "
        "together with 95 %."
    )
    return f"<p>{said}</p>{plain_table(_HEADER, rows)}"


def _benchmarks(gate: Gate) -> list[tuple[Kept, str]]:
    """Every benchmark with what is said of it."""
    kept = ((one, answer(one, gate.max_loss)) for one in gate.outside)
    return [*((one, "in domain") for one in gate.inside), *kept]


def _row(rung: str, one: Kept, said: str) -> tuple[str, ...]:
    items = f"{one.difference.problems:,}"
    return (
        rung,
        one.benchmark,
        f"{100 * one.before:.1f}",
        f"{100 * one.after:.1f}",
        _points(one.difference),
        items,
        said,
    )


def _change(one: Kept) -> str:
    before, after = 100 * one.before, 100 * one.after
    return f"{before:.1f} to {after:.1f} %, {_points(one.difference)} points, n = {one.difference.problems:,}"


def _points(found: Difference) -> str:
    return f"{100 * found.value:+.1f} ({100 * found.low:+.1f} to {100 * found.high:+.1f})"


def _needs(one: Kept) -> str:
    if one.more is None:
        return "more items alone would not settle it"
    return f"needs about {one.more:,} more items"
