r"""Whether two results of a calculation are the same: numbers exactly, everything else as normalised LaTeX.

Numbers are integers, decimals, simple fractions and mixed numbers, with or without thousands separators, currency,
per cent, powers of ten and plain units: "1,000" = "1000.0", "$18" = "18 dollars", "1/2" = "\frac{1}{2}" = "0.5".
They compare as exact fractions, with no tolerance.

Not covered: formulas, sets, intervals and choices beyond their text. A symbolic library can hang on a tower of
powers, so it comes with the sandboxed graders, in a process that can be killed.
"""

import re
import unicodedata
from fractions import Fraction

_LONGEST = 1_000  # characters of a number worth parsing
_LARGEST_EXPONENT = 300

_NOISE = re.compile(
    r"\\[!,;: ]|\\left(?![a-z])|\\right(?![a-z])|\\displaystyle|\\\(|\\\)|\\\[|\\\]|\\?\$|~|\^\{?\\circ\}?"
)
_TEXT = re.compile(r"\\(?:text|mathrm|textbf|mathbf|mbox)\s*\{([^{}]*)\}")
_FRACTION = re.compile(r"\\[dt]?frac\s*(?:\{([^{}]*)\}|(\d))\s*(?:\{([^{}]*)\}|(\d))")
_TIMES_TEN = re.compile(r"\s*(?:\\times|\\cdot|[×*])\s*10\s*\^\s*\{?([-+]?\d+)\}?")
_THOUSANDS = re.compile(r"(?<![\d.])\d{1,3}(?:,\d{3})+(?![\d,])")
_NUMERAL = re.compile(
    r"(?P<sign>[-+]?)\s*(?:(?P<whole>\d+)\s+)?(?P<top>\d+(?:\.\d*)?|\.\d+)(?:[eE](?P<power>[-+]?\d{1,4}))?"
    r"(?:\s*/\s*(?P<bottom>\d+(?:\.\d*)?|\.\d+))?"
)
_UNITS = re.compile(r"\s+[A-Za-z]{2,}(?:[\s./-]+[A-Za-z]+)*\.?$")
_NOT_UNITS = re.compile(r"\b(?:pi|sqrt|sin|cos|tan|log|ln|exp|or|and|to|mod|base|million|billion|thousand|hundred)\b")


def same_math(expected: str, actual: str) -> bool:
    """Whether both are the same number, or where `expected` is none, the same text in LaTeX's normal form."""
    want = number(expected)
    if want is None:
        return _normal(expected) == _normal(actual)
    got = number(actual)
    # Units are forgiven in an answer only: a reference that has some may mean them.
    return want == (number(_without_units(actual)) if got is None and len(actual) <= _LONGEST else got)


def number(text: str) -> Fraction | None:
    """The number that `text` is, exactly; null where it is anything else.

    >>> number("$1,000.50"), number("1/2"), number("x = -3"), number("2 or 3")
    (Fraction(2001, 2), Fraction(1, 2), Fraction(-3, 1), None)
    """
    if len(text) > _LONGEST:
        return None
    text = re.sub(r"^\s*\\?[A-Za-z]\s*=", "", _bare(text))
    text = re.sub(r"[€£]|\\?%", "", text).strip().removesuffix(".")
    text = _THOUSANDS.sub(lambda match: match[0].replace(",", ""), text)
    match = _NUMERAL.fullmatch(text)
    return _value(match) if match else None


def _value(match: re.Match[str]) -> Fraction | None:
    power, bottom = int(match["power"] or 0), Fraction(match["bottom"] or 1)
    if bottom == 0 or abs(power) > _LARGEST_EXPONENT or (match["whole"] and not match["bottom"]):
        return None
    size = int(match["whole"] or 0) + Fraction(match["top"]) * Fraction(10) ** power / bottom
    return -size if match["sign"] == "-" else size


def _bare(text: str) -> str:
    """Without the dress of LaTeX: delimiters, spacing, text; fractions and powers of ten on one line."""
    text = unicodedata.normalize("NFKC", text).replace("−", "-").replace("–", "-").replace("{,}", ",")
    text = _TEXT.sub(r" \1", _NOISE.sub("", text))
    text = _FRACTION.sub(lambda m: f" {m[1] or m[2]}/{m[3] or m[4]}", text)
    return re.sub(r"-\s+(?=\d)", "-", _TIMES_TEN.sub(r"e\1", text)).strip()


def _without_units(text: str) -> str:
    text = _bare(text)
    units = _UNITS.search(text)
    return text if units is None or _NOT_UNITS.search(units[0].lower()) else text[: units.start()]


def _normal(text: str) -> str:
    """One spelling for the same LaTeX: no spaces, one kind of fraction, choices without parentheses."""
    text = unicodedata.normalize("NFKC", text).replace("−", "-").replace("{,}", ",").strip().removesuffix(".")
    text = _TEXT.sub(r"\1", _NOISE.sub("", text))
    text = re.sub(r"\\[dt]frac", r"\\frac", re.sub(r"\s+", "", text))
    return re.sub(r"\A\((\w)\)\Z", r"\1", text)
