"""The language that a response is written in, by py3langid (naive Bayes over byte n-grams, 140 languages).

Code and formulas are taken out first, since they look like English or like nothing at all. Not covered: a language that
changes half-way (a text has one language), and dialects.
"""

import re

_NOT_PROSE = re.compile(
    r"^[ \t]*(?P<fence>```|~~~).*?(?:^[ \t]*(?P=fence)|\Z)"  # fenced code, closed or not
    r"|`[^`\n]*`"
    r"|\$\$.*?\$\$|\$[^$\n]*\$|\\\(.*?\\\)|\\\[.*?\\\]"  # formulas
    r"|\\[A-Za-z]+|</?think>|https?://\S+",
    re.DOTALL | re.MULTILINE,
)
_WORD = re.compile(r"[^\W\d_]{2,}")
_LEAST, _MOST = 50, 1_000  # letters, words


def language(text: str) -> str | None:
    """The ISO 639 code of the text's language; null where its prose is too short to tell (under 50 letters).

    Of long texts a thousand words are read, spread evenly.
    """
    words = prose(text)
    if sum(map(len, words)) < _LEAST:
        return None
    return language_of(words[:: len(words) // _MOST + 1])


def prose(text: str) -> list[str]:
    """The words of at least two letters outside code and formulas."""
    return _WORD.findall(_NOT_PROSE.sub(" ", text))


def language_of(words: list[str]) -> str:
    """The likeliest language, however few the words are."""
    from py3langid import classify

    return str(classify(" ".join(words))[0])
