"""Real responses for `benchmarks/suitability.py`: GSM8K by eight solvers, MATH-500 by eight models."""

import gzip
import json
import random
from pathlib import Path
from typing import Any, NamedTuple


class Turn(NamedTuple):
    """A question and a model's response to it."""

    id: str
    question: str
    response: str


def gsm8k(folder: Path, count: int) -> list[Turn]:
    """The first `count` responses: eight to each problem, problem by problem."""
    questions = [row["question"] for row in _rows(folder / "gsm8k_test.jsonl.gz")]
    rows = _rows(folder / "gsm8k_test_multi.jsonl.gz")[:count]
    return [Turn(f"gsm8k/{n}", questions[row["idx"]], row["response"]) for n, row in enumerate(rows)]


def maths(folder: Path, count: int, longest: int) -> list[Turn]:
    """`count` responses of at most `longest` characters to MATH-500, problem by problem, drawn with a fixed seed.

    Eight models answered each problem: all that are short enough are taken before the next problem.
    """
    by_problem: dict[str, list[Turn]] = {}
    for index, row in enumerate(_rows(folder / "skythought_math.jsonl.gz")):
        if row["bench"] == "math500" and row["response"] and len(row["response"]) <= longest:
            turn = Turn(f"math/{index}", row["question"], row["response"])
            by_problem.setdefault(turn.question, []).append(turn)
    drawn = random.Random(0).sample(list(by_problem.values()), len(by_problem))
    return [turn for turns in drawn for turn in turns][:count]


def of_length(folder: Path, tokenizer: Any, tokens: int) -> Turn:
    """One turn of `tokens` tokens, prompt included: real responses one after another, cut."""
    rows = _rows(folder / "skythought_math.jsonl.gz")
    question = rows[0]["question"]
    messages = [{"role": "user", "content": question}]
    prompt = tokenizer.apply_chat_template(messages, tokenize=True, add_generation_prompt=True, return_dict=True)
    ids: list[int] = []
    for row in rows:
        ids += tokenizer(row["response"] + "\n", add_special_tokens=False)["input_ids"]
        if len(ids) >= tokens:
            break
    end_marker = 2  # what the template writes after the response
    cut = ids[: tokens - len(prompt["input_ids"]) - end_marker]
    return Turn(f"{tokens} tokens", question, tokenizer.decode(cut))


def _rows(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]
