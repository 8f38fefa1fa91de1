"""What graders run inside the sandbox: each file here is read as text and sent to the workers, never imported there.

A driver defines `run(payload, emit)`; it stands on the standard library alone, since the candidate's interpreter may
be another than the project's. Expected values never go through here.
"""

from functools import cache
from importlib.resources import files


@cache
def sources() -> dict[str, str]:
    """The source of every driver by name."""
    found = (file for file in files(__name__).iterdir() if file.name.endswith(".py") and file.name != "__init__.py")
    return {file.name.removesuffix(".py"): file.read_text(encoding="utf-8") for file in found}
