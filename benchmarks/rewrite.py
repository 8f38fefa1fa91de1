"""Rules that rewrite a problem statement: light edits, paraphrases, and variants that are other problems.

They were written before anything was measured with them, and are applied by a seeded generator alone. `RULES` lists
them for the docs. What a rule does not fit is left as it is.
"""

import random
import re
from collections.abc import Callable

RULES = {
    "light": [
        "case: the whole text in small letters, or its first word in capitals",
        "spaces: doubled after sentences, or every sentence on a line of its own",
        "commas left out, and the last full stop or question mark",
        "typographic quotes and dashes for straight ones",
        "British for American spelling, or the reverse",
        "one word in twenty with two neighbouring letters swapped",
        "one word left out, or written twice",
        "a line of instruction before or after",
    ],
    "paraphrase": [
        "first names replaced by others, the same everywhere",
        "every number replaced by another of as many digits; or numbers up to twenty written as words",
        "synonyms from a table of 75 words, each with probability 0.8",
        "set phrases from a table of 22 patterns ('How many X' -> 'What is the number of X', ...)",
        "'If A, B' -> 'B if A' and 'When A, B' -> 'B when A'",
        "the last sentence first, where there are three or more",
        "British for American spelling, or the reverse",
        "contractions written out",
    ],
}


def _words(text: str) -> list[str]:
    return text.split()


def _pairs(text: str) -> dict[str, str]:
    """`one:other` pairs; an underscore stands for a blank."""
    return {one: other.replace("_", " ") for one, _, other in (pair.partition(":") for pair in text.split())}


_NAMES = frozenset(
    _words("""
James Mary Robert Patricia John Jennifer Michael Linda David Elizabeth William Barbara Richard Susan Joseph Jessica
Thomas Sarah Charles Karen Christopher Lisa Daniel Nancy Matthew Betty Anthony Sandra Mark Margaret Donald Ashley
Steven Kimberly Andrew Emily Paul Donna Joshua Michelle Kenneth Carol Kevin Amanda Brian Melissa George Deborah
Timothy Stephanie Ronald Rebecca Jason Sharon Edward Laura Jeffrey Cynthia Ryan Dorothy Jacob Amy Gary Kathleen
Nicholas Angela Eric Shirley Jonathan Emma Stephen Brenda Larry Pamela Justin Nicole Scott Anna Brandon Samantha
Benjamin Katherine Samuel Christine Gregory Helen Alexander Debra Patrick Rachel Frank Carolyn Raymond Janet Jack
Maria Dennis Olivia Jerry Heather Tyler Carl Henry Alice Kyle Julie Adam Joyce Peter Victoria Ethan Grace Walter Tom
Tim Jim Bob Bill Mike Jane Kate Lily Josh Toula Wendi Kylar Marissa Carla Eliza Claire Jean Gerald Dan Sam Max Ben Joe
Sally Billy Jenny Marie Tina Kim Andy Ann Beth Amber Alex Lucy Mia Ella Leo Noah Liam Ava Nick Rose Ruby Bella
""")
)
_NEW_NAMES = _words("""
Aiko Bruno Chandra Dmitri Esme Farid Greta Hassan Ingrid Jorge Kwame Leila Mateo Nadia Oskar Priya Quentin Rosalind
Suresh Tamsin Ulrich Vera Wanda Xiomara Yusuf Zelda Anneke Boris Camille Diego Elodie Fyodor Gwen Hiroshi Ilse Jamal
""")
_SYNONYMS = _pairs("""
buy:purchase buys:purchases bought:purchased purchase:buy sells:vends sold:vended gets:receives got:received
gives:hands gave:handed makes:produces made:produced needs:requires need:require wants:wishes begins:starts
starts:begins started:began ends:finishes big:large large:big small:little little:small fast:quick quickly:fast
house:home home:house car:vehicle children:kids kids:children child:kid money:cash store:shop shop:store
friends:companions each:every every:each total:overall altogether:in_total also:additionally remaining:left
entire:whole whole:entire initially:originally amount:quantity number:count list:sequence string:text array:vector
element:item elements:items given:supplied find:determine compute:calculate calculate:compute check:verify
remove:delete maximum:largest minimum:smallest largest:maximum smallest:minimum sum:total integer:whole_number
integers:whole_numbers function:routine returns:yields return:give_back sort:order first:initial last:final
different:distinct distinct:different equal:identical positive:greater_than_zero determine:work_out
""")
_PHRASES = [
    (r"\bHow many (\w+(?: \w+)?)", r"What is the number of \1"),
    (r"\bHow much (money|time|water|weight)", r"What amount of \1"),
    (r"\bHow much\b", "What amount"),
    (r"\bWhat is the\b", "Find the"),
    (r"\bWhat's the\b", "Find the"),
    (r"\bFind the\b", "Give the"),
    (r"\bWrite a (?:python )?function to (\w+)", r"Implement Python code that can \1"),
    (r"\bWrite a (?:python )?function\b", "Implement Python code"),
    (r"\bYour code must pass this test:", "The following must hold:"),
    (r"\bCompute\b", "What is"),
    (r"\bSimplify\b", "Bring to its simplest form"),
    (r"\bExpress your answer\b", "State the result"),
    (r"\bIn how many ways\b", "What is the number of ways in which"),
    (r"\bper (day|week|month|year|hour)\b", r"a \1"),
    (r"\bevery (day|week|month|year|hour)\b", r"each \1"),
    (r"\btwice as (many|much)\b", r"two times as \1"),
    (r"\bhalf as (many|much)\b", r"50% as \1"),
    (r"\bthe same number of\b", "equally many"),
    (r"\bin all\b", "altogether"),
    (r"\bLet (\S+) be\b", r"Suppose that \1 is"),
    (r"\bYour task is to\b", "You are asked to"),
    (r"\bImplement\b", "Program"),
]
_SPELLING = _pairs("""
color:colour colors:colours favorite:favourite neighbor:neighbour neighbors:neighbours meter:metre meters:metres
center:centre liter:litre liters:litres kilometer:kilometre kilometers:kilometres centimeters:centimetres
traveled:travelled traveling:travelling gray:grey organize:organise organized:organised theater:theatre
modeling:modelling labeled:labelled canceled:cancelled jewelry:jewellery program:programme mom:mum math:maths
flavor:flavour behavior:behaviour analyze:analyse factorization:factorisation license:licence
""")
_SPELLING |= {british: american for american, british in _SPELLING.items()}
_CONTRACTIONS = {
    "don't": "do not", "doesn't": "does not", "didn't": "did not", "can't": "cannot", "isn't": "is not",
    "aren't": "are not", "wasn't": "was not", "won't": "will not", "it's": "it is", "he's": "he is", "she's": "she is",
    "they're": "they are", "I'm": "I am", "let's": "let us", "that's": "that is", "wouldn't": "would not",
}  # fmt: skip
_NUMERALS = _words("""
zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
eighteen nineteen twenty
""")
_BEFORE = ("Solve the following problem.\n\n", "Question: ", "Here is a task for you:\n", "### Instruction\n")
_AFTER = ("\n\nThink step by step.", "\n\nGive only the final answer.", "\nAnswer:", "\n\nExplain your reasoning.")
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")
_WORD = re.compile(r"[A-Za-z']+")
_CAPITAL = re.compile(r"\b[A-Z][a-z]+\b")


def lightly_edited(text: str, draw: random.Random) -> str:
    """The statement after one to three light edits."""
    for edit in draw.sample(_LIGHT, draw.randint(1, 3)):
        text = edit(text, draw)
    return text


def paraphrased(text: str, draw: random.Random) -> str:
    """The statement after all paraphrasing rules that fit."""
    numbers = draw.choice([_other_numbers, _spelled_numbers])
    for rule in (_contractions, _phrases, _clauses, _last_first, _names, numbers, _synonyms, _spelling):
        text = rule(text, draw)
    return text


def varied(text: str, draw: random.Random) -> str:
    """Another problem of the same kind: other names and numbers, and one word in eight another of the text's words."""
    text = _other_numbers(_names(text, draw), draw)
    words = _WORD.findall(text)
    return _WORD.sub(lambda found: draw.choice(words) if draw.random() < 0.125 else found[0], text)


def _case(text: str, draw: random.Random) -> str:
    first, blank, rest = text.partition(" ")
    return text.lower() if draw.random() < 0.5 else first.upper() + blank + rest


def _spaces(text: str, draw: random.Random) -> str:
    return _SENTENCE.sub(draw.choice(["  ", "\n"]), text)


def _punctuation(text: str, draw: random.Random) -> str:  # noqa: ARG001  (one signature for all rules)
    return re.sub(r",(?=\s)", "", text).rstrip(".?! \n")


def _typography(text: str, draw: random.Random) -> str:  # noqa: ARG001
    text = re.sub(r'"([^"\n]*)"', r"“\1”", text.replace("'", "’"))
    return text.replace(" - ", " – ")


def _typos(text: str, draw: random.Random) -> str:
    def swapped(found: re.Match[str]) -> str:
        word = found[0]
        if len(word) < 4 or draw.random() >= 0.05:
            return word
        at = draw.randrange(1, len(word) - 2)
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]

    return _WORD.sub(swapped, text)


def _one_word(text: str, draw: random.Random) -> str:
    found = list(_WORD.finditer(text))
    if len(found) < 4:
        return text
    word = draw.choice(found[1:])
    instead = "" if draw.random() < 0.5 else f"{word[0]} {word[0]}"
    return text[: word.start()] + instead + text[word.end() :]


def _instruction(text: str, draw: random.Random) -> str:
    return draw.choice(_BEFORE) + text if draw.random() < 0.5 else text + draw.choice(_AFTER)


def _names(text: str, draw: random.Random) -> str:
    present = sorted(set(_CAPITAL.findall(text)) & _NAMES)
    chosen = dict(zip(present, draw.sample(_NEW_NAMES, min(len(present), len(_NEW_NAMES))), strict=False))
    return _CAPITAL.sub(lambda found: chosen.get(found[0], found[0]), text)


def _other_numbers(text: str, draw: random.Random) -> str:
    def other(found: re.Match[str]) -> str:
        first, rest = found[0][0], found[0][1:]
        digits = [draw.choice([d for d in "123456789" if d != first]), *(draw.choice("0123456789") for _ in rest)]
        return "".join(digits)

    return re.sub(r"\d+", other, text)


def _spelled_numbers(text: str, draw: random.Random) -> str:  # noqa: ARG001
    return re.sub(
        r"(?<![\w$.,/])\d{1,2}(?![\w%.,/])",
        lambda found: _NUMERALS[int(found[0])] if int(found[0]) <= 20 else found[0],
        text,
    )


def _from_table(text: str, table: dict[str, str], chance: float, draw: random.Random) -> str:
    def instead(found: re.Match[str]) -> str:
        word = found[0]
        new = table.get(word.lower())
        if new is None or draw.random() >= chance:
            return word
        return new.capitalize() if word[0].isupper() else new

    return _WORD.sub(instead, text)


def _synonyms(text: str, draw: random.Random) -> str:
    return _from_table(text, _SYNONYMS, 0.8, draw)


def _spelling(text: str, draw: random.Random) -> str:
    return _from_table(text, _SPELLING, 1.0, draw)


def _contractions(text: str, draw: random.Random) -> str:
    return _from_table(text.replace("’", "'"), _CONTRACTIONS, 1.0, draw)


def _phrases(text: str, draw: random.Random) -> str:  # noqa: ARG001
    for pattern, instead in _PHRASES:
        text = re.sub(pattern, instead, text)
    return text


def _clauses(text: str, draw: random.Random) -> str:  # noqa: ARG001
    def turned(found: re.Match[str]) -> str:
        when, first, second, end = found.groups()
        return f"{second[0].upper()}{second[1:]} {when.lower()} {first}{end}"

    return re.sub(r"\b(If|When) ([^,.?!\n]+), ([^.?!\n]+)([.?!])", turned, text)


def _last_first(text: str, draw: random.Random) -> str:  # noqa: ARG001
    sentences = _SENTENCE.split(text)
    return " ".join([sentences[-1], *sentences[:-1]]) if len(sentences) >= 3 else text


_LIGHT: list[Callable[[str, random.Random], str]] = [
    _case, _spaces, _punctuation, _typography, _spelling, _typos, _one_word, _instruction,
]  # fmt: skip
