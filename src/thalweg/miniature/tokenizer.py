"""The student's tokenizer: one token for a line of code, one for a number, and what is decoded is what was encoded.

A token's text carries its own white space (a line begins with its newline, a number within a list with its blank),
so that decoding is plain concatenation. Text is cut by one pattern, longest piece first; a piece that is not in the
vocabulary becomes the unknown token. The think tags are ordinary tokens; only the marks of turns, padding and the
unknown token are special. Not covered: lossless decoding of text with unknown words.
"""

import re
from collections.abc import Sequence
from typing import Any

from thalweg.miniature import synthesis
from thalweg.miniature.programs import GIVEN, LARGEST, LINES, PRINT, READ
from thalweg.miniature.synthesis_tracer import RIGHT, TRY, WRONG
from thalweg.miniature.tracer import FILLERS

PAD, UNKNOWN, END, USER, ASSISTANT = SPECIAL = ("<|pad|>", "<|unknown|>", "<|end|>", "<|user|>", "<|assistant|>")
COPY = "Copy:"  # begins the documents that train every token a little
WORDS = (
    "<think>",
    "</think>",
    READ,
    *(f"\n{line}" for line in LINES),
    f"\n{PRINT}",
    GIVEN.rstrip(),
    "\n",
    "#",
    " #",
    *(f" {filler}" for filler in FILLERS),
    *(f" {number}" for number in range(LARGEST + 1)),
    *(str(number) for number in range(LARGEST + 1)),
    COPY,
)
# The student that finds programs has words of its own.
SYNTHESIS_WORDS = (
    "<think>",
    "</think>",
    synthesis.HEAD,
    *(f"\n{synthesis.INDENT}{line}" for line in synthesis.LINES),
    f"\n{synthesis.FOOT}",
    synthesis.ARROW,
    "\n",
    " #",
    *(f"\n{word}" for word in (TRY, WRONG, RIGHT)),
    *(f" {number}" for number in range(LARGEST + 1)),
    *(str(number) for number in range(LARGEST + 1)),
    COPY,
)

CHAT_TEMPLATE = (
    "{%- for message in messages -%}"
    "{%- if message.role == 'user' -%}{{ '<|user|>' + message.content }}"
    "{%- elif message.role == 'assistant' -%}{{ '<|assistant|>' + message.content + '<|end|>' }}"
    "{%- else -%}{{ message.content }}{%- endif -%}"
    "{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{ '<|assistant|>' }}{%- endif -%}"
)


def make_tokenizer(words: Sequence[str] = WORDS) -> Any:
    """A `PreTrainedTokenizerFast` of these words, with a chat template."""
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    vocabulary = {word: index for index, word in enumerate((*SPECIAL, *words))}
    core = Tokenizer(models.WordLevel(vocabulary, unk_token=UNKNOWN))
    core.pre_tokenizer = pre_tokenizers.Split(Regex(_pattern(words)), behavior="isolated")
    core.decoder = decoders.Fuse()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=core,
        pad_token=PAD,
        unk_token=UNKNOWN,
        eos_token=END,
        additional_special_tokens=[USER, ASSISTANT],
        clean_up_tokenization_spaces=False,
        model_max_length=512,
        padding_side="left",
    )
    tokenizer.chat_template = CHAT_TEMPLATE
    return tokenizer


def _pattern(words: Sequence[str]) -> str:
    """Every token that carries its own text, longest first, then any other number or word, which will be unknown."""
    fixed = sorted((word for word in words if not word.strip().isdecimal()), key=len, reverse=True)
    return "|".join(re.escape(word) + (r"\b" if word[-1].isalpha() else "") for word in fixed) + r"| ?\d+| ?\w+"
