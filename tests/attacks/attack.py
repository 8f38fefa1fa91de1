"""One attack: a program, and the ends that a sandbox which holds may give it."""

from dataclasses import dataclass

HELD = "held"  # the program ran to its end; everything that it tried was refused
CPU, WALL, MEMORY, OUTPUT, SIGNAL, EXIT = "cpu", "wall", "memory", "output", "signal", "exit"
TIME = (CPU, WALL)  # on a busy machine the wall may be met first


@dataclass(frozen=True, slots=True)
class Attack:
    """`ends` are the outcomes of a sandbox that holds; `then` is a program run afterwards by every worker, to look for
    what the attack left behind. `memory_mb` is its limit of address space.
    """

    name: str
    source: str
    ends: tuple[str, ...] = (HELD,)
    then: str = ""
    memory_mb: int = 160

    @property
    def takes_time(self) -> bool:
        """Whether it may go on for as long as it is let: such ones get little time, and all others plenty."""
        return not {CPU, WALL}.isdisjoint(self.ends)
