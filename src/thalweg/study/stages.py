"""Which arms a report compares: those that start alike, since only between them is the selection the difference.

A *stage* is all arms with one start: an untouched student, or another arm's rung. Within it, each arm stands against
the stage's reference at equal size (the study's main arm where it is of this stage, else the first arm that takes any
response at random), and against the arm that it names in `against` or is matched to. Arms of a later stage stand
against their start as well: whether more training of a trained student helped at all. Controls and the smoke test's
arms have parts of the report of their own.
"""

from collections.abc import Iterator

from thalweg.curate.selection import Selection
from thalweg.study.arms import smoke_arm
from thalweg.study.config import StudyConfig
from thalweg.study.folder import BASE
from thalweg.study.ladder import base_key

Pair = tuple[tuple[str, int], tuple[str, int]]  # (arm, size) and what it is compared with; size 0 is the arm's start


def stages(config: StudyConfig) -> dict[str, list[str]]:
    """Arms by what they start from (`base`, `base-STUDENT` or `ARM@SIZE`), controls and the smoke test's left out."""
    tried = {smoke_arm(teacher) for teacher in config.smoke_test.teachers} if config.smoke_test else set()
    found: dict[str, list[str]] = {}
    for name, arm in config.arms.items():
        if arm.control is None and name not in tried:
            start = base_key(config.student_of(name)) if arm.start == BASE else arm.start
            found.setdefault(start, []).append(name)
    return found


def comparisons(config: StudyConfig) -> list[Pair]:
    """All pairs that a report shows, each once, stage by stage."""
    pairs: dict[frozenset[tuple[str, int]], Pair] = {}
    for arms in stages(config).values():
        for pair in _of_stage(config, arms):
            pairs.setdefault(frozenset(pair), pair)
    return list(pairs.values())


def _of_stage(config: StudyConfig, arms: list[str]) -> Iterator[Pair]:
    reference = _reference(config, arms)
    for arm in arms:
        own = config.arms[arm]
        others = [other for other in (reference, own.against, own.match_to) if other in arms and other != arm]
        for size in config.sizes_of(arm):
            yield from (((arm, size), (other, size)) for other in others if size in config.sizes_of(other))
            if own.start != BASE:
                yield (arm, size), (arm, 0)


def _reference(config: StudyConfig, arms: list[str]) -> str | None:
    if config.main_arm in arms:
        return config.main_arm
    plain = Selection(filters=config.filters)
    return next((arm for arm in arms if config.selection_of(arm) == plain), None)
