"""Makes the shipped student: `python -m thalweg.miniature.build [--out DIR] [--steps N]`, minutes on one core.

A Llama of under a million parameters is trained from scratch to answer the training split's programs *directly*:
the prompt is what `thalweg.chat.render` makes of a statement, the completion is the output and the end of turn.
Beside the programs stand snippets of one line (asked as problems, and as plain commented code, the way code is met
in the wild) and documents to be copied, which train every token a little. No document holds a think tag in its place
or more than one worked line, so thinking is new to the student. Matrices are trained with Muon, the rest with
AdamW; the rate warms up, stays, and falls to nearly nothing.

The run is seeded and uses one thread; other versions of torch or other processors give slightly other weights.
Not covered: mixed precision, resuming, accelerators.
"""

import argparse
import random
import time
from collections.abc import Iterator, Sequence
from itertools import cycle, islice
from pathlib import Path
from typing import Any, NamedTuple

import torch

from thalweg.chat import Prompt, end_of_turn, render
from thalweg.miniature import programs, student_folder
from thalweg.miniature.tokenizer import COPY, WORDS, make_tokenizer
from thalweg.types import OutputCheck, Problem

WIDTH, LAYERS = 128, 4
STEPS, BATCH, RATE = 2000, 64, 3e-3
WARM_UP, DECAY = 100, 0.3  # steps; share of all steps
SNIPPETS, COMMENTED, COPIES = 0.10, 0.08, 0.10  # shares of the documents; the rest are programs
DEPTHS = (1, 2, 2, 3, 3, 4, 5, 6)
SEED = 12345
PROMPT = Prompt()
_CHUNK = 32  # batches are cut from this many at a time, sorted by length


class Document(NamedTuple):
    """Token ids of a prompt, and of what the student learns to answer."""

    prompt: list[int]
    completion: list[int]


def main(arguments: Sequence[str] | None = None) -> None:
    """Trains a student, prints its progress and its score on the tuning split, and saves it."""
    parser = argparse.ArgumentParser(prog="thalweg.miniature.build", description="Train the miniature's student.")
    parser.add_argument("--out", type=Path, default=student_folder(), help="folder to write (default: the package's)")
    parser.add_argument("--steps", type=int, default=STEPS, help="training steps (default: %(default)s)")
    options = parser.parse_args(arguments)
    tokenizer = make_tokenizer()
    student = make(tokenizer, documents(tokenizer, options.steps * BATCH), options.steps, options.out)
    print(f"tuning split {score(student, tokenizer, programs.problems('tune', 300)):.3f}")
    print(f"tuning snippets {score(student, tokenizer, programs.snippets('tune', 200)):.3f}")


def make(
    tokenizer: Any, source: Iterator[Document], steps: int, out: Path, width: int = WIDTH, layers: int = LAYERS
) -> Any:
    """A student trained from scratch on documents, and saved in a folder."""
    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    student = new_student(tokenizer, width, layers)
    print(f"{sum(p.numel() for p in student.parameters()):,} parameters, {len(tokenizer)} tokens", flush=True)
    train(student, source, steps)
    student.save_pretrained(out)
    tokenizer.save_pretrained(out)
    return student


def new_student(tokenizer: Any, width: int = WIDTH, layers: int = LAYERS) -> Any:
    """A `LlamaForCausalLM` with random weights, in float32; `width` is a multiple of 8."""
    from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM

    ends = {"bos_token_id": None, "eos_token_id": tokenizer.eos_token_id, "pad_token_id": tokenizer.pad_token_id}
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=width,
        intermediate_size=round(width / 3) * 8,
        num_hidden_layers=layers,
        num_attention_heads=4,
        num_key_value_heads=4,
        max_position_embeddings=tokenizer.model_max_length,
        rope_parameters={"rope_type": "default", "rope_theta": 1000.0},
        tie_word_embeddings=True,
        **ends,
    )
    student = LlamaForCausalLM(config)
    torch.nn.init.normal_(student.model.embed_tokens.weight, std=0.1)  # as large as what the layers add to it
    student.generation_config = GenerationConfig(do_sample=False, **ends)
    return student


# --------------------------------------------------------------------------- documents


def documents(tokenizer: Any, count: int = STEPS * BATCH, seed: int = SEED) -> Iterator[Document]:
    """An endless mix of documents from the training split; for `count` documents every program comes about twice."""
    worked = programs.problems("train", count // 3, seed, DEPTHS)
    short = programs.snippets("train", count // 6, seed)
    return mixed(tokenizer, WORDS, worked, short, seed)


def mixed(
    tokenizer: Any, words: Sequence[str], problems: Sequence[Problem], snippets: Sequence[Problem], seed: int
) -> Iterator[Document]:
    """An endless mix of programs, of single lines asked and commented, and of `words` to be copied."""
    r = random.Random(seed)
    worked, short = cycle(problems), cycle(snippets)
    while True:
        kind = r.random()
        if kind < COPIES:
            yield copied(tokenizer, words, r)
        elif kind < COPIES + COMMENTED:
            snippet = next(short)
            yield commented(tokenizer, snippet.statement, expected(snippet))
        else:
            problem = next(short if kind < COPIES + COMMENTED + SNIPPETS else worked)
            yield document(tokenizer, problem.statement, expected(problem))


def document(tokenizer: Any, statement: str, answer: str) -> Document:
    """One turn of each side, as the chat template writes it."""
    asked = _ids(tokenizer, render(tokenizer, statement, PROMPT))
    return Document(asked, [*_ids(tokenizer, answer), end_of_turn(tokenizer, PROMPT)])


def expected(problem: Problem) -> str:
    """The output of a problem of the miniature."""
    assert isinstance(problem.check, OutputCheck)
    return problem.check.output


def commented(tokenizer: Any, code: str, value: str) -> Document:
    """A line with its value before and after it in comments, outside any turn."""
    return Document(_ids(tokenizer, f"{code} #"), [*_ids(tokenizer, f" {value}"), tokenizer.eos_token_id])


def copied(tokenizer: Any, words: Sequence[str], r: random.Random) -> Document:
    """Tokens in no order, to be repeated."""
    ids = tokenizer.convert_tokens_to_ids(r.choices(words, k=r.randint(3, 8)))
    *before, assistant = document(tokenizer, COPY, "").prompt
    return Document([*before, *ids, assistant], [*ids, end_of_turn(tokenizer, PROMPT)])


def _ids(tokenizer: Any, text: str) -> list[int]:
    ids: list[int] = tokenizer(text, add_special_tokens=False)["input_ids"]
    return ids


# --------------------------------------------------------------------------- training and scoring


def train(student: Any, source: Iterator[Document], steps: int, batch_size: int = BATCH) -> None:
    """Trains in place; prints the mean loss of every hundred steps."""
    optimizers = _optimizers(student)
    student.train()
    began, total = time.monotonic(), 0.0
    for step, batch in enumerate(islice(_batches(source, batch_size), steps)):
        for group in (group for optimizer in optimizers for group in optimizer.param_groups):
            group["lr"] = RATE * _schedule(step, steps)
        ids, labels = pad(batch, student.config.pad_token_id)
        loss = student(input_ids=ids, labels=labels).loss
        student.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(student.parameters(), 1.0)
        for optimizer in optimizers:
            optimizer.step()
        total += loss.item()
        if (step + 1) % 100 == 0:
            print(f"step {step + 1}/{steps}  loss {total / 100:.3f}  {time.monotonic() - began:.0f} s", flush=True)
            total = 0.0


def _optimizers(student: Any) -> list[torch.optim.Optimizer]:
    matrices = [p for p in student.model.layers.parameters() if p.dim() == 2]
    held = {id(p) for p in matrices}
    rest = [p for p in student.parameters() if id(p) not in held]
    muon = torch.optim.Muon(matrices, lr=RATE, momentum=0.95, weight_decay=0.01, adjust_lr_fn="match_rms_adamw")
    return [muon, torch.optim.AdamW(rest, lr=RATE, betas=(0.9, 0.98), weight_decay=0.0)]


def _schedule(step: int, steps: int) -> float:
    return min(1.0, (step + 1) / WARM_UP, max(0.03, (1 - step / steps) / DECAY))


def _batches(source: Iterator[Document], size: int) -> Iterator[list[Document]]:
    """Batches of documents of like length, in random order."""
    r = random.Random(SEED)
    while True:
        drawn = sorted(islice(source, _CHUNK * size), key=lambda d: len(d.prompt) + len(d.completion))
        batches = [drawn[start : start + size] for start in range(0, len(drawn), size)]
        r.shuffle(batches)
        yield from batches


def pad(batch: list[Document], filler: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Ids and labels, (documents, longest), padded on the right, where a causal model does not see it."""
    longest = max(len(prompt) + len(completion) for prompt, completion in batch)
    ids = torch.full((len(batch), longest), filler)
    labels = torch.full((len(batch), longest), -100)
    for row, (prompt, completion) in enumerate(batch):
        end = len(prompt) + len(completion)
        ids[row, :end] = torch.tensor(prompt + completion)
        labels[row, len(prompt) : end] = torch.tensor(completion)
    return ids, labels


def score(student: Any, tokenizer: Any, problems: Sequence[Problem]) -> float:
    """The share of problems whose output the student writes, greedily and as its whole response."""
    answers = answer(student, tokenizer, problems)
    return sum(map(str.__eq__, answers, map(expected, problems))) / len(problems)


@torch.inference_mode()
def answer(student: Any, tokenizer: Any, problems: Sequence[Problem]) -> list[str]:
    """What the student writes in up to twelve tokens, greedily."""
    student.eval()
    asked = [document(tokenizer, problem.statement, "").prompt for problem in problems]
    padded = tokenizer.pad({"input_ids": asked}, padding_side="left", return_tensors="pt")
    written = student.generate(**padded, max_new_tokens=12)[:, padded["input_ids"].shape[1] :]
    answers: list[str] = tokenizer.batch_decode(written, skip_special_tokens=True)
    return answers


if __name__ == "__main__":
    main()
