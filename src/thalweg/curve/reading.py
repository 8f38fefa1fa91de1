"""What a diagnosis reads: a few dozen numbers about one checkpoint, none of which needs a second training run.

Losses are means a token in nats; shares lie between 0 and 1; what was not measured is null, and tests that need it
are left out. "Trained" rows are rows of the checkpoint's corpus, "unseen" rows are of the same teacher and were not
trained on. How the numbers are taken is `thalweg.study.probes`; what they mean is `thalweg.curve.diagnosis`. Not
covered: anything that needs gradients, or hidden states.
"""

from dataclasses import dataclass

from thalweg.types import Cells


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One checkpoint beside its start, its corpus, its training and its evaluation."""

    # What was scored.
    cells: Cells
    looped: int = 0
    groups: int = 0  # clusters of problems
    start: Cells | None = None  # the start's score on the same problems

    # The corpus.
    distinct: float | None = None  # distinct rows a row
    untagged: float | None = None  # share of rows without a think tag that are as long as those with one

    # Weights and training.
    moved: float | None = None  # size of the change of the weight matrices, relative to the start's
    steps: int | None = None
    first_loss: float | None = None  # mean of the first twentieth of the logged rows
    last_loss: float | None = None  # mean of the last tenth
    falling: float | None = None  # mean of the third fifth minus mean of the last

    # Teacher-forced passes.
    trained_loss: float | None = None
    unseen_loss: float | None = None
    start_loss: float | None = None  # the start's, on the trained rows
    tail: float | None = None  # of long trained rows: loss of the last quarter minus loss of the second quarter
    end: float | None = None  # log-probability of the end token where a trained row ends
    end_long: float | None = None  # the same, of the longest third of the rows
    end_rival: float | None = None  # log-probability of the likeliest other special token there
    rival: str | None = None  # which that is, most often
    prompt_gain: float | None = None  # the start's loss on prompts minus the checkpoint's
    shift_gain: float | None = None  # loss of the next token minus loss of the token beside it, the better side
    plain_gain: float | None = None  # loss of rows as they are rendered minus loss under the other rendering
    plain_share: float | None = None  # share of rows with such a gain above zero
    double_gain: float | None = None  # the same against the chat template applied twice
    double_share: float | None = None
    pairing: float | None = None  # loss of unseen rows under other rows' prompts minus loss under their own
    start_pairing: float | None = None  # of the start on trained rows' answers: the same

    # The recorded responses beside fresh ones: greedy, each prompt by itself, with a larger budget.
    agree: float | None = None  # share of recorded responses that the checkpoint writes again
    agree_by_length: float | None = None  # the same among the longest prompts minus among the others
    excess: float | None = None  # of recorded tokens: surprise minus entropy (0 at temperature 1, below it when greedy)
    opening: float | None = None  # the same of the first three tokens
    cut: float | None = None  # share that did not finish on record and does with a larger budget
    over_budget: float | None = None  # share of trained rows longer than the budget at which responses were cut off
