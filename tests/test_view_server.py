"""The viewer's server: what it gives out, to whom, and under which policy."""

import http.client
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from benchmarks.view_study import BENCHMARK, PLANTED, make

from thalweg.errors import InputError
from thalweg.view.server import server


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    root = tmp_path_factory.mktemp("view") / "study"
    make(root, responses=1_000, characters=60)
    (root / "report.html").write_text("the report")
    (root / "figures").mkdir()
    (root / "figures" / "pareto-a.b.svg").write_text("<svg/>")
    (root / "study.yaml").write_text("private")
    (root.parent / "secret.svg").write_text("private")
    with server(root) as serving:
        thread = threading.Thread(target=serving.serve_forever)
        thread.start()
        yield serving.server_port
        serving.shutdown()
        thread.join()


def request(port: int, path: str, method: str = "GET", host: str = "") -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(method, path, headers={"Host": host or f"127.0.0.1:{port}"})
        answer = connection.getresponse()
        return answer.status, dict(answer.headers), answer.read()
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("path", "kind", "holds"),
    [
        ("/", "text/html; charset=utf-8", b'<main id="view"'),
        ("/?view=problem&problem=x", "text/html; charset=utf-8", b'<main id="view"'),
        ("/app.js", "text/javascript; charset=utf-8", b"import"),
        ("/style.css", "text/css; charset=utf-8", b"prefers-color-scheme:dark"),
        ("/icon.svg", "image/svg+xml", b"<svg"),
        ("/report.html", "text/html; charset=utf-8", b"the report"),
        ("/report.html?again", "text/html; charset=utf-8", b"the report"),
        ("/figures/pareto-a.b.svg", "image/svg+xml", b"<svg/>"),
        ("/api/overview", "application/json; charset=utf-8", b'"responses":1000'),
    ],
)
def test_the_page_the_report_and_the_answers_are_served(port: int, path: str, kind: str, holds: bytes) -> None:
    status, headers, content = request(port, path)
    assert (status, headers["Content-Type"]) == (200, kind)
    assert holds in content


@pytest.mark.parametrize(
    "path",
    [
        "/study.yaml",
        "/../secret.svg",
        "/figures/../study.yaml",
        "/figures/..%2fstudy.yaml",
        "/figures/../../secret.svg",
        "/figures/",
        "/problems/train.parquet",
        "/server.py",
        "/api/nothing",
        "/api/",
    ],
)
def test_nothing_else_is_served(port: int, path: str) -> None:
    status, _, content = request(port, path)
    assert status == 404
    assert b"private" not in content


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:{port}", "LOCALHOST", "[::1]:{port}"])
def test_names_of_this_machine_are_answered(port: int, host: str) -> None:
    assert request(port, "/api/overview", host=host.format(port=port))[0] == 200


@pytest.mark.parametrize("host", ["rebound.example", "rebound.example:{port}", "127.0.0.1.rebound.example", "[bad"])
@pytest.mark.parametrize("path", ["/", "/api/overview", "/report.html"])
def test_another_name_for_this_machine_is_refused(port: int, path: str, host: str) -> None:
    status, _, content = request(port, path, host=host.format(port=port))
    assert status == 403
    assert b"responses" not in content


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_only_reading_is_possible(port: int, method: str) -> None:
    assert request(port, "/api/overview", method)[0] == 501


def test_head_gives_the_headers_alone(port: int) -> None:
    status, headers, content = request(port, "/style.css", "HEAD")
    assert (status, content) == (200, b"")
    assert int(headers["Content-Length"]) > 1_000


@pytest.mark.parametrize("path", ["/", "/app.js", "/api/overview", "/report.html", "/missing"])
def test_every_answer_carries_a_policy_that_loads_nothing_from_elsewhere(port: int, path: str) -> None:
    _, headers, _ = request(port, path)
    policy = dict(part.split(maxsplit=1) for part in headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy.get("script-src", "'none'") in ("'none'", "'self'")
    assert not any("http" in value or "*" in value for value in policy.values())
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"


@pytest.mark.parametrize(
    "path",
    [
        "/api/responses?status=splendid",
        "/api/responses?finished=maybe",
        "/api/responses?page=-1",
        "/api/responses?between=changed&a=base&b=nobody",
        "/api/problem?pool=bench&problem=absent",
        "/api/diff?pool=bench&problem=bench/00001&a=base&b=nobody",
        "/api/funnel?arm=none&seed=0&size=1",
        "/api/response?model=base&pool=bench&id=absent",
    ],
)
def test_what_the_study_does_not_have_is_named(port: int, path: str) -> None:
    status, _, content = request(port, path)
    assert status == 400
    assert json.loads(content)["error"]


def test_markup_in_a_response_travels_as_text(port: int) -> None:
    _, headers, content = request(port, f"/api/problem?pool={BENCHMARK}&problem={BENCHMARK}/00000")
    assert headers["Content-Type"].startswith("application/json")
    assert json.loads(content)["problem"]["statement"].endswith(PLANTED)


def test_a_folder_without_a_study_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds neither responses nor a report"):
        server(tmp_path)


def test_a_study_with_nothing_but_a_report_is_served(tmp_path: Path) -> None:
    (tmp_path / "report.html").write_text("the report")
    with server(tmp_path) as serving:
        thread = threading.Thread(target=serving.serve_forever)
        thread.start()
        assert request(serving.server_port, "/report.html")[2] == b"the report"
        overview = json.loads(request(serving.server_port, "/api/overview")[2])
        assert (overview["responses"], overview["corpora"]) == (0, [])
        assert json.loads(request(serving.server_port, "/api/responses?text=x")[2])["total"] == 0
        serving.shutdown()
        thread.join()


@pytest.mark.parametrize("number", [-1, 70_000])
def test_a_port_that_cannot_be_used_is_the_users_mistake(tmp_path: Path, number: int) -> None:
    (tmp_path / "report.html").write_text("the report")
    with pytest.raises(InputError, match="cannot be used"):
        server(tmp_path, port=number)
