r"""Named prompt sets: what a model is told beside the problem, by the kind of the problem's check.

`plain` is the statement alone. `python` follows the prompt with which OpenCodeReasoning's responses were collected and
its students trained (arXiv 2504.01943, the model cards), `livecodebench` the two forms of LiveCodeBench's own harness
(programs that read standard input; starter code to be completed), `boxed` the usual form of mathematics papers. What
they ask for is theirs, the words are ours, so scores under them are not those of the papers. `auto` takes for each kind
the form that Thalweg's graders read best, so that one study may hold programs and mathematics.

A kind that a set does not name gets the statement alone; so do problems of which no answer is known (`open`) in all
sets. A changed word is another hash. Not covered: prompts with worked examples.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from thalweg.chat import Prompt, kind_of
from thalweg.errors import InputError
from thalweg.types import Problem

_PYTHON = """\
Think the task below through step by step before you answer. Write the solution in Python and in no other language.

Give the final solution, and nothing but it, in one block of this form:

```python
# the solution
```

{statement}"""

_STDIN = """\
{statement}

Solve the problem with a Python program that reads its input from standard input and writes its answer to standard \
output. Check it against the examples in your head before you give it; it is run on other inputs, too. Put the whole \
program into one block of this form:

```python
# the program
```"""

_CALL = """\
{statement}

Solve the problem in Python by defining `{entry_point}`. Where the problem comes with starter code, begin with that \
code and keep its names and signatures. Your code is imported and called, so it should neither read input nor print. \
Put all of it into one block of this form:

```python
# the solution
```"""

_ASSERT = """\
{statement}

Solve the task in Python. Keep the names and signatures that it gives or uses, and leave out tests and examples. Put \
all of the code into one block of this form:

```python
# the solution
```"""

_PREDICATE = """\
{statement}

Define a Python function `sol` whose return value makes `sat` true. Put it, with what it imports, into one block of \
this form:

```python
# the solution
```"""

_BOXED = """\
{statement}

Reason step by step, and put your final answer into \\boxed{}."""

_OUTPUT = """\
{statement}

Go through it step by step. Then give the result alone, exactly as the program gives it, in one block at the end:

```
RESULT
```"""

_TEXT = """\
{statement}

Reason step by step. Then give your final answer alone as the last line:
Answer: ANSWER"""

_TAGGED = """\
{statement}

Reason step by step. Then give your final answer alone, in the form that the task asks for, between tags:
<answer>ANSWER</answer>"""

_PROGRAMS = ("stdin", "checker", "call", "assert", "unittest", "predicate")

SETS: dict[str, dict[str, str]] = {
    "plain": {},
    "python": dict.fromkeys(_PROGRAMS, _PYTHON),
    "livecodebench": {"stdin": _STDIN, "checker": _STDIN, "call": _CALL},
    "boxed": {"math": _BOXED},
    "auto": {
        "stdin": _STDIN,
        "checker": _STDIN,
        "call": _CALL,
        "assert": _ASSERT,
        "unittest": _ASSERT,
        "predicate": _PREDICATE,
        "math": _BOXED,
        "output": _OUTPUT,
        "text": _TEXT,
        "reasoning_gym": _TAGGED,
    },
}


def prompt_set(name: str, where: str = "prompt set") -> dict[str, str]:
    """The templates of a set by kind of problem.

    Raises:
        InputError: no such set.
    """
    if name not in SETS:
        raise InputError(where, f"no set of prompts {name!r}", f"use one of {', '.join(SETS)}")
    return SETS[name]


class Shown(NamedTuple):
    """The first prompt of a kind, as the model is asked."""

    kind: str
    problem_id: str
    messages: Sequence[dict[str, str]]

    def text(self, prompt: Prompt, render: Callable[[str], str] | None = None) -> str:
        """All of it, under a line that says what it is; as `render` gives it, where a model renders it itself."""
        head = f"first prompt of kind '{self.kind}' (problem {self.problem_id}, prompt hash {prompt.hash}):"
        if render is not None:
            return f"{head}\n{render(self.messages[-1]['content'])}"
        return "\n".join([head, *(f"[{turn['role']}]\n{turn['content']}" for turn in self.messages)])


def first_prompts(problems: Iterable[Problem], prompt: Prompt) -> list[Shown]:
    """The prompt of the first problem of each kind, in the order in which the kinds come."""
    found: dict[str, Shown] = {}
    for problem in problems:
        kind = kind_of(problem)
        if kind not in found:
            found[kind] = Shown(kind, problem.id, prompt.messages(prompt.user_turn(problem)))
    return list(found.values())
