"""The rank-surprisal ratio (RSR, arXiv 2601.14249): does a response surprise a student with tokens that it ranks high?

With s the surprisal of a token in nats and r its rank, capped at 100, both under the student:

    response (Eq. 7)    RSR(x) = sum_k r_k / sum_k s_k
    corpus   (Eq. 9)    RSR(D) = sum_j mean_k r_jk / sum_j mean_k s_jk

Lower is better. A corpus weighs every response once, whatever its length: its ratio is neither the mean of the
responses' ratios nor the ratio over pooled tokens. Not covered: the paper's variants (filtered, other caps).
"""

import math
from collections.abc import Iterable

from thalweg.errors import InputError
from thalweg.types import Response, Suitability, TokenStats


def rsr(stats: TokenStats) -> float | None:
    """Eq. 7; null without tokens, or where the student is certain of every one."""
    surprisal = -math.fsum(stats.log_probs)
    return sum(stats.ranks) / surprisal if surprisal > 0 else None


def corpus_rsr(rows: Iterable[Suitability]) -> float:
    """Eq. 9, from the means of each response; responses without tokens are left out, as the authors' code does.

    Raises:
        InputError: nothing is left whose surprisal is above 0.
    """
    ranks, surprisals = [], []
    for row in rows:
        if row.tokens:
            ranks.append(row.rank)
            surprisals.append(row.surprisal)
    total = math.fsum(surprisals)
    if total <= 0:
        raise InputError("responses", "none has a token that surprises the student", "give responses with text")
    return math.fsum(ranks) / total


def summary(stats: TokenStats, response: Response) -> Suitability:
    """The row of one response. Without tokens its means are 0 and its ratio null."""
    count = len(stats.ids)
    return Suitability(
        response_id=response.id,
        problem_id=response.problem_id,
        model=response.model,
        student=stats.student,
        precision=stats.precision,
        tokens=count,
        rsr=rsr(stats),
        surprisal=-math.fsum(stats.log_probs) / max(count, 1),
        rank=sum(stats.ranks) / max(count, 1),
        entropy=math.fsum(stats.entropies) / max(count, 1),
        truncated=stats.truncated,
    )
