"""What a paper says, held against its own numbers: `holds`, `does not hold`, or `cannot tell`.

The verdict follows from the interval by a rule that is the same for every paper. A claim about a direction holds where
the interval lies on its side. A claim of about x holds where the interval keeps within a quarter of x, and fails where
it leaves x out. A claim of no difference holds where the interval keeps within `SAME`: to find none is not enough.
Where the arms differ in something else as well, or n is 2, it is `cannot tell` with the reason.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from thalweg.curve.papers import Sheet

Verdict: TypeAlias = Literal["holds", "does not hold", "cannot tell"]
SAME = 0.02  # two points: half of the smallest difference that the Valley paper makes much of
_ABOUT = 0.25


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim in our words, the verdict, and the numbers behind it."""

    claim: str
    verdict: Verdict
    because: str


def above(low: float, high: float, bound: float = 0.0) -> Verdict:
    """Whether a number is above `bound`, by its interval."""
    return "holds" if low > bound else "does not hold" if high < bound else "cannot tell"


def about(low: float, high: float, claimed: float) -> Verdict:
    """Whether a number is about `claimed`, by its interval."""
    if not low <= claimed <= high:
        return "does not hold"
    return "holds" if (1 - _ABOUT) * claimed <= low and high <= (1 + _ABOUT) * claimed else "cannot tell"


def same(low: float, high: float) -> Verdict:
    """Whether two rates are the same, by the interval of their difference."""
    if low > 0 or high < 0:
        return "does not hold"
    return "holds" if low >= -SAME and high <= SAME else "cannot tell"


def claims_sheet(title: str, claims: Sequence[Claim], notes: tuple[str, ...]) -> Sheet:
    """The claims as a table."""
    rows = tuple((one.claim, one.verdict, one.because) for one in claims)
    return Sheet(title=title, header=("claim", "verdict", "because"), rows=rows, notes=notes, text=3)
