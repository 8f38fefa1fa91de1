"""Local surprisal: how a response surprises a student that sees only the few sentences before.

The baseline of arXiv 2601.14249 ("Avg-Surprisal local"). The paper leaves open how many sentences, what a sentence
is, and what the first ones see. Here a sentence ends at `.`, `!` or `?` before white space, at their full-width forms,
and at a line's end; each is read after the `window` sentences before it, and the first `window` after the whole prompt
(so a response of at most `window` sentences has its plain surprisal). Tokens are those of the whole response, cut at
the sentence starts. It costs about `window + 1` times a plain pass. Not covered: tokenizers that do not tell where in
the text a token stands (refused).
"""

import re
from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise

from thalweg.errors import InputError
from thalweg.suitability.packing import Row
from thalweg.suitability.token_stats import Item, Scorer

WINDOW = 3
_SENTENCE_END = re.compile(r"(?<=[.!?])(?=\s)|(?<=[。！？])|(?<=\S)(?=\n)")


def local_surprisals(scorer: Scorer, items: Sequence[Item], window: int = WINDOW) -> list[float | None]:
    """The mean local surprisal of each response, in nats; null without tokens.

    Raises:
        InputError: `window` is below 1, a prompt fills the student's context, or the tokenizer is not a fast one.
    """
    if window < 1:
        raise InputError("local surprisal", f"a window of {window} sentences", "use at least 1")
    rows, owners = [], []
    for owner, (item, whole) in enumerate(zip(items, scorer.encode(items), strict=True)):
        starts = _sentence_tokens(scorer, item.text, len(whole.ids) - whole.start)
        cut = windows(whole, starts, window, scorer.context)
        rows += cut
        owners += [owner] * len(cut)
    sums, counts = [0.0] * len(items), [0] * len(items)
    for owner, readings in zip(owners, scorer.read_rows(rows), strict=True):
        sums[owner] -= float(readings.log_probs.double().sum())
        counts[owner] += len(readings.log_probs)
    return [total / count if count else None for total, count in zip(sums, counts, strict=True)]


def windows(whole: Row, starts: Sequence[int], window: int, context: int | None) -> list[Row]:
    """The rows that score each token of `whole` once, after the `window` sentences before its own.

    `starts` holds where sentences begin among the response's tokens; `context` is the most tokens of a row.
    """
    edges = [whole.start + start for start in starts] + [len(whole.ids)]
    first = Row(whole.ids[: edges[min(window, len(edges) - 1)]], whole.start)
    later = []
    for index, (start, end) in enumerate(pairwise(edges[window:])):
        begin = edges[index] if context is None else max(edges[index], end - context)
        later.append(Row(whole.ids[begin:end], start - begin))
    return [first, *later]


def _sentence_tokens(scorer: Scorer, text: str, count: int) -> list[int]:
    """The indices, of a text's first `count` tokens, at which a sentence begins."""
    if not scorer.tokenizer.is_fast:
        raise InputError(scorer.name, "its tokenizer does not tell where tokens stand", "leave local surprisal out")
    spans = scorer.tokenizer(text, add_special_tokens=False, verbose=False, return_offsets_mapping=True)
    ends = [match.start() for match in _SENTENCE_END.finditer(text)]
    sentences = [bisect_right(ends, start) for start, _ in spans["offset_mapping"][:count]]
    return [index for index, sentence in enumerate(sentences) if not index or sentence != sentences[index - 1]]
