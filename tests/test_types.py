"""The records themselves: plain, frozen, and named by their checks."""

import dataclasses
import pickle
import typing

import pytest

from thalweg import types
from thalweg.errors import InputError
from thalweg.types import CHECKS, STATUSES, Check, Problem, TextCheck


def test_every_check_is_listed_under_its_type() -> None:
    assert set(CHECKS.values()) == set(typing.get_args(Check))
    assert set(CHECKS) == {
        "stdin",
        "call",
        "assert",
        "unittest",
        "predicate",
        "output",
        "checker",
        "math",
        "text",
        "reasoning_gym",
    }
    assert all(typing.get_type_hints(kind)["type"] == typing.Literal[name] for name, kind in CHECKS.items())


def test_statuses() -> None:
    assert STATUSES[0] == "correct"
    assert len(STATUSES) == 8


@pytest.mark.parametrize(("group", "cluster"), [(None, "p"), ("g", "g"), ("", "")])
def test_problems_cluster_by_group_or_stand_alone(group: str | None, cluster: str) -> None:
    assert Problem(id="p", statement="?", check=TextCheck(answer="x"), group=group).cluster == cluster


def test_records_are_frozen_slotted_and_pickle() -> None:
    problem = Problem(id="p", statement="?", check=TextCheck(answer="x"))
    with pytest.raises(dataclasses.FrozenInstanceError):
        problem.id = "q"  # type: ignore[misc]
    assert not hasattr(problem, "__dict__")
    assert pickle.loads(pickle.dumps(problem)) == problem
    records = [kind for kind in vars(types).values() if dataclasses.is_dataclass(kind)]
    assert len(records) > 15
    assert all("__slots__" in vars(kind) for kind in records)


def test_an_input_error_survives_a_process_boundary() -> None:
    error = pickle.loads(pickle.dumps(InputError("file:3", "field 'x' is missing", "add it")))
    assert str(error) == "file:3: field 'x' is missing; add it"
    assert (error.where, error.problem, error.remedy) == ("file:3", "field 'x' is missing", "add it")
    assert str(InputError("file", "empty")) == "file: empty"
