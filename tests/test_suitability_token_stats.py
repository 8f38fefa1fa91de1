"""Token statistics: against the model's own logits, packed or alone, whatever the model and the response."""

import dataclasses
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.tiny import CHATML, LLAMA3, R1, tiny_student, tiny_tokenizer
from thalweg import chat
from thalweg.chat import Prompt
from thalweg.errors import InputError
from thalweg.miniature import student_folder
from thalweg.suitability.readings import RANK_CAP, Readings, read
from thalweg.suitability.token_stats import Item, Scorer
from thalweg.types import TokenStats

ITEMS = [
    Item("a", "one and two?", "<think>\nfirst\n</think>\nthree"),
    Item("b", "one and two?", "3"),
    Item("c", "another", "a longer response, whose tokens are many more than those of the others: " + "yes " * 20),
    Item("d", "one and two?", "\nbegins with a line's end"),
    Item("e", "empty", ""),
    Item("f", "bytes", "é ∑ \U0001f600"),
]


@pytest.fixture(scope="module")
def student(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_student(tmp_path_factory.mktemp("student"))


def naive(folder: Path, item: Item, prompt: Prompt) -> TokenStats:
    """The same from the model's full logits, response by response, in the plainest way."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder).eval()
    head = tokenizer(chat.render(tokenizer, item.user_turn, prompt), add_special_tokens=False)["input_ids"]
    tail = tokenizer(item.text, add_special_tokens=False)["input_ids"]
    with torch.inference_mode():
        logits = model(torch.tensor([head + tail])).logits[0, len(head) - 1 : -1].double()
    log_probs = torch.log_softmax(logits, -1)
    return TokenStats(
        student=folder.name,
        response_id=item.response_id,
        precision="fp32",
        ids=tuple(tail),
        log_probs=tuple(float(row[token]) for row, token in zip(log_probs, tail, strict=True)),
        ranks=tuple(
            min(RANK_CAP, 1 + sum(value > row[token] for value in row.tolist()))
            for row, token in zip(logits, tail, strict=True)
        ),
        entropies=tuple(float(-(row.exp() * row).sum()) for row in log_probs),
    )


def assert_close(found: TokenStats, expected: TokenStats, tolerance: float = 1e-5) -> None:
    assert found.log_probs == pytest.approx(expected.log_probs, abs=tolerance)
    assert found.entropies == pytest.approx(expected.entropies, abs=tolerance)
    plain = dataclasses.replace(expected, log_probs=found.log_probs, entropies=found.entropies)
    assert found == plain


@pytest.mark.parametrize("template", [CHATML, LLAMA3, R1], ids=["chatml", "llama3", "r1"])
@pytest.mark.parametrize("chat_kind", ["tokenizer", "none"])
def test_statistics_are_those_of_the_models_own_logits(tmp_path: Path, template: str, chat_kind: Any) -> None:
    folder = tiny_student(tmp_path / "s", template)
    prompt = Prompt(system="Be brief.", chat=chat_kind)
    for found, item in zip(Scorer(folder, prompt).score(ITEMS), ITEMS, strict=True):
        assert_close(found, naive(folder, item, prompt))


def test_a_statistic_is_that_of_the_token_that_came(student: Path) -> None:
    (found,) = Scorer(student, Prompt()).score([ITEMS[0]])
    assert len(found.ids) == len(ITEMS[0].text)  # a byte a token: the end marker is not among them
    assert set(found.ranks) <= set(range(1, RANK_CAP + 1))
    assert all(value <= 0 for value in found.log_probs)
    assert all(0 <= value <= math.log(266) for value in found.entropies)
    assert (found.student, found.response_id, found.precision, found.truncated) == (student.name, "a", "fp32", False)


@pytest.mark.parametrize("pack_tokens", [1, 60, 150, 10_000])
def test_packed_or_alone_is_the_same(student: Path, pack_tokens: int) -> None:
    alone = Scorer(student, Prompt())
    together = Scorer(student, Prompt(), pack_tokens=pack_tokens).score(ITEMS[::-1])[::-1]
    for found, item in zip(together, ITEMS, strict=True):
        assert_close(found, alone.score([item])[0])


@pytest.mark.parametrize("first", range(len(ITEMS)))
def test_whichever_response_to_a_prompt_comes_first(student: Path, first: int) -> None:
    scorer, turned = Scorer(student, Prompt()), [*ITEMS[first:], *ITEMS[:first]]  # one of a single token, too
    for found, item in zip(scorer.score(turned), turned, strict=True):
        assert_close(found, scorer.score([item])[0])


def test_no_response_sees_another(student: Path) -> None:
    scorer = Scorer(student, Prompt())
    before = scorer.score(ITEMS)[2]
    changed = [Item(i.response_id, i.user_turn, i.text if i.response_id == "c" else "changed") for i in ITEMS]
    assert_close(scorer.score(changed)[2], before)


def test_nothing_to_score(student: Path) -> None:
    scorer = Scorer(student, Prompt())
    assert scorer.score([]) == []
    (empty,) = scorer.score([Item("e", "?", "")])
    assert (empty.ids, empty.log_probs, empty.ranks, empty.entropies) == ((), (), (), ())


def test_only_a_chunk_of_logits_is_held(student: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scorer = Scorer(student, Prompt(), chunk_logits=7 * 266 + 5)
    sizes: list[int] = []
    head = scorer._head

    def spy(hidden: torch.Tensor) -> Any:
        sizes.append(len(hidden))
        return head(hidden)

    monkeypatch.setattr(scorer, "_head", spy)
    found = scorer.score(ITEMS)
    assert max(sizes) == 7
    assert sum(sizes) == sum(len(stats.ids) for stats in found)  # prompts are never multiplied with the head
    for stats, whole in zip(found, Scorer(student, Prompt()).score(ITEMS), strict=True):
        assert_close(stats, whole)


# --------------------------------------------------------------------------- too long


def test_a_response_beyond_the_context_is_cut_and_says_so(tmp_path: Path) -> None:
    folder = tiny_student(tmp_path / "s", positions=64)
    text = "".join(chr(97 + n % 26) for n in range(100))
    scorer = Scorer(folder, Prompt(chat="none"))
    short, long = scorer.score([Item("s", "?", text[:61]), Item("l", "?", text)])
    assert not short.truncated  # BOS, "?" and a line's end before it: 64
    assert long.truncated
    assert_close(long, dataclasses.replace(short, response_id="l", truncated=True))


def test_a_prompt_that_fills_the_context_is_refused(tmp_path: Path) -> None:
    folder = tiny_student(tmp_path / "s", positions=16)
    with pytest.raises(InputError, match=r"response 'x': its prompt has 32 tokens, and s has a context of 16"):
        Scorer(folder, Prompt(chat="none")).score([Item("x", "?" * 30, "y")])


# --------------------------------------------------------------------------- models


def save(folder: Path, model: Any) -> Path:
    model.save_pretrained(folder)
    tiny_tokenizer().save_pretrained(folder)
    return folder


def windowed(folder: Path) -> Path:
    from transformers import MistralConfig, MistralForCausalLM

    sizes = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}
    config = MistralConfig(vocab_size=266, num_key_value_heads=1, sliding_window=8, **sizes)
    return save(folder, MistralForCausalLM(config))


def with_state(folder: Path) -> Path:
    from transformers import MambaConfig, MambaForCausalLM

    return save(
        folder, MambaForCausalLM(MambaConfig(vocab_size=266, hidden_size=32, num_hidden_layers=2, state_size=4))
    )


def grouped(folder: Path) -> Path:
    from transformers import Qwen3Config, Qwen3ForCausalLM

    sizes = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4}
    return save(folder, Qwen3ForCausalLM(Qwen3Config(vocab_size=266, num_key_value_heads=2, head_dim=8, **sizes)))


@pytest.mark.parametrize(("make", "packs"), [(windowed, False), (with_state, False), (grouped, True)])
def test_every_kind_of_model_is_scored_as_it_sees_a_response_alone(tmp_path: Path, make: Any, packs: bool) -> None:
    torch.manual_seed(0)
    folder = make(tmp_path / "m")
    scorer = Scorer(folder, Prompt())
    assert scorer._packs == packs
    for found, item in zip(scorer.score(ITEMS), ITEMS, strict=True):
        assert_close(found, naive(folder, item, Prompt()))


# peft reads an attribute that transformers has renamed.
@pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing. is deprecated:FutureWarning")
def test_an_adapter_folder_is_a_student(student: Path, tmp_path: Path) -> None:
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    torch.manual_seed(0)
    targets = ["q_proj", "up_proj"]
    config = LoraConfig(r=4, target_modules=targets, init_lora_weights=False, task_type="CAUSAL_LM")
    save(tmp_path / "adapter", get_peft_model(AutoModelForCausalLM.from_pretrained(student), config))
    (found,) = Scorer(tmp_path / "adapter", Prompt()).score(ITEMS[:1])
    assert_close(found, naive(tmp_path / "adapter", ITEMS[0], Prompt()))
    assert found.log_probs != Scorer(student, Prompt()).score(ITEMS[:1])[0].log_probs


def test_the_miniatures_student() -> None:
    folder = student_folder()
    item = Item("m", "v = [1, 2]\nv = v[::-1]\nprint(v)", "[2, 1]")
    (found,) = Scorer(folder, Prompt()).score([item])
    assert_close(found, naive(folder, item, Prompt()))


def test_bf16_computes_its_logits_in_float32(student: Path) -> None:
    scorer = Scorer(student, Prompt(), precision="bf16")
    assert scorer._model.dtype == torch.bfloat16
    assert scorer._head.weight.dtype == torch.float32
    for rough, exact in zip(scorer.score(ITEMS), Scorer(student, Prompt()).score(ITEMS), strict=True):
        assert rough.precision == "bf16"
        assert rough.log_probs == pytest.approx(exact.log_probs, abs=0.02)


def test_students_that_cannot_be_read_are_refused(tmp_path: Path) -> None:
    from transformers import CohereConfig, CohereForCausalLM

    sizes = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 1, "num_attention_heads": 2}
    save(tmp_path / "m", CohereForCausalLM(CohereConfig(vocab_size=266, num_key_value_heads=1, **sizes)))
    with pytest.raises(InputError, match="the student transforms its logits"):
        Scorer(tmp_path / "m", Prompt())
    with pytest.raises(InputError, match="no chat template"):
        Scorer(tiny_student(tmp_path / "bare", chat_template=None), Prompt())


# --------------------------------------------------------------------------- logits


def readings(logits: Sequence[Sequence[float]], targets: Sequence[int], chunk: int = 100) -> Readings:
    return read(torch.tensor(logits), torch.tensor(targets), torch.clone, chunk)


def test_readings_by_hand() -> None:
    half, quarter = math.log(1 / 2), math.log(1 / 4)
    found = readings([[half, quarter, quarter]] * 3, [0, 1, 2], chunk=2)
    assert found.log_probs.tolist() == pytest.approx([half, quarter, quarter])
    assert found.ranks.tolist() == [1, 2, 2]  # ties do not count
    assert found.entropies.tolist() == pytest.approx([1.5 * math.log(2)] * 3)


@pytest.mark.parametrize(("place", "rank"), [(0, 1), (98, 99), (99, 100), (100, 100), (399, 100)])
def test_ranks_stop_at_the_cap(place: int, rank: int) -> None:
    assert readings([[-float(n) for n in range(400)]], [place]).ranks.tolist() == [rank]


@pytest.mark.parametrize("shift", [0.0, 3e4, -3e4])
def test_large_logits_do_no_harm(shift: float) -> None:
    found = readings([[shift, shift, shift - 100.0]], [2])
    assert found.log_probs.tolist() == pytest.approx([-100 - math.log(2)])
    assert found.entropies.tolist() == pytest.approx([math.log(2)])


def test_a_certain_token_has_no_surprisal() -> None:
    found = readings([[200.0, 0.0, 0.0]], [0])
    assert (found.log_probs.tolist(), found.ranks.tolist(), found.entropies.tolist()) == ([0.0], [1], [0.0])
