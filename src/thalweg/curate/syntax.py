"""Whether a program parses, by tree-sitter's grammars (OpenCodeReasoning, arXiv 2504.01943, checks solutions so).

A program parses when its tree holds neither errors nor tokens that the parser made up. The grammars are more lenient
than compilers: Python 2's `print x` passes, and so do `return` outside a function and names that do not exist. Not
covered: anything beyond syntax, which grading finds by running the program.
"""

from functools import cache
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

if TYPE_CHECKING:
    from tree_sitter import Parser

Code: TypeAlias = Literal["python", "cpp"]
CODES: tuple[Code, ...] = get_args(Code)
_MARKS: dict[str, Code] = {
    **dict.fromkeys(("python", "py", "python3", "py3"), "python"),
    **dict.fromkeys(("cpp", "c++", "cc", "cxx"), "cpp"),
}


def code_of(mark: str) -> Code | None:
    """The language that the word after a fence names; null for all others."""
    return _MARKS.get(mark)


def parses(program: str, code: Code) -> bool:
    """Whether `program` is free of syntax errors."""
    return not _parser(code).parse(program.encode("utf-8", "replace")).root_node.has_error


@cache
def _parser(code: Code) -> "Parser":
    from tree_sitter import Language, Parser

    if code == "python":
        from tree_sitter_python import language
    else:
        from tree_sitter_cpp import language
    return Parser(Language(language()))
