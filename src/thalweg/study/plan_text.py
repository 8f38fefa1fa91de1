"""What `thalweg plan` prints below its table, as plain lines: the bill, and what the study can tell."""

from collections.abc import Iterator

from thalweg.study.prices import Bill
from thalweg.study.resolution import Needed, Resolution


def bill_lines(bill: Bill) -> list[str]:
    """Tokens, GPU-hours and dollars, item by item."""
    gpu = bill.gpu or "GPU"
    lines = []
    for item in bill.items:
        parts = [f"{_count(item.tokens)} tokens"]
        if item.gpu_hours is not None:
            parts.append(f"{item.gpu_hours:,.1f} {gpu}-hours")
        if item.usd is not None:
            parts.append(f"${item.usd:,.2f}")
        lines.append(f"{item.name}: {', '.join(parts)}")
        lines += [f"  {note}" for note in item.notes]
    lines.append(f"grading: {bill.graded:,} responses, about {bill.core_hours:.2f} core-hours")
    if bill.gpu_hours is None:
        total = "no GPU: set 'hardware: {gpu: H100}' for GPU-hours"
    else:
        total = f"{bill.gpu_hours:,.0f} {gpu}-hours"
    money = f"${bill.usd:,.0f} of what has a price" if bill.usd is not None else "no price, so no dollars"
    return [*lines, f"total: {total}; {money}"]


def resolution_lines(found: Resolution) -> list[str]:
    """The smallest differences, in points, the design and the assumptions; then what a wanted one takes."""
    design, assumed = found.design, found.design.assumed
    seeds = "1 seed" if design.seeds == 1 else f"{design.seeds} seeds"
    samples = "" if design.samples == 1 else f", {design.samples} samples each"
    lines = [
        f"what it can tell on '{found.benchmark}' (80 % power, 95 % confidence, comparisons of a kind told together):",
        *(f"  {one.what} ({one.count} told): {_points(one.smallest)}" for one in found.resolved),
        f"  with {design.problems} problems in {design.groups} groups{samples}, {seeds}",
        f"  assuming a start of {100 * assumed.base:.0f} %, answers to a problem that correlate by {assumed.same:.2f} "
        f"within a rung and {assumed.paired:.2f} between rungs, differences that correlate by {assumed.icc:.2f} "
        f"within a group, and seeds that spread by {100 * assumed.spread:.1f} points: {found.source}",
    ]
    if design.seeds == 1:
        lines.append("  one seed: between these checkpoints only; other seeds would differ by more than this says")
    return lines + [line for one in found.needed for line in _needed(one, design.problems)]


def _needed(one: Needed, problems: int) -> Iterator[str]:
    yield f"to resolve {100 * one.wanted:g} points, {one.what}:"
    for seeds, count in one.problems.items():
        said = f"{count:,} problems" if count is not None else "no number of problems is enough"
        about = "1 seed (these checkpoints only)" if seeds == 1 else f"{seeds} seeds"
        yield f"  {about}: {said}"
    told = f"{one.samples} samples a problem" if one.samples is not None else "no number of samples up to 64 is enough"
    yield f"  with this study's {problems} problems and seeds: {told}"


def _points(smallest: float | None) -> str:
    return f"{100 * smallest:.1f} points" if smallest is not None else "none, not even the largest possible"


def _count(tokens: int) -> str:
    for size, letter in ((1e9, "B"), (1e6, "M"), (1e3, "K")):
        if tokens >= size:
            return f"{tokens / size:.2f}{letter}"
    return str(tokens)
