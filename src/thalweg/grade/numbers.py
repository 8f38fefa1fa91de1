r"""Numbers in their many spellings, exactly: what most results are, and what needs no symbolic library.

A quantity is an integer, decimal, simple fraction or mixed number, with or without thousands separators, currency, per
cent, degrees, powers of ten, "million", and a unit: "1,000" = "1000.0", "$18" = "18 dollars", "1/2" = "\frac{1}{2}".
They compare as exact fractions. One tolerance exists: a decimal with six decimals or more stands for a fraction that
has no finite decimal, where it is right to its last digit ("0.333333" = "1/3").

Not covered: converting units, decimal commas, sums of quantities ("5 feet 3 inches").
"""

import re
from fractions import Fraction
from typing import NamedTuple

from thalweg.grade.latex import plain, words_bare

_LONGEST = 1_000  # characters of a number worth parsing
_LARGEST_EXPONENT = 300
_FEWEST_DECIMALS = 6  # of a decimal that may stand for a fraction

_SCALES = {"hundred": 2, "thousand": 3, "million": 6, "billion": 9, "trillion": 12}
_LEAD = re.compile(r"^\s*(?:\\?[A-Za-z]\s*(?==|\\approx|\\sim))?\s*(?:=|\\approx|\\sim|approximately|about)?\s*")
_NOISE = re.compile(r"[€£¢]|\\?%|\^\s*\{?\s*\\circ\s*\}?|\\degree|\bUSD\b|\bpercent\b")
_DEGREES = re.compile(r"\^\s*\{?\s*\\circ|\\degree")
_PERCENT = re.compile(r"%|\bpercent\b")
_ORDINAL = re.compile(r"(?<=\d)\s*\^?\s*\{?\s*(?:st|nd|rd|th)\b\s*\}?")
_FRACTION = re.compile(r"\\frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}")
_TIMES_TEN = re.compile(r"\s*(?:\\times|\\cdot|[×*]|(?<=\d) x )\s*10\s*\^\s*\{?\s*([-+]?\d+)\s*\}?")
_THOUSANDS = re.compile(r"(?<![\d.,])(?<!\d )\d{1,3}(?:(?:,\d{3})+|(?: \d{3})+)(?![\d,/])(?! \d)")
_NUMERAL = re.compile(
    r"(?P<sign>[-+]?)\s*(?:(?P<whole>\d+)\s+)?(?P<top>\d+(?:\.(?P<decimals>\d*))?|\.(?P<only_decimals>\d+))"
    r"(?:[eE](?P<power>[-+]?\d{1,4}))?(?:\s*/\s*(?P<bottom>\d+(?:\.\d*)?|\.\d+))?"
)
_SHORT = "km|cm|mm|kg|mg|ml|mL|ft|in|hr|hrs|lb|lbs|oz|mi|yd|mph|kph"  # units that may follow without a space
_UNIT = re.compile(
    rf"(?:\s*(?:{_SHORT})|\s+(?:[mgshL]|[A-Za-z]{{3,}}))"
    r"(?:(?:\s*[./-]\s*|\s+)[A-Za-z]+)*(?:\s*\^\s*\{?[23]\}?)?\.?"
)
_NOT_UNITS = re.compile(r"\b(?:pi|sqrt|sin|cos|tan|log|ln|exp|or|and|to|mod|base|if|but|not)\b")


class Quantity(NamedTuple):
    """A number as it was written: its exact value, digits after the point, and what follows it."""

    value: Fraction
    unit: str = ""
    is_percent: bool = False
    decimals: int = 0


def quantity(text: str) -> Quantity | None:
    """The number, and its unit, that `text` is; null where it is anything else.

    >>> quantity("2.50 dollars per egg")
    Quantity(value=Fraction(5, 2), unit='dollar per egg', is_percent=False, decimals=2)
    """
    if len(text) > _LONGEST:
        return None
    bare = words_bare(plain(text))
    digits = _LEAD.sub("", _NOISE.sub("", _TIMES_TEN.sub(r"e\1", bare))).strip().removesuffix(".")
    digits = _FRACTION.sub(r" \1/\2", _ORDINAL.sub("", digits))
    digits = _THOUSANDS.sub(lambda group: re.sub("[ ,]", "", group[0]), re.sub(r"-\s+(?=[\d.])", "-", digits)).strip()
    found = _NUMERAL.match(digits)
    value = _value(found) if found else None
    if found is None or value is None:
        return None
    scale, unit = _scale_and_unit(digits[found.end() :])
    if unit is None:
        return None
    unit = unit or ("degree" if _DEGREES.search(bare) else "")
    decimals = len(found["decimals"] or found["only_decimals"] or "") if not (found["bottom"] or found["power"]) else 0
    return Quantity(value * 10**scale, unit, _PERCENT.search(bare) is not None, decimals)


def same_quantity(expected: Quantity, actual: Quantity) -> bool | None:
    """Whether both are the same; null where both name a unit and not the same one.

    >>> same_quantity(Quantity(Fraction(18)), Quantity(Fraction(18), "dollar"))
    True
    """
    if expected.unit and actual.unit and expected.unit != actual.unit:
        return None
    one, other = expected.value, actual.value
    if one == other or _rounds(actual, one) or _rounds(expected, other):
        return True
    if expected.is_percent == actual.is_percent:
        return False
    return one == other * 100 if expected.is_percent else one * 100 == other


def _rounds(short: Quantity, exact: Fraction) -> bool:
    """Whether a decimal is what rounding or cutting leaves of a fraction that has no end as a decimal."""
    if short.decimals < _FEWEST_DECIMALS or (10**60) % exact.denominator == 0:
        return False
    unit, missing = Fraction(1, 10**short.decimals), abs(exact) - abs(short.value)
    return exact * short.value > 0 and (abs(missing) <= unit / 2 or 0 <= missing < unit)


def _value(match: re.Match[str]) -> Fraction | None:
    power, bottom = int(match["power"] or 0), Fraction(match["bottom"] or 1)
    if bottom == 0 or abs(power) > _LARGEST_EXPONENT or (match["whole"] and not match["bottom"]):
        return None
    size = int(match["whole"] or 0) + Fraction(match["top"]) * Fraction(10) ** power / bottom
    return -size if match["sign"] == "-" else size


def _scale_and_unit(rest: str) -> tuple[int, str | None]:
    """The power of ten that a word such as "million" stands for, and the unit; null where the rest is neither."""
    first, _, others = rest.strip().partition(" ")
    scale = _SCALES.get(first.lower(), 0)
    rest = f" {others}" if scale else rest
    if not rest.strip():
        return scale, ""
    if not _UNIT.fullmatch(rest) or _NOT_UNITS.search(rest.lower()):
        return scale, None
    return scale, re.sub(r"(?:(?<=[cs]h)es|s)\b", "", " ".join(rest.lower().strip(" .").split()))
