"""LiveCodeBench's private tests: both forms, and nothing that a hostile file brings is run, built or unpacked."""

import base64
import json
import os
import pickle
import zlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thalweg.problems import private_tests as module
from thalweg.problems.contests import UngradableError
from thalweg.problems.private_tests import private_tests

CASES = [{"input": "1\n", "output": "2\n", "testtype": "stdin"}]


def packed(pickled: bytes) -> str:
    return base64.b64encode(zlib.compress(pickled)).decode()


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_every_protocol(protocol: int) -> None:
    assert private_tests(packed(pickle.dumps(json.dumps(CASES), protocol))) == CASES


@given(
    st.lists(st.fixed_dictionaries({"input": st.text(), "output": st.text()})),
    st.integers(0, pickle.HIGHEST_PROTOCOL),
    st.booleans(),
)
def test_any_texts_come_back(cases: list[dict[str, str]], protocol: int, ascii_only: bool) -> None:
    text = json.dumps(cases, ensure_ascii=ascii_only)
    assert private_tests(packed(pickle.dumps(text, protocol))) == cases
    assert private_tests(text) == cases


def test_a_long_text() -> None:
    cases = [{"input": "é" * 200_000, "output": ""}]
    assert private_tests(packed(pickle.dumps(json.dumps(cases, ensure_ascii=False)))) == cases


def test_plain_json_and_nothing() -> None:
    assert private_tests(json.dumps(CASES)) == CASES
    assert private_tests("") == []


class _Calls:
    """What a hostile pickle is: an object that makes its reader call something."""

    def __init__(self, made: Path) -> None:
        self._made = made

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self._made),)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_nothing_is_called(protocol: int, tmp_path: Path) -> None:
    hostile = pickle.dumps(_Calls(tmp_path / "made"), protocol)
    with pytest.raises(UngradableError, match="a pickle with"):
        private_tests(packed(hostile))
    with pytest.raises(UngradableError, match="a pickle with"):  # also after a text that looks right
        private_tests(packed(pickle.dumps(json.dumps(CASES), protocol)[:-1] + hostile))
    assert not (tmp_path / "made").exists()


TEXT = pickle.dumps(json.dumps(CASES), 2)[2:-1]
REFUSED = {
    "a global": b"cos\nsystem\n.",
    "a global of protocol 4": b"\x80\x04\x8c\x02os\x8c\x06system\x93.",
    "an instance": b"(S'a'\nios\nsystem\n.",
    "an extension": b"\x82\x01.",
    "a persistent id": b"Pid\n.",
    "a number": pickle.dumps(7),
    "a list": pickle.dumps(CASES),
    "bytes": pickle.dumps(b"[]"),
    "a second text": b"\x80\x02" + TEXT + TEXT + b".",
    "nothing": b"\x80\x02N.",
    "no text": b"\x80\x04.",
    "no end": b"\x80\x02" + TEXT,
    "empty": b"",
    "not a pickle": b"\xff\xfe hello",
    "a length without a text": b"\x80\x04\x8d" + (1 << 60).to_bytes(8, "little") + b"[].",
    "a memo that is fetched": b"\x80\x02" + TEXT + b"h\x00.",
}


@pytest.mark.parametrize("name", REFUSED)
def test_everything_else_is_refused(name: str) -> None:
    with pytest.raises(UngradableError):
        private_tests(packed(REFUSED[name]))


def test_a_huge_memo_takes_no_memory() -> None:
    """CPython's unpickler would make room for 2³¹ objects at this operation."""
    memo = b"\x80\x02" + TEXT.partition(b"q\x00")[0] + b"r" + (2**31 - 1).to_bytes(4, "little") + b"."
    assert private_tests(packed(memo)) == CASES


def test_what_unpacks_to_too_much_is_refused_before_it_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST_BYTES", 1 << 20)
    bomb = base64.b64encode(zlib.compress(b"\0" * (64 << 20))).decode()
    with pytest.raises(UngradableError, match="over 1 MiB"):
        private_tests(bomb)


@pytest.mark.parametrize(
    "column",
    [
        "not base64!",
        base64.b64encode(b"not zlib").decode(),
        base64.b64encode(zlib.compress(b"x" * 1000)[:-8]).decode(),
        "[1, 2]",
        '[{"input": "1"}]',
        '[{"input": 1, "output": "2"}]',
        '[{"input": "1", "output": "2"}',
        packed(pickle.dumps("no json")),
        packed(pickle.dumps('{"input": "1"}')),
        packed(pickle.dumps("[" * 100_000)),
    ],
)
def test_what_is_not_tests_is_refused(column: str) -> None:
    with pytest.raises(UngradableError):
        private_tests(column)
