"""The journal: what is appended is there, whatever cuts the file short."""

import errno
import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from thalweg.errors import InputError
from thalweg.generate.journal import Journal

Rows = list[dict[str, Any]]


def opened(path: Path) -> tuple[Journal, Rows, list[int]]:
    rows: Rows = []
    offsets: list[int] = []

    def take(offset: int, row: dict[str, Any]) -> None:
        offsets.append(offset)
        rows.append(row)

    return Journal(path, take), rows, offsets


def reopened(path: Path) -> Rows:
    journal, rows, _ = opened(path)
    journal.close()
    return rows


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(groups=st.lists(st.lists(texts, max_size=4), min_size=1, max_size=4), cut=st.integers(0, 10_000))
def test_a_file_cut_anywhere_holds_the_rows_before_the_cut_and_goes_on(
    tmp_path: Path, groups: list[list[str]], cut: int
) -> None:
    path = tmp_path / "journal.jsonl"
    path.unlink(missing_ok=True)
    journal, _, _ = opened(path)
    ends = []
    for group in groups:
        offsets = journal.append([{"text": text} for text in group])
        assert [journal.row(offset) for offset in offsets] == [{"text": text} for text in group]
        ends += offsets[1:] + ([os.path.getsize(path)] if offsets else [])
    journal.close()
    size = min(cut, os.path.getsize(path))
    os.truncate(path, size)
    whole = sum(end <= size for end in ends)
    journal, rows, offsets = opened(path)
    texts_ = [text for group in groups for text in group]
    assert rows == [{"text": text} for text in texts_[:whole]]
    assert [journal.row(offset) for offset in offsets] == rows
    journal.append([{"text": "more"}])
    journal.close()
    assert reopened(path) == [*rows, {"text": "more"}]


@pytest.mark.parametrize("bad", [b"{half\n", b"\x00\x00\n", b"[1]\n", b'"text"\n', b"\xff\n", b"\n"])
def test_a_bad_row_within_is_an_error_that_names_it_and_a_bad_last_one_is_cut(tmp_path: Path, bad: bytes) -> None:
    path, good = tmp_path / "journal.jsonl", b'{"a":1}\n'
    path.write_bytes(good + bad + good)
    with pytest.raises(InputError, match=r"journal\.jsonl: row 2 is not a JSON object"):
        opened(path)
    assert path.read_bytes() == good + bad + good
    path.write_bytes(good + bad)
    assert reopened(path) == [{"a": 1}]
    assert path.read_bytes() == good


def test_two_processes_do_not_write_to_one_journal(tmp_path: Path) -> None:
    journal, _, _ = opened(tmp_path / "journal.jsonl")
    with pytest.raises(InputError, match="another process"):
        opened(tmp_path / "journal.jsonl")
    journal.close()
    assert reopened(tmp_path / "journal.jsonl") == []


def test_a_full_disk_leaves_whole_rows_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "journal.jsonl"
    journal, _, _ = opened(path)
    journal.append([{"a": 1}])
    write = os.write

    def half(file: int, data: bytes) -> int:
        if len(data) < 10:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(file, bytes(data[: len(data) // 2]))

    monkeypatch.setattr(os, "write", half)
    with pytest.raises(OSError, match="No space"):
        journal.append([{"long": "x" * 100}, {"b": 2}])
    monkeypatch.undo()
    assert [json.loads(line) for line in path.read_text().splitlines()] == [{"a": 1}]
    (offset,) = journal.append([{"c": 3}])
    assert journal.row(offset) == {"c": 3}
    journal.close()


def test_a_row_longer_than_a_block_is_read_whole(tmp_path: Path) -> None:
    journal, _, _ = opened(tmp_path / "journal.jsonl")
    offsets = journal.append([{"text": "x" * 3_000_000}, {"b": 2}])
    assert journal.row(offsets[0]) == {"text": "x" * 3_000_000}
    assert journal.row(offsets[1]) == {"b": 2}
    journal.close()
