"""Local models: what a response holds, where it ends, and what cannot be loaded."""

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.tiny import R1, tiny_student
from thalweg import chat
from thalweg.errors import InputError
from thalweg.generate import Request, Sampling, open_model
from thalweg.generate import local as local_module
from thalweg.generate.local import LocalModel
from thalweg.types import Problem, TextCheck

PROMPT = chat.Prompt()


@pytest.fixture(scope="module")
def student(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_student(tmp_path_factory.mktemp("models") / "student", seed=3)


def requests(count: int = 6, samples: int = 1) -> list[Request]:
    problems = [Problem(id=f"p{i}", statement="word " * (i % 4 + 1), check=TextCheck(answer="")) for i in range(count)]
    return [Request(problem, sample) for problem in problems for sample in range(samples)]


def opened(folder: Path, prompt: chat.Prompt = PROMPT, **sampling: Any) -> LocalModel:
    model = open_model(f"local:{folder}", sampling=Sampling(**{"max_tokens": 16} | sampling), prompt=prompt, threads=1)
    assert isinstance(model, LocalModel)
    return model


@pytest.fixture
def says(monkeypatch: pytest.MonkeyPatch, student: Path) -> Callable[..., LocalModel]:
    """A model that says a given text, whatever it is asked, through the real limits, ends and stops."""

    def make(text: str, end: str | None = "<|im_end|>", folder: Path = student, **sampling: Any) -> LocalModel:
        model = opened(folder, **{"max_tokens": 200} | sampling)
        script = model._tokenizer(text, add_special_tokens=False)["input_ids"]
        script += [] if end is None else [model._tokenizer.convert_tokens_to_ids(end)]

        def scripted(_: Any, __: Any, limits: Any, ends: Any, ___: Any, stops: Any) -> list[list[int]]:
            completions = []
            for limit in limits:
                tokens: list[int] = []
                for token in script[:limit]:
                    tokens.append(token)
                    if token in ends or (stops is not None and stops(tokens)):
                        break
                completions.append(tokens)
            return completions

        monkeypatch.setattr(local_module, "decode", scripted)
        return model

    return make


# --------------------------------------------------------------------------- determinism


@pytest.mark.parametrize("sampling", [{}, {"temperature": 1.0}, {"temperature": 0.8, "top_p": 0.9, "top_k": 40}])
def test_a_response_does_not_depend_on_its_batch(student: Path, sampling: dict[str, Any]) -> None:
    model, asked = opened(student, **sampling), requests(6, samples=2)
    whole = model.respond(asked)
    assert whole == model.respond(asked)
    assert whole == [model.respond([request])[0] for request in asked]
    assert [(r.problem_id, r.sample) for r in whole] == [(q.problem.id, q.sample) for q in asked]
    assert len({r.id for r in whole}) == len(whole)


def test_samples_and_seeds_differ(student: Path) -> None:
    first, second = (opened(student, temperature=1.0, seed=seed).respond(requests(1, samples=4)) for seed in (0, 1))
    assert len({response.text for response in [*first, *second]}) == 8


def test_nothing_asked_nothing_said(student: Path) -> None:
    assert opened(student).respond([]) == []


def test_greedy_agrees_with_transformers(student: Path) -> None:
    model = opened(student)
    for request, response in zip(requests(), model.respond(requests()), strict=True):
        text = chat.render(model._tokenizer, request.problem.statement, PROMPT)
        ids = model._tokenizer(text, add_special_tokens=False, return_tensors="pt")["input_ids"]
        theirs = model._model.generate(
            ids,
            attention_mask=torch.ones_like(ids),
            max_new_tokens=16,
            do_sample=False,
            eos_token_id=sorted(model._ends),
            pad_token_id=0,
        )[0, ids.shape[1] :]
        assert response.completion_tokens == len(theirs)
        assert response.prompt_tokens == ids.shape[1]
        ended = int(theirs[-1]) in model._ends
        assert response.text == model._tokenizer.decode(theirs[: len(theirs) - ended])
        assert response.finish_reason == ("stop" if ended else "length")


# --------------------------------------------------------------------------- what a response holds


@pytest.mark.parametrize("end", ["<|im_end|>", "</s>"])
def test_both_the_end_of_turn_and_of_sequence_close_a_response(says: Callable[..., LocalModel], end: str) -> None:
    (response,) = says("<think>a b</think>\n 4 \n", end).respond(requests(1))
    assert response.text == "<think>a b</think>\n 4 \n"
    assert (response.thinking, response.answer) == ("a b", "\n 4 \n")
    assert (response.finish_reason, response.completion_tokens) == ("stop", 24)


def test_special_tokens_inside_a_response_stay(says: Callable[..., LocalModel]) -> None:
    (response,) = says("<|im_start|>é  ,  .</think>").respond(requests(1))
    assert response.text == "<|im_start|>é  ,  .</think>"


def test_think_tags_that_are_special_tokens_stay(tmp_path: Path, says: Callable[..., LocalModel]) -> None:
    from transformers import AutoTokenizer

    folder = tiny_student(tmp_path / "special")
    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.add_special_tokens({"additional_special_tokens": ["<think>", "</think>"]})
    tokenizer.save_pretrained(folder)
    (response,) = says("<think>x</think>y", folder=folder).respond(requests(1))
    assert (response.thinking, response.answer) == ("x", "y")


def test_a_response_cut_by_its_budget_is_unfinished(says: Callable[..., LocalModel]) -> None:
    (response,) = says("<think>a b c", max_tokens=9).respond(requests(1))
    assert response.text == "<think>a "
    assert (response.thinking, response.answer) == ("a ", None)
    assert (response.finish_reason, response.completion_tokens) == ("length", 9)


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ("one STOP two STOP", "one "),
        ("<think>STOP</think>one STOP two", "<think>STOP</think>one "),
        ("<think>STOP", "<think>STOP"),
        ("\n\n<think>a\n\nb</think>\n\nfour\n\nfive", "\n\n<think>a\n\nb</think>\n\nfour"),
        ("éSTOPé", "é"),
        ("no such word", "no such word"),
    ],
)
def test_stop_strings_cut_the_answer_and_never_the_thinking(
    says: Callable[..., LocalModel], said: str, text: str
) -> None:
    (response,) = says(said, stop=("STOP", "\n\n")).respond(requests(1))
    assert response.text == text
    assert response.finish_reason == "stop"


def test_a_stop_string_ends_generation_itself(student: Path) -> None:
    plain = opened(student, temperature=1.0).respond(requests(4))
    texts = [response.text or "" for response in plain]
    letter = next(letter for letter in texts[0].strip()[3:] if letter.isascii() and letter.isalnum())
    for response, whole in zip(
        opened(student, temperature=1.0, stop=(letter,)).respond(requests(4)), texts, strict=True
    ):
        start = len(whole) - len(whole.lstrip())
        at = whole.find(letter, start)
        assert response.text == (whole if at < 0 else whole[:at])
    assert letter in texts[0]


# --------------------------------------------------------------------------- prompts


def test_the_prompt_is_the_one_that_training_saw(student: Path, tmp_path: Path) -> None:
    prompt = chat.Prompt(template="Q: {statement}", system="Be brief.")
    model = opened(student, prompt)
    ids = model._encode(requests(1))[0]
    assert model._tokenizer.decode(ids) == chat.render(model._tokenizer, "Q: word ", prompt)
    prefilling = opened(tiny_student(tmp_path / "r1", R1))
    assert not prefilling._tokenizer.decode(prefilling._encode(requests(1))[0]).rstrip().endswith("<think>")
    assert prefilling._tokenizer.decode(prefilling._encode(requests(1))[0]).count("<s>") == 1


def test_a_prompt_that_fills_the_context_is_refused_by_name(tmp_path: Path) -> None:
    model = opened(tiny_student(tmp_path / "short", positions=64))
    long = Problem(id="the-long-one", statement="word " * 20, check=TextCheck(answer=""))
    with pytest.raises(InputError, match=r"problem 'the-long-one': its prompt has 1\d\d tokens.*context of 64"):
        model.respond([*requests(1), Request(long, 0)])


def test_the_context_bounds_the_budget(tmp_path: Path) -> None:
    model = opened(tiny_student(tmp_path / "short", positions=40), max_tokens=100)
    (response,) = model.respond(requests(1))
    assert response.prompt_tokens is not None
    assert response.completion_tokens is not None
    assert response.prompt_tokens + response.completion_tokens <= 40
    assert response.finish_reason in ("length", "stop")


def test_without_a_chat_template_plain_text_must_be_asked_for(tmp_path: Path) -> None:
    folder = tiny_student(tmp_path / "plain", chat_template=None)
    with pytest.raises(InputError, match="no chat template"):
        opened(folder)
    (response,) = opened(folder, chat.Prompt(chat="none")).respond(requests(1))
    assert response.prompt_tokens == len("word \n") + 1  # and BOS


# --------------------------------------------------------------------------- loading


def test_names(student: Path) -> None:
    assert opened(student).name == "student"
    sampling = Sampling(max_tokens=1)
    named = open_model(f"local:{student}", sampling=sampling, prompt=PROMPT, name="random-512-s0")
    assert named.respond(requests(1))[0].id == "random-512-s0/p0/0"


def test_bf16_runs(student: Path) -> None:
    model = LocalModel(student, Sampling(max_tokens=4), PROMPT, precision="bf16")
    assert model._model.dtype == torch.bfloat16
    assert len(model.respond(requests(2))) == 2


# peft reads an attribute that transformers has renamed.
@pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing. is deprecated:FutureWarning")
def test_an_adapter_folder_is_a_model(student: Path, tmp_path: Path) -> None:
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM, AutoTokenizer

    torch.manual_seed(0)
    config = LoraConfig(r=4, target_modules="all-linear", init_lora_weights=False, task_type="CAUSAL_LM")
    adapted = get_peft_model(AutoModelForCausalLM.from_pretrained(student), config)
    adapted.save_pretrained(tmp_path / "adapter")
    AutoTokenizer.from_pretrained(student).save_pretrained(tmp_path / "adapter")
    model = opened(tmp_path / "adapter")
    ids = torch.tensor([[11, 40, 77]])
    with torch.inference_mode():
        assert torch.equal(model._model(ids).logits, adapted.eval()(ids).logits)
    assert [r.text for r in model.respond(requests())] != [r.text for r in opened(student).respond(requests())]


def _no_config(folder: Path) -> None:
    (folder / "config.json").unlink()


def _broken_config(folder: Path) -> None:
    (folder / "config.json").write_text("{")


def _unknown_type(folder: Path) -> None:
    (folder / "config.json").write_text('{"model_type": "nonesuch"}')


def _no_weights(folder: Path) -> None:
    (folder / "model.safetensors").unlink()


def _broken_weights(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(b"\x10")


def _missing_weights(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"num_hidden_layers": 3}))


def _no_tokenizer(folder: Path) -> None:
    for file in folder.glob("tokenizer*"):
        file.unlink()


def _empty(folder: Path) -> None:
    for file in folder.iterdir():
        file.unlink()


@pytest.mark.parametrize(
    "spoil",
    [_no_config, _broken_config, _unknown_type, _no_weights, _broken_weights, _missing_weights, _no_tokenizer, _empty],
)
def test_a_folder_that_is_no_model_is_refused(
    student: Path, tmp_path: Path, spoil: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    folder = tmp_path / "spoilt"
    shutil.copytree(student, folder)
    spoil(folder)
    with pytest.raises(InputError) as caught:
        opened(folder)
    assert str(folder) in str(caught.value)
    assert caught.value.remedy
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("path", ["no/such-model", "/no/such/folder/anywhere"])
def test_what_is_nowhere_is_refused(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(InputError, match="cannot be loaded"):
        open_model(f"local:{path}", sampling=Sampling(max_tokens=1), prompt=PROMPT)


def test_progress_bars_are_as_they_were_after_loading(student: Path) -> None:
    from transformers.utils import logging

    before: Sequence[bool] = [logging.is_progress_bar_enabled()]
    opened(student)
    assert [logging.is_progress_bar_enabled()] == before
