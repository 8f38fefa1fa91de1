"""The rules of the house, as tests: import direction, lazy import, the verbs, the public names."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

SRC = Path(__file__).parent.parent / "src" / "thalweg"
STAGES = ("problems", "generate", "sandbox", "grade", "curate", "suitability", "train", "curve", "engine")
LEVELS = {
    "errors": 0,
    "types": 1,
    "thinking": 2,
    "fences": 2,
    "loops": 2,
    "chat": 2,
    "store": 3,
    "loading": 3,
    "miniature": 4,
    **dict.fromkeys(STAGES, 5),
    "report": 6,
    "view": 6,
    "study": 7,
    "recipes": 8,
    "worlds": 8,
    "verbs": 8,
    "watch": 8,
    "cli": 9,
    "__main__": 9,
}
VERBS = {
    "init", "plan", "run", "status", "report", "view", "import", "generate", "grade", "curate", "export", "train",
    "evaluate", "gate", "fit", "merge", "audit", "suitability", "teachers", "papers",
}  # fmt: skip
# Reproducing the student trains one, and so stands above the stages though it lies beside the programs.
ABOVE_THEIR_FOLDER = {"miniature.build": 7}


def modules() -> list[Path]:
    return sorted(path for path in SRC.rglob("*.py") if path != SRC / "__init__.py")


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(SRC).with_suffix("").parts).removesuffix(".__init__")


def imported(path: Path) -> set[str]:
    """The thalweg modules that a file imports anywhere, those for type checkers alone left out."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    typing_only = {
        id(node)
        for branch in ast.walk(tree)
        if isinstance(branch, ast.If) and ast.unparse(branch.test) == "TYPE_CHECKING"
        for node in ast.walk(branch)
    }
    found: set[str] = set()
    for node in ast.walk(tree):
        if id(node) in typing_only:
            continue
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("thalweg"):
            below = (node.module or "").removeprefix("thalweg").lstrip(".")
            found |= {below} if below else {alias.name for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {a.name.removeprefix("thalweg.") for a in node.names if a.name.startswith("thalweg.")}
    return found


def level(module: str) -> int:
    return ABOVE_THEIR_FOLDER.get(module, LEVELS[module.split(".")[0]])


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_imports_point_downwards(path: Path) -> None:
    module = name_of(path)
    own = module.split(".")[0]
    for other in imported(path):
        top = other.split(".")[0]
        if top == own:
            continue
        assert level(other) <= level(module), f"{module} imports {other}, which stands above it"
        assert not (own in STAGES and top in STAGES) or top == "engine" or (own, top) == ("grade", "sandbox"), (
            f"stage {module} imports stage {other}; study wires stages"
        )


def run_python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout


def test_importing_the_package_loads_nothing_from_third_parties() -> None:
    code = """
import sys
before = set(sys.modules)
import thalweg
new = {name.split('.')[0] for name in set(sys.modules) - before}
print(sorted(new - set(sys.stdlib_module_names) - {'thalweg'}))
"""
    assert run_python(code).strip() == "[]"


def test_help_loads_nothing_heavy() -> None:
    code = """
import sys
sys.argv = ['thalweg', '--help']
from thalweg.cli import main
try:
    main()
except SystemExit:
    pass
heavy = ['torch', 'transformers', 'pyarrow', 'polars', 'scipy', 'numpy', 'matplotlib', 'pydantic', 'datasets', 'trl']
print([name for name in heavy if name in sys.modules])
"""
    assert run_python(code).strip().splitlines()[-1] == "[]"


def test_the_verbs_are_these() -> None:
    from typer.main import get_command

    from thalweg.cli import app

    assert set(get_command(app).commands) == VERBS  # type: ignore[attr-defined]


def test_public_names_resolve() -> None:
    import thalweg

    for name in thalweg.__all__:
        assert getattr(thalweg, name).__name__ == name
    with pytest.raises(AttributeError, match="nothing_here"):
        _ = thalweg.nothing_here
