"""Serves one study on loopback, read-only.

* Only GET and HEAD are answered, only the page's own files, the report with its figures, and `answers.ANSWERS`.
* Only requests addressed to this machine by name are answered (`Host` must be 127.0.0.1, localhost or ::1), so that a
  web site which points its own name at 127.0.0.1 (DNS rebinding) gets nothing.
* The content security policy lets the page load nothing from elsewhere and run no script but its own files.

Not covered: other users of the same machine, who can connect to the port as they can to any other.
"""

import json
import re
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from thalweg.errors import InputError
from thalweg.view.answers import ANSWERS, answer
from thalweg.view.library import Library

_PAGE = Path(__file__).parent / "page"
_KINDS = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
}
_OWN = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'"
_REPORT = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:"
_POLICY_END = "; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_FIGURE = re.compile(r"/figures/[\w.-]+\.(svg|png)")
_ASSET = re.compile(r"/[a-z]+\.(js|css|svg)")


def view(folder: Path | str, host: str = "127.0.0.1", port: int = 0) -> None:
    """Prints the address and serves the study until interrupted; port 0 takes a free one.

    Raises:
        InputError: the folder holds neither responses nor a report.
    """
    with server(Path(folder), host, port) as serving:
        print(f"http://{host}:{serving.server_port}/ (Ctrl-C ends it)", flush=True)
        try:
            serving.serve_forever()
        except KeyboardInterrupt:
            print()


def server(folder: Path, host: str = "127.0.0.1", port: int = 0) -> ThreadingHTTPServer:
    """The server, bound but not yet serving; the index is made in the background."""
    if not (folder / "report.html").is_file() and not (folder / "responses").is_dir():
        raise InputError(str(folder), "holds neither responses nor a report", "run the study first")
    library = Library(folder)
    try:
        serving = ThreadingHTTPServer((host, port), partial(_Handler, library))
    except (OSError, OverflowError) as error:
        raise InputError(f"port {port}", f"cannot be used: {error}", "leave it out to take a free one") from None
    library.warm()
    return serving


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, library: Library, *args: Any) -> None:
        self.library = library
        super().__init__(*args)

    def do_GET(self) -> None:
        """Answers a request."""
        self._respond(self._send)

    def do_HEAD(self) -> None:
        """As GET, without the content."""
        self._respond(self._send_head)

    def _respond(self, send: Callable[[HTTPStatus, str, bytes, str], None]) -> None:
        address = urlsplit(self.path)
        if not _is_local(self.headers.get("Host", "")):
            send(HTTPStatus.FORBIDDEN, "text/plain", b"this address is not this machine's", _OWN)
        elif address.path.startswith("/api/"):
            self._answer(send, address.path.removeprefix("/api/"), address.query)
        elif (file := _file(self.library.root, address.path)) is not None:
            policy = _REPORT if address.path == "/report.html" else _OWN
            send(HTTPStatus.OK, _KINDS[file.suffix], file.read_bytes(), policy)
        else:
            send(HTTPStatus.NOT_FOUND, "text/plain", b"not found", _OWN)

    def _answer(self, send: Callable[[HTTPStatus, str, bytes, str], None], name: str, query: str) -> None:
        status, value = HTTPStatus.OK, None
        if name not in ANSWERS:
            status, value = HTTPStatus.NOT_FOUND, {"error": "no such request"}
        else:
            try:
                value = answer(self.library, name, parse_qs(query))
            except InputError as error:
                status, value = HTTPStatus.BAD_REQUEST, {"error": str(error)}
        content = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
        send(status, "application/json; charset=utf-8", content, _OWN)

    def _send(self, status: HTTPStatus, kind: str, content: bytes, policy: str) -> None:
        self._send_head(status, kind, content, policy)
        self.wfile.write(content)

    def _send_head(self, status: HTTPStatus, kind: str, content: bytes, policy: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Content-Security-Policy", policy + _POLICY_END)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Cross-Origin-Resource-Policy", "same-origin")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Keeps the terminal quiet."""


def _is_local(host: str) -> bool:
    """Whether a Host header names this machine's loopback."""
    try:
        return urlsplit(f"//{host}").hostname in ("127.0.0.1", "localhost", "::1")
    except ValueError:
        return False


def _file(root: Path, path: str) -> Path | None:
    """The file behind a path, if it is one that is given out."""
    if path == "/":
        return _PAGE / "index.html"
    if _ASSET.fullmatch(path):
        found = _PAGE / path[1:]
    elif path == "/report.html" or _FIGURE.fullmatch(path):
        found = root / path[1:]
    else:
        return None
    return found if found.is_file() else None
