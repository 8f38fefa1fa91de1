"""The page server: on loopback, the report and its figures and nothing else."""

import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from thalweg.errors import InputError
from thalweg.report.view import server


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    (tmp_path / "study" / "figures").mkdir(parents=True)
    (tmp_path / "study" / "report.html").write_text("the report")
    (tmp_path / "study" / "figures" / "curve.svg").write_text("<svg/>")
    (tmp_path / "study" / "study.yaml").write_text("private")
    (tmp_path / "secret").write_text("private")
    with server(tmp_path / "study", "127.0.0.1", 0) as serving:
        thread = threading.Thread(target=serving.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{serving.server_port}"
        serving.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("/report.html", "the report"),
        ("/", "the report"),
        ("/report.html?again", "the report"),
        ("/figures/curve.svg", "<svg/>"),
    ],
)
def test_the_report_and_its_figures_are_served(address: str, path: str, content: str) -> None:
    with urllib.request.urlopen(address + path) as answer:
        assert answer.read().decode() == content


@pytest.mark.parametrize(
    "path", ["/study.yaml", "/../secret", "/figures/../study.yaml", "/figures/%2e%2e/study.yaml", "/figures/"]
)
def test_nothing_else_is_served(address: str, path: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(address + path)
    with refused.value as answer:
        assert answer.code == 404


def test_a_folder_without_a_report_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no report"):
        server(tmp_path, "127.0.0.1", 0)
