"""Loads a program as a module and evaluates calls or expressions in it; values leave as tagged JSON.

Runs inside the sandbox for candidates (`call`, `assert`, `predicate`) and, in processes that never saw a candidate, for
the check's own code (`sat`, a checker, what an assertion does with a value). Standard library alone.
"""

import builtins
import importlib
import os
import sys
import time
import types
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from thalweg.grade.drivers.values import as_text, decode, encode, from_text, literal

# What programs for LeetCode take for granted, by module; "" for the modules themselves. Only what a program names is
# imported, and its own names win.
FAMILIAR = {
    "typing": "Any Callable DefaultDict Deque Dict FrozenSet Generator Generic Iterable Iterator List Literal Mapping "
    "NamedTuple Optional Sequence Set Tuple Type TypeVar Union",
    "collections": "ChainMap Counter OrderedDict defaultdict deque namedtuple",
    "heapq": "heapify heappop heappush heappushpop heapreplace merge nlargest nsmallest",
    "bisect": "bisect bisect_left bisect_right insort insort_left insort_right",
    "math": "acos asin atan atan2 ceil comb cos degrees dist e exp fabs factorial floor fmod gcd hypot inf isclose "
    "isinf isnan isqrt lcm log log10 log2 nan perm pi prod radians sin sqrt tan trunc",
    "itertools": "accumulate chain combinations combinations_with_replacement compress count cycle dropwhile "
    "filterfalse groupby islice pairwise permutations product repeat starmap takewhile tee zip_longest",
    "functools": "cache cached_property cmp_to_key lru_cache partial reduce singledispatch total_ordering wraps",
    "string": "ascii_letters ascii_lowercase ascii_uppercase digits punctuation whitespace",
    "operator": "add and_ attrgetter itemgetter methodcaller mul neg or_ sub truediv xor",
    "random": "choice randint randrange sample shuffle",
    "copy": "copy deepcopy",
    "datetime": "date datetime timedelta",
    "statistics": "mean median mode stdev",
    "dataclasses": "dataclass field",
    "sys": "maxsize",
    "": "array bisect collections copy datetime decimal fractions functools heapq itertools json math operator random "
    "re statistics string sys time typing",
}
# What assertions do with iterators, whatever a program makes of these names.
PRISTINE: dict[str, Any] = {
    function.__name__: function
    for function in (all, any, dict, frozenset, len, list, max, min, next, repr, set, sorted, str, sum, tuple)
}
_HOMES = {name: module for module, names in FAMILIAR.items() for name in names.split()}


def run(payload: dict[str, Any], emit: Callable[[object], None]) -> None:
    """Loads `source` and evaluates `calls` in turn, one record each, until `budget_s` of wall time are used up.

    `setup` is run before and after the program, which finds the names of the modules `familiar`. A call is
    `{"function", "args", "kwargs"}`, `{"expression", "names", "texts"}` or `{"statements"}`. A record is
    `{"value": tagged}` or `{"error": text, "kind": "error" | "assertion" | "memory"}`, with `"loading": true` where the
    program did not load. With `token`, a call's record carries that instead of a value: what ran to its end shows it.
    With `as_text` the tagged value is one text, which `texts` of another process take, so that a value of any size
    passes through the grader without being built there.
    """
    end = time.monotonic() + payload["budget_s"]
    sys.setrecursionlimit(payload.get("recursion_limit", sys.getrecursionlimit()))
    sys.set_int_max_str_digits(50_000)  # there are puzzles with longer numbers than Python reads by default
    sys.stdout = open(os.devnull, "w")  # noqa: SIM115  (for as long as the process lives)
    report = as_text if payload.get("as_text") else encode
    try:
        namespace = _load(payload)
    except BaseException as error:
        emit({**_failure(error), "loading": True})
        return
    for call in payload["calls"]:
        try:
            value = _evaluate(namespace, call)
            emit({"value": payload["token"] if "token" in payload else report(value)})
        except BaseException as error:
            emit(_failure(error))
        if time.monotonic() > end:
            return


def _load(payload: dict[str, Any]) -> dict[str, Any]:
    module = types.ModuleType("solution")
    sys.modules["solution"] = module
    namespace = module.__dict__
    code = compile(payload["source"], "solution.py", "exec", dont_inherit=True)
    setup = compile(payload.get("setup", ""), "setup.py", "exec", dont_inherit=True)
    for part in (code, setup):
        namespace.update(_familiar(part, payload.get("familiar", ())))
    # A setup may bring what the program uses, or use what that brings; either way its own names stand at the end.
    with suppress(Exception):
        exec(setup, namespace)
    exec(code, namespace)
    exec(setup, namespace)
    return namespace


def _familiar(code: types.CodeType, homes: Sequence[str]) -> dict[str, Any]:
    """The familiar names of these modules that a program uses, unless there is a builtin of that name."""
    found = {}
    for name in _names(code):
        home = _HOMES.get(name)
        if home in homes and not hasattr(builtins, name):
            module = importlib.import_module(home or name)
            found[name] = getattr(module, name) if home else module
    return found


def _names(code: types.CodeType) -> set[str]:
    inner = [_names(constant) for constant in code.co_consts if isinstance(constant, types.CodeType)]
    return set(code.co_names).union(*inner)


def _evaluate(namespace: dict[str, Any], call: dict[str, Any]) -> Any:
    if "expression" in call:
        names = {name: decode(value) for name, value in call.get("names", {}).items()}
        names |= {name: from_text(text) for name, text in call.get("texts", {}).items()}
        names |= {f"builtin_{name}": function for name, function in PRISTINE.items()}
        scope = {**namespace, **names}  # globals, so that functions inside the expression see them
        return eval(compile(call["expression"], "<test>", "eval", dont_inherit=True), scope)
    if "statements" in call:
        return exec(compile(call["statements"], "<test>", "exec", dont_inherit=True), namespace)
    function = _entry_point(namespace, call["function"])
    arguments = [decode(value, literal) for value in call.get("args", [])]
    named = {name: decode(value, literal) for name, value in call.get("kwargs", {}).items()}
    return function(*arguments, **named)


def _entry_point(namespace: dict[str, Any], name: str) -> Callable[..., Any]:
    """The function of that name, or the method of a new `Solution`."""
    solution = namespace.get("Solution")
    if isinstance(solution, type) and hasattr(solution, name):
        return getattr(solution(), name)  # type: ignore[no-any-return]
    if name not in namespace:
        raise NameError(f"the program defines no '{name}'")
    return namespace[name]  # type: ignore[no-any-return]


def _failure(error: BaseException) -> dict[str, Any]:
    kinds = {AssertionError: "assertion", MemoryError: "memory"}
    kind = next((kind for base, kind in kinds.items() if isinstance(error, base)), "error")
    try:
        text = f"{type(error).__name__}: {error}"
    except BaseException:  # a message of the program's own making
        text = type(error).__name__
    return {"error": text[:400].removesuffix(": "), "kind": kind}
