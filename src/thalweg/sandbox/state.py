"""What a program leaves behind in its interpreter, so that another run may take place there as if it were fresh.

`State` looks at the interpreter before the first run. After each run it puts back what programs change as a matter of
course (the recursion limit, `sys`, the random generator, the decimal context ...), and names the first thing that it
cannot vouch for: a thread, a patched function, a signal handler, an open file. It looks only at what the program's
code mentions: a name that does not occur in it cannot be changed by it, and looking costs, since a forked process
pays for every page that it touches. That keeps an honest program's runs apart. A hostile one can hide from it, and
gains nothing, since no run holds anything that would help another.

Runs in the candidate's process: the standard library alone.
"""

import _thread
import builtins
import gc
import os
import sys
import threading
import types
from collections.abc import Callable, Iterator
from itertools import repeat
from opcode import opmap
from operator import is_
from typing import Any, TypeAlias

_Look: TypeAlias = Callable[[], Any]
_Put: TypeAlias = Callable[[Any], object]

_IMPORTERS = {"__import__", "import_module", "modules"}  # whoever uses these may reach any module
_INDIRECT = {"getattr", "setattr", "delattr", "vars", "__dict__"}  # and these, names that are texts
_OPENERS = {"open", "fdopen", "dup", "pipe", "socketpair", "TemporaryFile", "FileIO", "__del__"}
# Whoever uses these may look at its output as a file, or run code that mentions more than can be seen here.
_FILES = {
    *_IMPORTERS,
    *_INDIRECT,
    *("FileIO", "__builtins__", "_io", "builtins", "codecs", "compile", "detach", "eval", "exec", "fcntl", "fileinput"),
    *("fileno", "globals", "importlib", "io", "mmap", "numpy", "open", "os", "pathlib", "posix", "raw", "runpy"),
    *("seek", "shutil", "tell", "tempfile", "truncate"),
}
_DOUBTFUL = {  # modules and names of what cannot be seen afterwards
    **dict.fromkeys(("ctypes", "_ctypes", "cffi"), "it can reach memory"),
    **dict.fromkeys(("_thread", "start_new_thread"), "it starts threads that nobody knows of"),
    **dict.fromkeys(("__code__", "__defaults__", "__kwdefaults__"), "it can change functions"),
    **dict.fromkeys(("__loader__", "loader", "meta_path", "path_hooks"), "it can change how modules are found"),
    **dict.fromkeys(("current_thread", "main_thread"), "it can write on threads"),
    "register_error": "it registers errors",
}
_ABSENT = object()
_SCOPES = (types.ModuleType, type)
_HOLDERS = (*_SCOPES, types.FunctionType, dict, list)
_MUTABLE = 1 << 9  # of a type: Py_TPFLAGS_HEAPTYPE
_IMPORT, _EXTENDED = opmap["IMPORT_NAME"], opmap["EXTENDED_ARG"]


class Mentions:
    """What a program's code mentions: every name and attribute, and the modules that it imports."""

    def __init__(self, code: types.CodeType) -> None:
        self.names: set[str] = set()
        self.modules: set[str] = set()
        texts: set[str] = set()
        pending = [code]
        while pending:
            code = pending.pop()
            self.names.update(code.co_names)
            self.modules.update(_imported(code))
            for constant in code.co_consts:
                if isinstance(constant, types.CodeType):
                    pending.append(constant)
                elif isinstance(constant, str):
                    texts.add(constant)
        if self.names & _INDIRECT:
            self.names |= texts

    @property
    def opens(self) -> bool:
        """Whether there may be files, or objects that act when they go, in reference cycles."""
        return bool(self.names & _OPENERS)

    @property
    def files(self) -> bool:
        """Whether the program may tell a new file for its output from one that it goes on writing to."""
        return bool((self.names | self.modules) & _FILES)

    def load(self) -> None:
        """Imports the modules now, so that a `State` sees them as they are before the program touches them."""
        for name in self.modules - sys.modules.keys():
            try:
                __import__(name)
            except Exception:  # the program meets the same error, and may well expect it
                continue


def _imported(code: types.CodeType) -> Iterator[str]:
    """The operands of the instructions that import; an operand above 255 comes in pieces."""
    operand, raw = 0, code.co_code
    for place in range(0, len(raw), 2):
        operand = operand << 8 | raw[place + 1]
        if raw[place] == _IMPORT:
            yield code.co_names[operand]
        if raw[place] != _EXTENDED:
            operand = 0


class State:
    """The interpreter before a program runs in it that mentions these things."""

    def __init__(self, mentions: Mentions) -> None:
        mentioned = mentions.names | mentions.modules
        self._names = sorted(mentioned)
        self._settings = [(look, put, look()) for look, put in _settings()]
        self._system = self._meaning(sys)
        self._restore = [make() for name, make in _RESTORED.items() if name in mentioned]
        loaded = mentions.modules & sys.modules.keys()
        self._looked = [(name, look, look()) for name, look in _COMPARED.items() if name in loaded]
        self._doubt = next((_DOUBTFUL[name] for name in self._names if name in _DOUBTFUL), None)
        self._watched = [(what, holder, self._meaning(holder)) for what, holder in _reachable(mentions)]
        self._free = _lowest_free()

    def changed(self) -> str | None:
        """Restores what is ordinary; says what else is not as it was, if anything."""
        for look, put, before in self._settings:
            if look() != before:
                put(before)
        system = vars(sys)
        for name, value in zip(self._names, self._system, strict=True):
            if value is not _ABSENT:
                system[name] = value
            elif name in system:
                del system[name]
        for restore in self._restore:
            restore()
        return self._suspicious()

    def _suspicious(self) -> str | None:
        if self._doubt:
            return self._doubt
        if _thread._count():
            return "it left a thread behind"
        if _lowest_free() != self._free:
            return "it left a file open"
        for module, look, before in self._looked:
            if look() != before:
                return f"it changed the state of {module}"
        for what, holder, meaning in self._watched:
            now = self._meaning(holder)
            if len(now) != len(meaning) or not all(map(is_, now, meaning)):
                if isinstance(holder, (dict, list)):
                    return f"it changed {what}"
                for name, first, last in zip(self._names, meaning, now, strict=True):
                    if last is not first and not _filled(holder, first, last):
                        return f"it changed {what}.{name}"
        return None

    def _meaning(self, holder: Any) -> list[object]:
        """All that is in a table; what the mentioned names mean in anything else. Equal objects are not the same."""
        if isinstance(holder, dict):
            return [*holder, *holder.values()]
        return list(holder) if isinstance(holder, list) else list(map(vars(holder).get, self._names, repeat(_ABSENT)))


def _filled(holder: Any, first: object, last: object) -> bool:
    """Whether a name has got its first meaning: by the import of a submodule, or in a module that fills itself."""
    return first is _ABSENT and (isinstance(last, types.ModuleType) or "__getattr__" in vars(holder))


def _reachable(mentions: Mentions) -> list[tuple[str, Any]]:
    """What a program can change, by name: modules, and those of their classes, functions and tables that it names."""
    if mentions.names & _IMPORTERS:
        return [(name, thing) for name, thing in sys.modules.items() if thing is not sys and hasattr(thing, "__dict__")]
    found: list[tuple[str, Any]] = [("builtins", builtins)]
    found += [(name, sys.modules[name]) for name in sorted(mentions.modules & sys.modules.keys())]
    seen = {id(holder) for _, holder in found}
    for what, holder in found:  # grows on the way
        scope = vars(holder) if isinstance(holder, _SCOPES) else {}
        for name in sorted(mentions.names & scope.keys()):
            thing = scope[name] if isinstance(scope[name], _HOLDERS) else type(scope[name])
            if id(thing) not in seen and not (isinstance(thing, type) and not thing.__flags__ & _MUTABLE):
                seen.add(id(thing))
                found.append((f"{what}.{name}", thing))
    return [(what, holder) for what, holder in found if holder is not sys and holder is not sys.modules]


def _lowest_free() -> int:
    """The number that the next file to be opened would get."""
    descriptor = os.dup(0)
    os.close(descriptor)
    return descriptor


def _settings() -> Iterator[tuple[_Look, _Put]]:
    yield sys.getrecursionlimit, sys.setrecursionlimit
    yield sys.getswitchinterval, sys.setswitchinterval
    if hasattr(sys, "set_int_max_str_digits"):
        yield sys.get_int_max_str_digits, sys.set_int_max_str_digits
    yield sys.gettrace, sys.settrace
    yield sys.getprofile, sys.setprofile
    yield threading.stack_size, threading.stack_size
    yield os.getcwd, os.chdir
    yield _umask, os.umask
    yield gc.get_threshold, lambda before: gc.set_threshold(*before)
    yield gc.isenabled, lambda before: gc.enable() if before else gc.disable()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _random() -> Callable[[], object]:
    import random

    state = random.getstate()
    return lambda: random.setstate(state)


def _decimal() -> Callable[[], object]:
    import decimal

    context = decimal.getcontext().copy()
    return lambda: decimal.setcontext(context.copy())


def _path() -> Callable[[], object]:
    path = list(sys.path)

    def restore() -> None:
        sys.path[:] = path

    return restore


def _environment() -> Callable[[], object]:
    environment = dict(os.environ)

    def restore() -> None:
        if os.environ != environment:
            os.environ.clear()
            os.environ.update(environment)

    return restore


def _modules() -> Callable[[], object]:
    modules = dict(sys.modules)

    def restore() -> None:
        sys.modules.update(modules)
        for name in sys.modules.keys() - modules.keys():
            if getattr(sys.modules[name], "__spec__", None) is None:  # not imported from anywhere
                del sys.modules[name]

    return restore


def _warnings() -> Callable[[], object]:
    import warnings

    filters = list(warnings.filters)

    def restore() -> None:
        warnings.filters[:] = filters  # type: ignore[index]
        warnings._filters_mutated()  # type: ignore[attr-defined]

    return restore


def _signals() -> object:
    import signal

    timers = (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF)
    handlers = [signal.getsignal(number) for number in signal.valid_signals()]
    return handlers, [any(signal.getitimer(timer)) for timer in timers], signal.pthread_sigmask(signal.SIG_BLOCK, ())


def _logging() -> object:
    import logging

    return list(logging.root.handlers), logging.root.level, logging.root.disabled


def _locale() -> object:
    import locale

    return locale.setlocale(locale.LC_ALL)


def _numpy() -> object:
    numpy: Any = sys.modules["numpy"]
    return numpy.get_printoptions(), numpy.geterr(), str(numpy.random.get_state())


# By what a program mentions: how to put back what it may have changed, and what to compare where that is not enough.
_RESTORED = {
    "random": _random,
    "decimal": _decimal,
    "warnings": _warnings,
    "path": _path,
    "environ": _environment,
    "modules": _modules,
}
_COMPARED: dict[str, _Look] = {
    "signal": _signals,
    "logging": _logging,
    "locale": _locale,
    "numpy": _numpy,
    "gc": lambda: list(gc.callbacks),
}
