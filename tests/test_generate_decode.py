"""The decoding loop, its cache, and the choice of a token."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from tests.tiny import tiny_student
from thalweg.generate.cache import GrowingLayer, growing_cache
from thalweg.generate.decode import Chooser, decode, sample
from thalweg.generate.model import Request, Sampling
from thalweg.types import Problem, TextCheck


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Any:
    from transformers import AutoModelForCausalLM

    folder = tiny_student(tmp_path_factory.mktemp("student"), seed=3)
    return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()


def greedy(logits: Tensor, _: Sequence[int]) -> Tensor:
    return logits.argmax(-1)


def reference(model: Any, prompt: Sequence[int], limit: int, ends: set[int]) -> list[int]:
    """One row, no cache, no padding: the plainest decoding there is."""
    ids = list(prompt)
    while len(ids) < len(prompt) + limit:
        with torch.inference_mode():
            ids.append(int(model(torch.tensor([ids])).logits[0, -1].argmax()))
        if ids[-1] in ends:
            break
    return ids[len(prompt) :]


PROMPTS = [[11, 40, 77], [90], [30, 31, 32, 33, 34, 35, 36], [100, 12], [55, 66], [200, 201, 202], [17], [250, 90, 11]]


@pytest.mark.parametrize("ends", [set(), {10, 60, 120, 180, 240}, set(range(10, 266, 3))])
def test_a_batch_gives_what_plain_decoding_of_each_row_gives(model: Any, ends: set[int]) -> None:
    limits = [1, 30, 12, 30, 7, 30, 30, 25]
    expected = [reference(model, p, n, ends) for p, n in zip(PROMPTS, limits, strict=True)]
    assert decode(model, PROMPTS, limits, ends, greedy) == expected


def test_rows_that_ended_leave_the_batch(model: Any) -> None:
    sizes: list[int] = []

    def watching(logits: Tensor, rows: Sequence[int]) -> Tensor:
        assert len(rows) == len(logits)
        sizes.append(len(rows))
        return greedy(logits, rows)

    decode(model, PROMPTS, [1, 2, 2, 2, 2, 2, 9, 9], set(), watching)
    assert sizes == [8, 7] + [2] * 7


def test_a_stop_ends_a_row(model: Any) -> None:
    completions = decode(model, PROMPTS, [9] * 8, set(), greedy, stops=lambda tokens: len(tokens) == 4)
    assert [len(c) for c in completions] == [4] * 8


def test_the_growing_cache_holds_what_transformers_own_holds() -> None:
    from transformers.cache_utils import DynamicLayer

    generator = torch.Generator().manual_seed(0)
    ours, theirs = GrowingLayer(), DynamicLayer()
    for tokens in (5, 1, 60, 1, 1, 200):
        new = torch.randn(2, 6, 3, tokens, 4, generator=generator)
        pairs = zip(ours.update(*new), theirs.update(*new), strict=True)
        assert all(torch.equal(a, b) for a, b in pairs)
        assert ours.get_seq_length() == theirs.get_seq_length()
    keep = torch.tensor([4, 0])
    ours.reorder_cache(keep)
    theirs.reorder_cache(keep)
    new = torch.randn(2, 2, 3, 1, 4, generator=generator)
    assert all(torch.equal(a, b) for a, b in zip(ours.update(*new), theirs.update(*new), strict=True))


def test_only_plain_layers_are_replaced() -> None:
    from transformers import MistralConfig

    plain = growing_cache(MistralConfig(num_hidden_layers=2, sliding_window=None))
    sliding = growing_cache(MistralConfig(num_hidden_layers=2, sliding_window=16))
    assert [type(layer) for layer in plain.layers] == [GrowingLayer] * 2
    assert GrowingLayer not in {type(layer) for layer in sliding.layers}


def test_sliding_window_models_decode_alike() -> None:
    from transformers import MistralConfig, MistralForCausalLM

    torch.manual_seed(1)
    config = MistralConfig(
        vocab_size=266,
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        sliding_window=6,
    )
    model = MistralForCausalLM(config).eval()
    limits = [3, 20, 20, 4, 20, 5, 20, 6]
    expected = [reference(model, p, n, set()) for p, n in zip(PROMPTS, limits, strict=True)]
    assert decode(model, PROMPTS, limits, set(), greedy) == expected


# --------------------------------------------------------------------------- sampling

LOGITS = torch.tensor([2.0, -1.0, 3.0, 0.5, 3.0, -4.0])


def allowed(sampling: Sampling) -> set[int]:
    """The ids that sampling may choose, by the definitions, without sorting tricks."""
    probabilities = torch.softmax(LOGITS.double() / sampling.temperature, -1).tolist()
    ranked = sorted(range(len(LOGITS)), key=lambda i: (-probabilities[i], i))[: sampling.top_k or None]
    total, kept, mass = sum(probabilities[i] for i in ranked), set(), 0.0
    for i in ranked:
        if mass >= sampling.top_p:
            break
        kept.add(i)
        mass += probabilities[i] / total
    return kept


@pytest.mark.parametrize("temperature", [0.3, 1.0, 2.0])
@pytest.mark.parametrize("top_k", [0, 1, 3])
@pytest.mark.parametrize("top_p", [0.2, 0.7, 0.9, 1.0])
def test_sampling_keeps_to_its_rules(temperature: float, top_k: int, top_p: float) -> None:
    sampling = Sampling(max_tokens=1, temperature=temperature, top_k=top_k, top_p=top_p)
    draws = (torch.arange(20_000, dtype=torch.float64) + 0.5) / 20_000
    counts = Counter(sample(LOGITS.expand(len(draws), -1), draws, sampling).tolist())
    keep = allowed(sampling)
    weights = {i: float(torch.exp(LOGITS[i].double() / temperature)) for i in keep}
    for i in range(len(LOGITS)):
        share = weights.get(i, 0.0) / sum(weights.values())
        assert counts[i] / len(draws) == pytest.approx(share, abs=2e-4)


@settings(max_examples=200, deadline=None)
@given(
    logits=st.lists(st.floats(-80, 80, width=32), min_size=1, max_size=12),
    draw=st.one_of(st.just(0.0), st.just(1 - 2**-53), st.floats(0, 1, exclude_max=True)),
    temperature=st.floats(0.01, 10),
    top_k=st.integers(0, 15),
    top_p=st.floats(0.001, 1),
)
def test_every_draw_chooses_a_token(
    logits: list[float], draw: float, temperature: float, top_k: int, top_p: float
) -> None:
    sampling = Sampling(max_tokens=1, temperature=temperature, top_k=top_k, top_p=top_p)
    chosen = int(sample(torch.tensor([logits]), torch.tensor([draw], dtype=torch.float64), sampling)[0])
    assert 0 <= chosen < len(logits)
    if top_k == 1:
        assert chosen == int(torch.tensor(logits).argmax())


def test_a_rows_random_numbers_are_its_own() -> None:
    problems = [Problem(id=f"p{i}", statement="", check=TextCheck(answer="")) for i in range(3)]
    requests = [Request(problem, number) for problem in problems for number in range(2)]
    flat = torch.zeros(6, 1000)
    sampling = Sampling(max_tokens=1, temperature=1.0)
    together = Chooser(sampling, requests)(flat, range(6)).tolist()
    alone = [int(Chooser(sampling, [request])(flat[:1], [0])[0]) for request in requests]
    other_seed = Chooser(Sampling(max_tokens=1, temperature=1.0, seed=1), requests)(flat, range(6)).tolist()
    assert together == alone
    assert len(set(together)) == 6
    assert not set(together) & set(other_seed)
