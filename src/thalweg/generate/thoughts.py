"""Whether a reasoning teacher shows its thoughts: traces without them cannot be trained on.

Some servers bill the tokens that a model thinks with and give the answer alone. A single response without thoughts is
a response; a first handful without any is a server that hides them.

Not covered: thoughts that a server replaces by a summary, which look like thoughts.
"""

from thalweg.generate.ledger import Ledger

_FIRST = 8  # responses without a thought that say enough


def hidden_thoughts(ledger: Ledger) -> tuple[str, str] | None:
    """The problem and the remedy where no response has thoughts, once there are enough to tell; else null."""
    if ledger.thoughtful or ledger.responses < min(_FIRST, ledger.total):
        return None
    if ledger.reasoning_tokens:
        problem = (
            f"the server hides its thoughts: {ledger.responses} responses hold none, and it counts "
            f"{ledger.reasoning_tokens} reasoning tokens"
        )
    else:
        problem = f"no thoughts in the first {ledger.responses} responses: no field of them, and no <think>"
    remedy = "such traces cannot be trained on as thinking; ask the server to return them, or set thinking: optional"
    return problem, remedy
