r"""One spelling for mathematics that models write in many: LaTeX with or without its dress, Unicode, Markdown, code.

`plain` takes away what carries no meaning (delimiters, spacing, bold, a final full stop) and writes Unicode and the
notation of programming languages as LaTeX. `squeezed` goes on to a form that compares as text.

Not covered: what the formula means (`numbers.py`, `formulas.py`).
"""

import re
import unicodedata

_SIGNS = {
    "−": "-", "–": "-", "—": "-", "÷": "/", "∕": "/", "×": r"\times ", "·": r"\cdot ", "⋅": r"\cdot ", "π": r"\pi ",
    "θ": r"\theta ", "α": r"\alpha ", "β": r"\beta ", "∞": r"\infty ", "≤": r"\le ", "≥": r"\ge ", "≠": r"\ne ",
    "±": r"\pm ", "∪": r"\cup ", "∩": r"\cap ", "∈": r"\in ", "∅": r"\emptyset ", "≈": r"\approx ", "°": r"^\circ ",
    "√": r"\sqrt ", "ℝ": r"\mathbb{R}", "“": "", "”": "",
}  # fmt: skip
_SIGN = re.compile("|".join(map(re.escape, _SIGNS)))
_RAISED = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻]+")
_RAISED_TO_PLAIN = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+-")
_MIXED = re.compile(r"(?<=\d)(?=[¼-¾⅐-⅞])")  # between a whole number and a fraction in one sign

_DRESS = re.compile(  # a backslash before a backslash ends a row of a matrix
    r"(?<=,)\\! ?(?=\d{3})|(?<!\\)\\(?:[,!;:() \[\]]|(?:displaystyle|quad|qquad)(?![a-z]))"
    r"|\\?\$|[~`]|\*\*(?=\W|\Z)|(?<!\w)\*\*"
)
_SIZES = re.compile(r"\\(?:left|right|[bB]ig[lr]?)(?![a-z])\s*")  # a parser of LaTeX is the faster for them
_BOX = re.compile(r"\\f?boxed\s*\{(.*)\}", re.DOTALL)
_STYLE = re.compile(r"\\(?:mathbf|boldsymbol|bm|mathit)\s*\{([^{}]*)\}")
_TEXT = re.compile(r"\\(?:text(?:bf|it|rm|sf|tt|up|normal)?|mathrm|mathsf|mbox|operatorname)\s*\{([^{}]*)\}")
_SPELLINGS = [
    (re.compile(pattern), spelling)
    for pattern, spelling in [
        (r"\\[dtc]frac(?![a-z])", r"\\frac"),
        (r"\\frac\s*(\d|\\[a-z]+)\s*(\d|\\[a-z]+)", r"\\frac{\1}{\2}"),
        (r"\\frac\s*(\d)\s*\{", r"\\frac{\1}{"),
        (r"(?<![\\a-z])sqrt\s*\(([^()]*)\)|\\sqrt\s+\(([^()]*)\)", r"\\sqrt{\1\2}"),
        (r"\\sqrt\s*(\d+|[a-z](?![a-z]))", r"\\sqrt{\1}"),
        (r"(?<![\\a-z])(pi|theta|infty)(?![a-z])", r"\\\1 "),
        (r"\\?\binfinity\b", r"\\infty "),
        (r"\*\*", "^"),
        (r"(?<=[\w)}])\s*\*\s*(?=[\w({\\])", r" \\cdot "),
        (r"\^\s*(-?\d{2,}|-\d)", r"^{\1}"),
        (r"\\(le|ge|ne)q(?![a-z])", r"\\\1"),
        (r"\\varnothing(?![a-z])", r"\\emptyset"),
    ]
]


def plain(text: str) -> str:
    r"""`text` without its dress, in LaTeX.

    >>> print(plain(r"$\displaystyle \dfrac12$."), plain("3√2"), plain("sqrt(2)*pi"), plain("2½"), sep=" and ")
    \frac{1}{2} and 3\sqrt{2} and \sqrt{2} \cdot \pi and 2 1/2
    """
    # Unicode's compatibility form would make 5² into 52 and 2½ into 21/2.
    text = _RAISED.sub(lambda raised: f"^{{{raised[0].translate(_RAISED_TO_PLAIN)}}}", _MIXED.sub(" ", text))
    text = _SIGN.sub(lambda sign: _SIGNS[sign[0]], text)
    text = unicodedata.normalize("NFKC", text).replace("\u2044", "/").replace("{,}", ",")
    text = _STYLE.sub(r"\1", _DRESS.sub("", text)).strip()
    if box := _BOX.fullmatch(text):
        text = box[1]
    for pattern, spelling in _SPELLINGS:
        text = pattern.sub(spelling, text)
    text = text.strip()
    return text if text.endswith("..") else text.removesuffix(".").rstrip()


def words_bare(text: str) -> str:
    r"""Plain text with what stands in `\text{...}` and its kin outside of it, and brackets without their sizes.

    >>> words_bare(r"5\text{ cm}")
    '5 cm'
    """
    return re.sub(r"[ \t]+", " ", _TEXT.sub(r" \1 ", _SIZES.sub("", text))).strip()


def squeezed(text: str) -> str:
    r"""A form in which the same LaTeX is the same text: no spaces, no braces about one sign, a choice without its own.

    >>> squeezed(r"\left( 1, \tfrac{1}{2} \right)") == squeezed(r"(1,\frac12)"), squeezed(r"\text{(B)}")
    (True, 'B')
    """
    text = re.sub(r"(?<!\d)\s+|\s+(?!\d)", "", words_bare(plain(text)))  # "1 8" is not 18
    text = re.sub(r"([\^_])\{(\w)\}", r"\1\2", text)
    return re.sub(r"\A\((\w)\)\Z", r"\1", text)
