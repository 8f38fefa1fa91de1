r"""The last `\boxed{…}` of a solution: where MATH and most traces put the answer."""

_OPENINGS = ("\\boxed{", "\\fbox{")


def last_boxed(text: str) -> str | None:
    r"""What the last box holds, without white space around it; null where there is no box that is closed.

    >>> last_boxed(r"so \boxed{\frac{1}{2}}.")
    '\\frac{1}{2}'
    """
    opening = max(_OPENINGS, key=text.rfind)
    start = text.rfind(opening)
    if start < 0:
        return _unbraced(text)
    depth, begin = 1, start + len(opening)
    for index in range(begin, len(text)):
        if text[index] in "{}" and text[index - 1] != "\\":
            depth += 1 if text[index] == "{" else -1
            if depth == 0:
                return text[begin:index].strip() or None
    return None


def _unbraced(text: str) -> str | None:
    r"""MATH also writes `\boxed 3$`, as TeX allows."""
    _, mark, rest = text.rpartition("\\boxed ")
    return rest.partition("$")[0].strip() or None if mark else None
