"""Counts tokens as a student does, without loading a deep-learning library."""

from collections.abc import Callable
from pathlib import Path


def token_counter(student: str) -> Callable[[str], int]:
    """Counts the tokens of a text with the tokenizer of a model folder; a guess where it has no `tokenizer.json`."""
    file = Path(student) / "tokenizer.json"
    if not file.exists():
        return lambda text: int(len(text) / 3.5)  # characters a token, typical of English and code
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(file))
    return lambda text: len(tokenizer.encode(text, add_special_tokens=False).ids)
