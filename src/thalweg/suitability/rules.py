"""LIMO's rule-based quality of a reasoning trace: how long it is, and how often it checks, doubts and concludes.

Four criteria (LIMO, arXiv 2502.03387, as arXiv 2601.14249 restates it for its baseline): words, 30 %; "check" and
"verify", 20 %; "perhaps" and "might", 25 %; "therefore" and "since", 25 %. Keywords count per word of the response.
Each criterion becomes a z-score over the pool; the weighted sum is the quality, and higher is better.

Reconstruction, since neither paper says: a word is a run of letters, digits and apostrophes; keywords match whole
words in any case, without inflections ("checking" is not "check"); the pool's standard deviation divides by n; a
criterion in which the pool does not vary counts as zero; thinking and answer are one text.

Because of the z-scores a value means something only within its pool: all responses that are compared must be scored
together. Not covered: languages other than English, LIMO's second step (a reader's judgement).
"""

import math
import re
from collections.abc import Mapping
from typing import NamedTuple

_WORD = re.compile(r"\w+(?:['’]\w+)*")


class Criteria(NamedTuple):
    """What the rules see of one response: its words, and keywords per word."""

    words: float
    checks: float
    doubts: float
    conclusions: float


WEIGHTS = Criteria(words=0.30, checks=0.20, doubts=0.25, conclusions=0.25)
_CHECKS = frozenset({"check", "verify"})
_DOUBTS = frozenset({"perhaps", "might"})
_CONCLUSIONS = frozenset({"therefore", "since"})


def criteria(text: str) -> Criteria:
    """The four criteria of one response.

    >>> criteria("Perhaps 12; check: 3 * 4 = 12, since 4 + 4 + 4 = 12.")
    Criteria(words=11.0, checks=0.09090909090909091, doubts=0.09090909090909091, conclusions=0.09090909090909091)
    """
    words = [word.lower() for word in _WORD.findall(text)]
    if not words:
        return Criteria(0.0, 0.0, 0.0, 0.0)
    shares = (sum(word in keys for word in words) / len(words) for keys in (_CHECKS, _DOUBTS, _CONCLUSIONS))
    return Criteria(float(len(words)), *shares)


def rule_quality(pool: Mapping[str, Criteria]) -> dict[str, float]:
    """The quality of every response of a pool, by response id; its mean over the pool is 0.

    `pool` holds the `criteria` of each response, so that their texts need not be held together.
    """
    if not pool:
        return {}
    scores = dict.fromkeys(pool, 0.0)
    for name, weight in WEIGHTS._asdict().items():
        values = [getattr(one, name) for one in pool.values()]
        for response, z in zip(pool, _z_scores(values), strict=True):
            scores[response] += weight * z
    return scores


def _z_scores(values: list[float]) -> list[float]:
    mean = math.fsum(values) / len(values)
    spread = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / len(values))
    # Rounding leaves a trace of spread in values that are all equal.
    if spread <= 1e-12 * max(abs(mean), 1e-12):
        return [0.0] * len(values)
    return [(value - mean) / spread for value in values]
