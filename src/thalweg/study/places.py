"""Where the things are that a study names: files beside it, its students, its teachers.

Paths are relative to the study's folder; what is not there is taken as a hub id. Not covered: whether what is named can
be used, which `inputs.py` checks.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from thalweg.errors import InputError
from thalweg.generate.endpoint import Endpoint, endpoint_of
from thalweg.miniature import STUDENTS, student_folder
from thalweg.study.config import Loaded
from thalweg.study.sections import Teacher

STUDENT = "student"  # the teacher's model that is the untouched student


def resolve(folder: Path, path: str) -> Path | str:
    """A path relative to the study file where it exists there, else the text as it is (a hub id, or a missing file)."""
    candidate = (folder / Path(path).expanduser()).resolve()
    return candidate if candidate.exists() else path


def teacher_model(loaded: Loaded, teacher: Teacher) -> str:
    """What `open_model` takes for a teacher: `student` and local folders as paths, any other as it is written."""
    assert teacher.model is not None
    kind, _, rest = teacher.model.partition(":")
    if teacher.model == STUDENT:
        return f"local:{student_source(loaded)}"
    return f"{kind}:{resolve(loaded.folder, rest)}" if kind in ("local", "vllm") else teacher.model


def teacher_name(teacher: Teacher) -> str:
    """What a teacher's responses are labelled with: an endpoint's model without its address, any other as written."""
    assert teacher.model is not None
    return endpoint_of(teacher.model).model if teacher.is_endpoint else teacher.model


def endpoint_of_teacher(loaded: Loaded, name: str) -> Endpoint | None:
    """How a teacher behind an endpoint is asked, its tokenizer found; null for any other teacher."""
    teacher = loaded.config.teachers[name]
    tokenizer = teacher.endpoint.tokenizer if teacher.endpoint is not None else None
    return loaded.config.endpoint_of(name, str(resolve(loaded.folder, tokenizer)) if tokenizer else None)


def student_source(loaded: Loaded, name: str | None = None) -> str:
    """Where the untouched student is, or the one of `students` that is named: a folder, or a hub id."""
    student = loaded.config.student if name is None else loaded.config.students[name]
    return str(student_folder(student)) if student in STUDENTS else str(resolve(loaded.folder, student))


@contextmanager
def said_of(where: str) -> Iterator[None]:
    """Puts the study's key before an error that does not name a file of its own."""
    try:
        yield
    except InputError as error:
        file = error.where.rpartition(":")[0] or error.where
        if Path(file).exists():
            raise
        raise InputError(where, f"{error.where}: {error.problem}", error.remedy) from None
