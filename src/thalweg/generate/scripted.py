"""The scripted teachers as a model: traces of the two miniatures' problems, through the interface of any model.

A problem is answered by the teacher of its kind: where a program is to be found, `synthesis_tracer`; where its output
is, `tracer`. The sample's number goes into the trace's seed, so that samples of a style that has a choice differ. Not
covered: problems that are not the miniatures'.
"""

from collections.abc import Sequence

from thalweg.errors import InputError
from thalweg.generate.model import Request, response_id
from thalweg.miniature import synthesis_tracer, tracer
from thalweg.thinking import with_parts
from thalweg.types import CallCheck, Problem, Response

STYLES: tuple[str, ...] = tuple(dict.fromkeys((*tracer.STYLES, *synthesis_tracer.STYLES)))


class Tracer:
    """A model that knows the program and writes down what happens, in one of `STYLES`.

    Raises:
        InputError: an unknown style.
    """

    def __init__(self, style: str, seed: int = 0) -> None:
        if style not in STYLES:
            remedy = f"choose one of {', '.join(STYLES)}"
            raise InputError(f"model 'tracer:{style}'", "no such style of trace", remedy)
        self.style, self.seed = style, seed
        self.name = f"tracer:{style}"

    def respond(self, requests: Sequence[Request]) -> list[Response]:
        """One response a request, in their order.

        Raises:
            InputError: a problem that is not one of the miniatures', or of another kind than the style.
        """
        return [self._respond(request) for request in requests]

    def _respond(self, request: Request) -> Response:
        problem, sample = request.problem, request.sample
        response = Response(
            id=response_id(self.name, request),
            problem_id=problem.id,
            model=self.name,
            sample=sample,
            text=self._trace(problem, self.seed + sample),
            finish_reason="stop",
        )
        return with_parts(response)

    def _trace(self, problem: Problem, seed: int) -> str:
        if isinstance(problem.check, CallCheck):
            return synthesis_tracer.trace(problem, synthesis_tracer.style_named(self.style), seed)
        return tracer.trace(problem, tracer.style_named(self.style), seed)
