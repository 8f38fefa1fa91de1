"""Token statistics by other processes: the same files, going on where one process stopped, students elsewhere."""

from pathlib import Path

import pytest

from tests.tiny import tiny_student
from thalweg.chat import Prompt
from thalweg.engine.map import Place
from thalweg.engine.processes import Processes
from thalweg.errors import InputError
from thalweg.suitability.files import measure_file
from thalweg.suitability.shards import Asked, Measuring
from thalweg.types import Problem, Response, TextCheck

PROBLEMS = {f"p{n}": Problem(id=f"p{n}", statement=f"what is {n}?", check=TextCheck(answer="")) for n in range(3)}
RESPONSES = [
    Response(id=f"r{n}", problem_id=f"p{n % 3}", model="m", text="<think>so</think>" + "ab " * n) for n in range(8)
]
PROCESSES = Processes([{"OMP_NUM_THREADS": "1"}] * 2, threads=1)


@pytest.fixture(scope="module")
def student(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_student(tmp_path_factory.mktemp("student"))


def measuring(student: Path, **settings: object) -> Measuring:
    usual = {"precision": "fp32", "threads": 1, "local": False, "window": None, "keeps_stats": False}
    return Measuring(student=str(student), name="tiny", prompt=Prompt(), **{**usual, **settings})  # type: ignore[arg-type]


def test_the_same_files_come_of_it(student: Path, tmp_path: Path) -> None:
    for name, mapper in (("here", None), ("there", PROCESSES)):
        measure_file(
            PROBLEMS, RESPONSES, tmp_path / name, student, Prompt(), "fp32", threads=1, local=True,
            tokens_out=tmp_path / f"{name}-tokens", batch_size=3, mapper=mapper,
        )  # fmt: skip
    here, there = (
        [path.read_bytes() for folder in (name, f"{name}-tokens") for path in sorted((tmp_path / folder).iterdir())]
        for name in ("here", "there")
    )
    assert here == there
    assert len(here) == 2 * 3


def test_a_student_elsewhere_has_its_own_name(student: Path, tmp_path: Path) -> None:
    moved = tmp_path / "elsewhere"
    student_files = [path for path in student.iterdir() if path.is_file()]
    moved.mkdir()
    for path in student_files:
        (moved / path.name).write_bytes(path.read_bytes())
    work = measuring(student, keeps_stats=True)
    assert work.folders == (student,)
    with work.open(Place(cpus=1, folders={str(student): moved})) as do:
        found = do([Asked("what?", RESPONSES[1])], {})
    assert found.stats is not None
    assert {found.rows[0].student, found.stats[0].student} == {"tiny"}


def test_a_hub_id_is_loaded_by_each_worker() -> None:
    assert measuring(Path("some/hub-id")).folders == ()


def test_a_student_that_cannot_be_loaded_refuses_the_work(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the folder holds no model"):
        measure_file(PROBLEMS, RESPONSES, tmp_path / "out", tmp_path, Prompt(), mapper=PROCESSES)
