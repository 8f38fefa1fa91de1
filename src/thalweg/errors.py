"""The one error a user is meant to see.

`InputError` says what is wrong with the user's input, where (file, row, field or key) and what to do about it, in
one line. The command line prints it and exits with 2. Every other exception is a defect or a failing machine and
exits with 1 and a traceback. Invariants of the code itself are `assert`ed.
"""


class InputError(ValueError):
    """Bad input from the user: `InputError("rows.jsonl:3", "field 'text' is missing", "add it or 'answer'")`."""

    def __init__(self, where: str, problem: str, remedy: str = "") -> None:
        self.where, self.problem, self.remedy = where, problem, remedy
        super().__init__(f"{where}: {problem}" + (f"; {remedy}" if remedy else ""))

    def __reduce__(self) -> tuple[type["InputError"], tuple[str, str, str]]:
        # Exceptions cross process boundaries by pickle, which would otherwise call us with the joined message only.
        return type(self), (self.where, self.problem, self.remedy)
