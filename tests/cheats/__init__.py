"""Wrong answers that try to look right: no grader may call one of them correct (tests/test_cheats.py).

Each says what it tries. None knows the expected value (`leftovers` apart); a program that looks its tests up is wrong
in another way, and not meant here. `HONEST` holds a right answer to every check, so that none is refused for being
impossible.
"""

from thalweg.types import Check

from . import assertions, calls, endless, leftovers, programs, puzzles, records, texts, unit_tests
from .cheat import Cheat

_TABLES = (calls, records, programs, leftovers, assertions, unit_tests, puzzles, texts, endless)
CHEATS: tuple[Cheat, ...] = tuple(cheat for table in _TABLES for cheat in table.CHEATS)
HONEST: tuple[tuple[Check, str], ...] = tuple(pair for table in _TABLES for pair in table.HONEST)
