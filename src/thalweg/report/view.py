"""Serves a study's report on loopback, for machines whose files a browser cannot open directly."""

import re
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from thalweg.errors import InputError


def view(folder: Path | str, host: str = "127.0.0.1", port: int = 0) -> None:
    """Prints the report's address and serves it until interrupted; port 0 takes a free one.

    Raises:
        InputError: the folder holds no report.html.
    """
    with server(Path(folder), host, port) as serving:
        print(f"http://{host}:{serving.server_port}/report.html (Ctrl-C ends it)", flush=True)
        try:
            serving.serve_forever()
        except KeyboardInterrupt:
            print()


def server(folder: Path, host: str, port: int) -> ThreadingHTTPServer:
    """The server, bound but not yet serving. It gives out the report and its figures, nothing else of the study."""
    if not (folder / "report.html").is_file():
        raise InputError(str(folder), "holds no report.html", "run 'thalweg report' first")
    return ThreadingHTTPServer((host, port), partial(_Handler, directory=str(folder)))


_SERVED = re.compile(r"/report\.html|/figures/\w+\.(svg|png)")


class _Handler(SimpleHTTPRequestHandler):
    def send_head(self) -> Any:
        """Refuses everything but the report's own files."""
        path = self.path.partition("?")[0]
        if path == "/":
            self.path = "/report.html"
        elif not _SERVED.fullmatch(path):
            self.send_error(404)
            return None
        return super().send_head()

    def log_message(self, format: str, *args: Any) -> None:
        """Keeps the terminal quiet."""
