"""A model answers problems, as a verb on plain files."""

from collections.abc import Sequence
from pathlib import Path

from thalweg import store
from thalweg.chat import Prompt
from thalweg.errors import InputError
from thalweg.generate.model import Precision, Request, Sampling, open_model
from thalweg.generate.model import generate as generate_into
from thalweg.grade import JudgeModel
from thalweg.study.folder import begin, finish, is_begun, is_done
from thalweg.types import Problem, Response, TextCheck
from thalweg.verbs.rows import OnCount


def generate(
    problems: Sequence[Problem],
    model: str,
    out: Path,
    *,
    samples: int,
    sampling: Sampling,
    prompt: Prompt,
    precision: Precision,
    batch_size: int,
    on_batch: OnCount | None = None,
) -> int:
    """Lets a model answer problems into a folder of shards (continued where it was cut off); returns how many."""
    if not problems:
        raise InputError("problems", "there are none", "check the file")
    settings = (store.records_fingerprint(problems), model, samples, sampling, prompt, precision, batch_size)
    mark = store.fingerprint("generate", *settings)
    shards = store.Shards(out, Response)
    if out.exists() and any(out.iterdir()) and not is_begun(out, mark):
        raise InputError(str(out), "holds responses made with other settings", "use another folder")
    if not is_done(out, mark):
        opened = open_model(model, sampling=sampling, prompt=prompt, precision=precision)
        begin(out, mark)
        generate_into(problems, opened, shards, samples, batch_size, on_batch)
        finish(out, mark)
    return len(problems) * samples


def open_judge(spec: str, max_tokens: int = 1024) -> JudgeModel:
    """A model as a judge: greedy, one prompt a question."""
    model = open_model(spec, sampling=Sampling(max_tokens=max_tokens), prompt=Prompt())

    def ask(prompts: Sequence[str]) -> list[str]:
        questions = [Problem(id=str(i), statement=text, check=TextCheck(answer="")) for i, text in enumerate(prompts)]
        return [response.answer or "" for response in model.respond([Request(q, 0) for q in questions])]

    return JudgeModel(spec, ask)
