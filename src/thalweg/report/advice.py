"""The advice on top of a report: what to do next, its expected gain at equal training cost, and what that rests on."""

from html import escape

from thalweg.curve.advice import Advice, Next
from thalweg.curve.surface import NextHour, Span

_SHOWN = 4  # actions in the table; the rest are folded away


def advice_section(found: Next) -> str:
    """HTML: the first advice in a sentence, then every action with its expected gain."""
    first = found.advice[0]
    weighed = [advice for advice in found.advice if advice.gain is not None]
    table = _table(weighed[:_SHOWN]) if weighed else ""
    rest = weighed[_SHOWN:]
    more = f"<details><summary>{len(rest)} more</summary>{_table(rest)}</details>" if rest else ""
    lead = f"<p><b>{escape(first.words)}</b> {escape(_expected(first))}</p>"
    return f"{lead}{_hour(found.next_hour)}{table}{more}{_cost(found)}"


def sentence(found: Next) -> str:
    """The first advice in a line of text."""
    first = found.advice[0]
    return f"{first.words} {_expected(first)}".strip()


def _expected(advice: Advice) -> str:
    if advice.gain is None or advice.action == "stop":
        return ""
    return f"Expected gain: {points(advice.gain)}."


def points(gain: Span) -> str:
    """`+12.3 points (4.0 to 20.1)`."""
    return f"{_signed(gain.value)} points ({_signed(gain.low)} to {_signed(gain.high)})"


def _signed(share: float) -> str:
    return f"{100 * share:+.1f}".replace("-", "\N{MINUS SIGN}")


def _hour(hour: NextHour | None) -> str:
    if hour is None:
        return ""
    return (
        f"<p>The next {hour.factor:g} times this rung's training: as more passes over the same examples "
        f"{escape(points(hour.longer))}, as more examples {escape(points(hour.more))}; more examples are better with "
        f"probability {hour.more_is_better:.2f}.</p>"
    )


def _table(rows: list[Advice]) -> str:
    lines = "".join(
        f"<tr><th scope=row>{escape(row.words)}</th><td>{escape(points(row.gain)) if row.gain else ''}</td>"
        f"<td>{row.best:.2f}</td><td class=said>{escape(row.evidence)}<small>{escape(row.paper)}</small></td></tr>"
        for row in rows
    )
    return (
        '<div class="wide"><table class="advice"><thead><tr><th>what</th><th>expected gain, 95 %</th>'
        f"<th>chance to be best</th><th>rests on</th></tr></thead><tbody>{lines}</tbody></table></div>"
    )


def _cost(found: Next) -> str:
    """What every action costs, and how far to trust it."""
    hours = found.factor * found.seconds / 3600
    cost = f"{found.factor * found.tokens:,.0f} training tokens"
    took = f", about {hours:.1f} h as this machine trained" if hours >= 0.1 else ""
    return (
        f'<p class="soft">From {escape(found.arm)} at {found.size:,} examples, {found.steps:,} steps. Every action '
        f"costs {cost}{took}; what an action without an arm in this study is worth was learned on miniature worlds, "
        "whose sizes and gains do not carry over as such.</p>"
    )
