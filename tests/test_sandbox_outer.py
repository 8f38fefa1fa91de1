"""The interpreter, the command line around it, and what the probe makes of a machine."""

import os
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.sandboxes import WRAPPERS, open_pool, script
from thalweg.errors import InputError
from thalweg.sandbox import Pool, outer, pool, worker
from thalweg.sandbox.isolation import demand, judge

OWN = outer.Interpreter("/opt/py/bin/python3", "/opt/py", ("/home/u/env/lib/site-packages",))
ATTEMPTS = ["read", "write", "create", "chmod", "network", "process", "signal", "host file", "host process"]
GOOD = [[64, 64], [512 << 20, 512 << 20]]


@pytest.mark.parametrize(
    ("could", "limits", "name", "missing"),
    [
        ([], GOOD, "bwrap+landlock7+seccomp+rlimits", ()),
        (["host file"], GOOD, "landlock7+seccomp+rlimits", ()),
        (["host process"], GOOD, "landlock7+seccomp+rlimits", ()),
        (["host file", "read"], GOOD, "seccomp+rlimits", ("landlock",)),
        (["host file", "chmod"], GOOD, "landlock7+rlimits", ("seccomp",)),
        (["process"], GOOD, "bwrap+landlock7+rlimits", ("seccomp",)),
        (["host file"], [[1024, 4096], GOOD[1]], "landlock7+seccomp", ("rlimits",)),
        (ATTEMPTS, [[1024, 4096], [-1, -1]], "none", ("landlock", "seccomp", "rlimits")),
    ],
)
def test_what_held_is_what_it_is_called(could: list[str], limits: Any, name: str, missing: tuple[str, ...]) -> None:
    isolation = judge({"could": could, "limits": limits}, 7)
    assert (str(isolation), isolation.strong, isolation.missing) == (name, not missing, missing)


@pytest.mark.parametrize("attempt", ATTEMPTS[:-2])
def test_every_attempt_counts(attempt: str) -> None:
    assert not judge({"could": [attempt], "limits": GOOD}, 7).strong


def test_too_little_is_refused_unless_allowed() -> None:
    weak = judge({"could": ["process", "host file"], "limits": GOOD}, 7)
    with pytest.raises(InputError, match=r"seccomp did not hold; .*--allow-weak-sandbox"):
        demand(weak, allow_weak=False)
    demand(weak, allow_weak=True)


@pytest.fixture
def without_seccomp(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine whose processor has no table of system calls."""
    texts = worker.sources()
    name = "thalweg.sandbox.seccomp"
    changed = {**texts, name: texts[name].replace('{"x86_64": X86_64}', "{}")}
    assert changed != texts
    monkeypatch.setattr(worker, "sources", lambda: changed)
    monkeypatch.setattr(pool, "_probed", {})


@pytest.mark.usefixtures("without_seccomp")
def test_a_weak_machine_is_noticed() -> None:
    with pytest.raises(InputError, match="cannot confine programs: seccomp did not hold"):
        Pool(bubblewrap=False)
    with Pool(bubblewrap=False, allow_weak=True) as weak:
        assert "seccomp" not in weak.isolation.name
        assert weak.isolation.missing == ("seccomp",)
        assert script(weak, "print(1)").stdout == b"1\n"


@pytest.mark.parametrize("bubblewrap", WRAPPERS)
def test_the_name_tells_what_was_found(bubblewrap: bool) -> None:
    with open_pool(bubblewrap) as opened:
        assert opened.isolation.name.startswith("bwrap+") == bubblewrap
        assert opened.isolation.strong == (not opened.isolation.missing)


def test_it_does_without_bubblewrap_where_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outer, "bubblewrap", lambda: "/bin/false")
    with Pool(allow_weak=True) as opened:
        assert not opened.isolation.name.startswith("bwrap")
    with pytest.raises(InputError, match="bubblewrap: it does not work here"):
        Pool(bubblewrap=True)


def test_it_needs_linux(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(InputError, match="this is darwin"):
        Pool()


def test_bubblewrap_must_be_there_if_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outer, "bubblewrap", lambda: None)
    with pytest.raises(InputError, match="bubblewrap: it is not installed"):
        Pool(bubblewrap=True)


def test_this_interpreter_comes_first_and_the_systems_second(monkeypatch: pytest.MonkeyPatch) -> None:
    found = list(outer.choices(None))
    assert found[0].executable == os.path.realpath(sys.executable)
    monkeypatch.setattr(os, "access", lambda *_: False)  # as where it lies in a home that is closed
    assert found[0] not in list(outer.choices(None))


def test_a_named_interpreter_is_the_only_choice() -> None:
    (found,) = outer.choices(Path(sys.executable))
    assert found.executable == os.path.realpath(sys.executable)
    assert found.prefix == sys.base_prefix


@pytest.mark.skipif(not Path("/usr/bin/python3").exists(), reason="the system has no /usr/bin/python3")
@pytest.mark.parametrize("bubblewrap", WRAPPERS)
def test_another_interpreter_runs_the_candidates(bubblewrap: bool) -> None:
    with open_pool(bubblewrap, interpreter=Path("/usr/bin/python3")) as opened:
        printed = script(opened, "import sys; print(sys.base_prefix)").stdout.decode().strip()
        assert printed == outer.describe("/usr/bin/python3").prefix


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (None, "does not run as a Python interpreter"),
        ("#!/bin/sh\necho hello\n", "does not run as a Python interpreter"),
        ("#!/bin/sh\nexit 3\n", "does not run as a Python interpreter"),
        ('#!/bin/sh\necho \'["/p", "/usr", [], [3, 8]]\'\n', r"is Python 3\.8; 3\.9 or newer is needed"),
    ],
)
def test_an_unsuitable_interpreter_is_the_users_mistake(tmp_path: Path, text: str | None, problem: str) -> None:
    path = tmp_path / "python"
    if text is not None:
        path.write_text(text)
        path.chmod(0o755)
    with pytest.raises(InputError, match=problem):
        Pool(interpreter=path)


def test_the_command_line_binds_no_more_than_it_must() -> None:
    line = outer.command(OWN, "/usr/bin/bwrap", "code")
    bound = {line[place + 1] for place, word in enumerate(line) if word.startswith(("--ro-bind", "--bind"))}
    system = {*outer._SYSTEM, *outer._SYSTEM_FILES}
    assert bound - system == {"/opt/py", "/home/u/env/lib/site-packages"}
    assert "--bind" not in line
    assert {"--unshare-all", "--die-with-parent", "--new-session"} <= set(line)
    assert line[-1] == "code"


def test_packages_under_tmp_can_be_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment may lie where bubblewrap puts an empty folder."""
    (tmp_path / "there.py").write_text("NAME = 'here'\n")
    found = next(iter(outer.choices(None)))
    beside = outer.Interpreter(found.executable, found.prefix, (*found.packages, str(tmp_path)))
    monkeypatch.setattr(outer, "choices", lambda _explicit: iter([beside]))
    with open_pool(True) as opened:
        assert script(opened, "import there; print(there.NAME)").stdout == b"here\n"


def test_without_a_wrapper_it_is_python_alone() -> None:
    line = outer.command(OWN, None, "code")
    assert "bwrap" not in " ".join(line)
    assert line[4 - 1] == "/opt/py/bin/python3"


def test_readable_is_libraries_and_nothing_of_the_users() -> None:
    assert "/opt/py/lib" in OWN.readable
    assert not {"/", "/usr", "/home", "/etc", "/opt/py", os.path.expanduser("~")} & set(OWN.readable)


def test_nothing_of_the_users_environment_is_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_KEY", "secret")
    with open_pool(False) as opened:
        assert b"secret" not in script(opened, "import os; print(dict(os.environ))").stdout


def test_bubblewrap_is_found_by_the_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: f"/somewhere/{name}")
    assert outer.bubblewrap() == "/somewhere/bwrap"
