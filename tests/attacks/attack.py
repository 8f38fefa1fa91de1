"""One attack: a program, and the ends that a sandbox which holds may give it."""

from dataclasses import dataclass

HELD = "held"  # the program ran to its end; everything that it tried was refused
CPU, WALL, MEMORY, OUTPUT, SIGNAL, EXIT = "cpu", "wall", "memory", "output", "signal", "exit"


@dataclass(frozen=True, slots=True)
class Attack:
    """`ends` are the outcomes of a sandbox that holds; `then` is a program run afterwards by every worker, to look for
    what the attack left behind.
    """

    name: str
    source: str
    ends: tuple[str, ...] = (HELD,)
    then: str = ""
