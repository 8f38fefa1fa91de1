"""A model behind an endpoint as a model like any other: for judges, and for a few answers.

A batch is asked all at once and ends with its slowest; what is to be kept, and large, goes through
`thalweg.generate.collect`, which this does too, in a folder that does not outlive the batch.
"""

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from thalweg.chat import Prompt
from thalweg.generate.collect import collect
from thalweg.generate.endpoint import Endpoint
from thalweg.generate.model import Request, Sampling, response_id
from thalweg.store import Shards
from thalweg.types import Response


class EndpointModel:
    """Answers through an endpoint; `name` is the model's name at its server unless it is given."""

    def __init__(self, endpoint: Endpoint, sampling: Sampling, prompt: Prompt, name: str | None = None) -> None:
        self.name = name or endpoint.model
        self._endpoint, self._sampling, self._prompt = endpoint, sampling, prompt

    def respond(self, requests: Sequence[Request]) -> list[Response]:
        """One response a request, in their order.

        Raises:
            InputError: a request failed, or the server cannot be asked.
        """
        if not requests:
            return []
        # Every request as a problem of its own: they need not be whole problems with all their samples.
        alone = [replace(request.problem, id=f"{index}") for index, request in enumerate(requests)]
        with tempfile.TemporaryDirectory() as folder:
            out, how = Path(folder), self._sampling
            collect(alone, self._endpoint, name=self.name, sampling=how, prompt=self._prompt, samples=1, out=out)
            answered = list(Shards(out, Response).read())
        return [
            replace(response, id=response_id(self.name, request), problem_id=request.problem.id, sample=request.sample)
            for response, request in zip(answered, requests, strict=True)
        ]
