"""A model behind an endpoint, as lm-eval takes a model: asked as any teacher is, so that nothing is paid for twice.

What comes is kept in a folder (`generate.collect`); a run that is repeated asks for what is missing. lm-eval sees the
answer without its thinking. An endpoint gives no likelihoods, so only tasks that generate can be asked. Not covered:
examples in the prompt as turns of their own (they stand in the one user turn).
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lm_eval.api.model import LM

from thalweg import store
from thalweg.chat import Prompt
from thalweg.errors import InputError
from thalweg.generate.collect import collect
from thalweg.generate.endpoint import Endpoint
from thalweg.generate.model import Sampling
from thalweg.types import Problem, Response, TextCheck

_TOKENS = 256  # lm-eval's own default, where a task does not say


class Asked(LM):  # type: ignore[misc]  # lm_eval is not typed
    """Answers lm-eval's requests from an endpoint; responses go to folders in `out`."""

    def __init__(self, endpoint: Endpoint, system: str | None, out: Path) -> None:
        super().__init__()
        self._endpoint, self._prompt, self._out = endpoint, Prompt(system=system), out

    @property
    def tokenizer_name(self) -> str:
        """Part of the name of lm-eval's caches."""
        return self._endpoint.model

    def chat_template(self, *_: bool | str) -> str:
        """The server's own, which is not known here."""
        return ""

    def apply_chat_template(self, chat_history: Sequence[Mapping[str, str]], **_: bool) -> str:
        """The user's turn alone: the system message goes beside it, and the server renders both."""
        (turn,) = [one["content"] for one in chat_history if one["role"] == "user"]
        return turn

    def generate_until(self, requests: Sequence[Any], **_: bool) -> list[str]:
        """The answers, in the order of the requests.

        Raises:
            InputError: as `collect`; requests that stayed failed, or a budget that ended it, since what was not
                answered is not wrong.
        """
        alike: dict[str, list[int]] = {}
        for at, request in enumerate(requests):
            alike.setdefault(json.dumps(request.args[1], sort_keys=True), []).append(at)
        answers: dict[int, str] = {}
        for settings, places in alike.items():
            answers |= self._answers({at: requests[at].args[0] for at in places}, _sampling(json.loads(settings)))
        return [answers[at] for at in range(len(requests))]

    def _answers(self, questions: Mapping[int, str], sampling: Sampling) -> dict[int, str]:
        problems = [Problem(id=str(at), statement=text, check=TextCheck(answer="")) for at, text in questions.items()]
        folder = self._out / store.fingerprint(sampling, store.records_fingerprint(problems))
        name, endpoint = self._endpoint.model, self._endpoint
        done = collect(problems, endpoint, name=name, sampling=sampling, prompt=self._prompt, samples=1, out=folder)
        if done.responses < len(problems):
            missing = f"{len(problems) - done.responses:,} of {len(problems):,} requests have no response"
            why = f" ({done.stopped} was reached)" if done.stopped else ""
            raise InputError(endpoint.where, f"{missing}{why}", "run the same command again, with more room if needed")
        return {int(row.problem_id): row.answer or "" for row in store.Shards(folder, Response).read()}

    def loglikelihood(self, requests: Sequence[Any]) -> list[tuple[float, bool]]:
        """Not given by endpoints; `harness.measure` refuses such tasks before."""
        raise NotImplementedError

    def loglikelihood_rolling(self, requests: Sequence[Any]) -> list[float]:
        """Not given by endpoints, either."""
        raise NotImplementedError


def _sampling(settings: Mapping[str, Any]) -> Sampling:
    """A task's generation settings as ours."""
    until = settings.get("until") or ()
    return Sampling(
        max_tokens=int(settings.get("max_gen_toks", _TOKENS)),
        temperature=float(settings.get("temperature", 0.0)) if settings.get("do_sample") else 0.0,
        top_p=float(settings.get("top_p", 1.0)),
        stop=(until,) if isinstance(until, str) else tuple(one for one in until if one),
    )
