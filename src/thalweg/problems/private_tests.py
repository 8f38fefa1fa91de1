"""LiveCodeBench's private tests: JSON text, or that text as base64 of zlib of a pickle, read without unpickling.

A pickle is a program that may call anything, and these come from the network. So none is run here: its operations are
listed (`pickletools`), and only those which a pickle of one text consists of are accepted; every other one is refused.
What is unpacked is bounded, so that a small file cannot fill the memory.
"""

import base64
import binascii
import json
import pickletools
import zlib
from typing import Any

from thalweg.problems.contests import UngradableError

_MOST_BYTES = 1 << 30  # of one problem's tests, unpacked
_AROUND = {"PROTO", "FRAME", "MEMOIZE", "PUT", "BINPUT", "LONG_BINPUT", "STOP"}
_TEXTS = {"SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8", "UNICODE"}


def private_tests(column: str) -> list[dict[str, Any]]:
    """The tests in a column `private_test_cases`: `{"input", "output", "testtype"}` each.

    Raises:
        UngradableError: it is neither form, too long, or anything else than tests.
    """
    text = column if column.lstrip()[:1] in ("[", "") else _text_of_pickle(_unpacked(column))
    return test_cases(text)


def test_cases(text: str) -> list[dict[str, Any]]:
    """Tests out of JSON text (the form of `public_test_cases`).

    Raises:
        UngradableError: it is no list of tests with texts.
    """
    try:
        found = json.loads(text or "[]")
    except (ValueError, RecursionError) as error:
        raise UngradableError(f"its tests are no JSON ({type(error).__name__})") from None
    if not isinstance(found, list) or not all(_is_test(one) for one in found):
        raise UngradableError("its tests are no list of {input, output, testtype}")
    return found


def _is_test(one: Any) -> bool:
    return isinstance(one, dict) and isinstance(one.get("input"), str) and isinstance(one.get("output"), str)


def _unpacked(column: str) -> bytes:
    try:
        packed = base64.b64decode(column, validate=True)
        stream = zlib.decompressobj()
        unpacked = stream.decompress(packed, _MOST_BYTES)
    except (binascii.Error, ValueError, zlib.error) as error:
        raise UngradableError(f"its private tests cannot be unpacked ({error})") from None
    if stream.unconsumed_tail:
        raise UngradableError(f"its private tests are over {_MOST_BYTES >> 20} MiB unpacked")
    if not stream.eof:
        raise UngradableError("its private tests cannot be unpacked (cut short)")
    return unpacked


def _text_of_pickle(pickled: bytes) -> str:
    """The text that a pickle of one text holds."""
    texts: list[str] = []
    try:
        for operation, argument, _ in pickletools.genops(pickled):
            if operation.name in _TEXTS and not texts:
                assert isinstance(argument, str), "the argument of these operations is text"
                texts.append(argument)
            elif operation.name not in _AROUND:
                raise UngradableError(f"its private tests are a pickle with {operation.name}, not of a text")
    except UngradableError:
        raise
    except (ValueError, IndexError, MemoryError, OverflowError) as error:
        raise UngradableError(f"its private tests are no pickle ({error})") from None
    if not texts:
        raise UngradableError("its private tests are a pickle without a text")
    return texts[0]
