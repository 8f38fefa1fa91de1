"""One cheat, and what many of them are made of."""

from dataclasses import dataclass

from thalweg.types import Check


@dataclass(frozen=True, slots=True)
class Cheat:
    """A wrong `answer` to a `check`; `tries` says in a few words what it hopes for."""

    name: str
    tries: str
    check: Check
    answer: str


def program(source: str) -> str:
    """A program as models give it."""
    return f"```python\n{source.strip()}\n```"


def cheat(name: str, tries: str, check: Check, source: str) -> Cheat:
    """A cheat whose answer is a program."""
    return Cheat(name, tries, check, program(source))


# What equals everything, whoever asks.
ANY = """
class Any:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __lt__(self, other): return True
    __le__ = __gt__ = __ge__ = __contains__ = __lt__
    def __hash__(self): return 0
    def __bool__(self): return True
    def __abs__(self): return self
    def __len__(self): return 1
    def __iter__(self): return iter([self])
    def __getattr__(self, name): return self
    def __call__(self, *args, **kwargs): return self
    def __index__(self): return 1
    def __instancecheck__(self, other): return True
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __mod__ = __pow__ = __getitem__ = __call__
"""
