r"""Answers that a scorer of reasoning-gym (0.1.25) calls right, or evaluates, though they are wrong.

Found by trying some fifty kinds of junk on every task, and reading the scorers of those that fell for it:

- `game_of_life_halting` takes any text for "True" where that is expected, and for "False" none but an empty one.
- `complex_arithmetic` gives full marks to "nan".
- `puzzle24` does not look whether the four numbers are those of the problem, and cuts 24.9 to 24.
- `letter_jumble` and `spell_backward` stop reading where the reference ends.
- `coin_flip` takes 0 for a small probability; its tolerance is absolute.
- `polynomial_equations` takes any text for "no solution".
- `fraction_simplification` reads the first of several fractions.
- `jugs` gives nothing to "No solution" where that is the reference (`gym.py` takes a reference at its word).
- `binary_matrix`, `spiral_matrix`, `n_queens`, `string_insertion` call Python's `eval` on the answer; SymPy's parser,
  which `countdown`, `puzzle24`, `polynomial_multiplication` and both integrations use, does the same. Code in an answer
  could set its own score, so what is neither a literal nor plain arithmetic is refused.

Full marks for less than the answer are seen to by the threshold (`gym.py`): a game of life with one wrong cell scores
0.9996, long outputs with words added 0.99.
"""

import ast
import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any, TypeAlias

from thalweg.grade import syntax
from thalweg.grade.compare import same_text

Entry: TypeAlias = Mapping[str, Any]

_FUNCTIONS = (
    "sqrt|cbrt|root|exp|log|ln|sin|cos|tan|cot|sec|csc|asin|acos|atan|acot|asec|acsc|sinh|cosh|tanh|coth|sech|csch|asinh|"
    "acosh|atanh|Abs|abs|sign|erf|erfc|erfi|Ei|Si|Ci|li|Li|gamma|Rational|Integer|Pow|Mul|Add"
)
_FORMULA = re.compile(
    rf"(?:\b(?:{_FUNCTIONS})(?=\s*\()|\b[A-Za-z]\w*(?!\s*\(|\w)|[\d\s+\-*/^(),]|\d\.\d|\.\d|\d\.(?!\w))*"
)
_CALLED = re.compile(r"[\])]\s*\(")  # what is in brackets could be called
_SMALL_ENOUGH = 1_000  # characters of a formula


def refusal(task: str, answer: str, entry: Entry) -> str | None:
    """Why the answer is wrong whatever the scorer of `task` says; null where it may say."""
    hole = HOLES.get(task)
    return hole(answer, entry) if hole else None


def _halting(answer: str, entry: Entry) -> str | None:
    return None if same_text(str(entry["answer"]), answer.rstrip(".")) else "not the expected word"


def _finite(answer: str, entry: Entry) -> str | None:  # noqa: ARG001  (the signature of a hole)
    return "not a finite number" if re.search("nan|inf", answer.lower()) else None


def _as_many_words(answer: str, entry: Entry) -> str | None:
    expected = str(entry["answer"]).split()
    return None if len(answer.split()) == len(expected) else f"not {len(expected)} words"


def _near(answer: str, entry: Entry) -> str | None:
    try:
        got, want = Fraction(answer.replace(",", "")), Fraction(str(entry["answer"]))
    except (ValueError, ZeroDivisionError):
        return None  # the scorer cannot read it either
    return None if abs(got - want) <= want / 100 else "more than one per cent off"


def _no_solutions(answer: str, entry: Entry) -> str | None:
    if str(entry["answer"]).strip() or re.match(r"no\b|none\b|\[\s*\]|\{\s*\}|empty|∅", answer.strip().lower()):
        return _finite(answer, entry)
    return "the equation has no real solutions"


def _one_fraction(answer: str, entry: Entry) -> str | None:  # noqa: ARG001
    fractions = set(re.findall(r"-?\d+\s*/\s*-?\d+|frac\s*\{[^{}]*\}\s*\{[^{}]*\}", answer))
    return "more than one fraction" if len(fractions) > 1 else None


def _four_numbers(answer: str, entry: Entry) -> str | None:
    return _arithmetic_over(answer, entry["metadata"].get("numbers"), Fraction(24))


def _countdown(answer: str, entry: Entry) -> str | None:
    target = entry["metadata"].get("target")
    return _arithmetic_over(answer, entry["metadata"].get("numbers"), None if target is None else Fraction(target))


def _no_calls(answer: str, entry: Entry) -> str | None:  # noqa: ARG001
    return "not a literal" if "(" in answer else None


def _formula(answer: str, entry: Entry) -> str | None:  # noqa: ARG001
    fits = len(answer) <= _SMALL_ENOUGH and _FORMULA.fullmatch(answer) and not _CALLED.search(answer)
    return None if fits and "__" not in answer else "not a plain formula"


HOLES: dict[str, Callable[[str, Entry], str | None]] = {
    "binary_matrix": _no_calls,
    "coin_flip": _near,
    "complex_arithmetic": _finite,
    "countdown": _countdown,
    "fraction_simplification": _one_fraction,
    "game_of_life_halting": _halting,
    "intermediate_integration": _formula,
    "letter_jumble": _as_many_words,
    "n_queens": _no_calls,
    "polynomial_equations": _no_solutions,
    "polynomial_multiplication": _formula,
    "puzzle24": _four_numbers,
    "simple_integration": _formula,
    "spell_backward": _as_many_words,
    "spiral_matrix": _no_calls,
    "string_insertion": _no_calls,
}

# --------------------------------------------------------------------------- exact arithmetic over given numbers


def _arithmetic_over(answer: str, numbers: Any, target: Fraction | None) -> str | None:
    """Why an expression over integers is none, or does not use the given numbers, or misses the target."""
    value, used = _evaluated(answer)
    if value is None:
        return "not plain arithmetic over integers"
    if isinstance(numbers, list | tuple) and sorted(used) != sorted(numbers):
        return "not the given numbers"
    return None if target is None or value == target else "not the target"


def _evaluated(text: str) -> tuple[Fraction | None, list[int]]:
    """The exact value of an expression of integers, + - * / and parentheses, and the integers in it."""
    used: list[int] = []

    def value(node: ast.expr) -> Fraction:
        match node:
            case ast.Constant(value=int(number)) if not isinstance(number, bool):
                used.append(number)
                return Fraction(number)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return -value(operand)
            case ast.BinOp(left=left, op=ast.Add() | ast.Sub() | ast.Mult() | ast.Div() as operator, right=right):
                return _operated(operator, value(left), value(right))
        raise ValueError(node)

    try:
        return value(syntax.expression(text.strip()[:_SMALL_ENOUGH])), used
    except (ValueError, SyntaxError, ZeroDivisionError, MemoryError, RecursionError):
        return None, used


def _operated(operator: ast.operator, left: Fraction, right: Fraction) -> Fraction:
    match operator:
        case ast.Add():
            return left + right
        case ast.Sub():
            return left - right
        case ast.Mult():
            return left * right
        case _:
            return left / right
