"""The scripted teacher as a model: CPython's traces of the miniature's programs, through the interface of any model.

The sample's number goes into the trace's seed, so that samples of a style that has a choice differ. Not covered:
problems that are not the miniature's.
"""

from collections.abc import Sequence

from thalweg.generate.model import Request, response_id
from thalweg.miniature.tracer import style_named, trace
from thalweg.thinking import with_parts
from thalweg.types import Response


class Tracer:
    """A model that executes the program and writes down what happens, in one of `thalweg.miniature.tracer.STYLES`.

    Raises:
        InputError: an unknown style.
    """

    def __init__(self, style: str, seed: int = 0) -> None:
        self.style, self.seed = style_named(style), seed
        self.name = f"tracer:{style}"

    def respond(self, requests: Sequence[Request]) -> list[Response]:
        """One response a request, in their order.

        Raises:
            InputError: a problem that is not one of the miniature's.
        """
        return [self._respond(request) for request in requests]

    def _respond(self, request: Request) -> Response:
        problem, sample = request.problem, request.sample
        response = Response(
            id=response_id(self.name, request),
            problem_id=problem.id,
            model=self.name,
            sample=sample,
            text=trace(problem, self.style, self.seed + sample),
            finish_reason="stop",
        )
        return with_parts(response)
