"""What graders run inside the sandbox: each file here is read as text and sent to the workers, never imported there.

A driver defines `run(payload, emit)`; it stands on the standard library alone, since the candidate's interpreter may
be another than the project's. `values.py` is no driver but what drivers and graders share; it travels with those that
import it. Expected values never go through here.
"""

from functools import cache
from importlib.resources import files

_SHARED = f"{__name__}.values"
_WITH_SHARED = """import sys, types
sys.modules[{name!r}] = types.ModuleType({name!r})
exec(compile({source!r}, "values.py", "exec"), sys.modules[{name!r}].__dict__)
"""


@cache
def sources() -> dict[str, str]:
    """The source of every driver by name."""
    found = (file for file in files(__name__).iterdir() if file.name.endswith(".py") and file.name != "__init__.py")
    texts = {file.name.removesuffix(".py"): file.read_text(encoding="utf-8") for file in found}
    shared = _WITH_SHARED.format(name=_SHARED, source=texts.pop("values"))
    return {name: shared + text if _SHARED in text else text for name, text in texts.items()}
