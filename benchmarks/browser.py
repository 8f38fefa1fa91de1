"""Drives a headless Chromium over the DevTools protocol, through a pipe: no port, no driver, nothing to install.

Used by the viewer's test and by its benchmark. `Browser` opens one page; every request that the page makes is kept, so
that a test can say that none left the machine.
"""

import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time
from types import TracebackType
from typing import Any

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-pipe",
)
_KEYS = {"Enter": 13, "Escape": 27, "Tab": 9}


def chromium() -> str | None:
    """The program, where this machine has one."""
    found = (shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome"))
    return next((path for path in found if path), None)


class NavigatedError(RuntimeError):
    """The page was left while it was asked something."""


class Browser:
    """`with Browser() as browser:` one page of a Chromium of its own."""

    def __init__(self, width: int = 1280, height: int = 800, dark: bool = False) -> None:
        self._size, self._dark = (width, height), dark
        self.requests: list[str] = []  # addresses of everything the page asked for
        self.problems: list[str] = []  # errors and refusals in the page's console
        self._number, self._session, self._buffer = 0, "", b""

    def __enter__(self) -> "Browser":
        program = chromium()
        assert program is not None, "no chromium on this machine"
        self._profile = tempfile.mkdtemp(prefix="chromium-")
        to_read, self._write = os.pipe()
        self._read, to_write = os.pipe()
        flags = [*FLAGS, f"--user-data-dir={self._profile}", f"--window-size={self._size[0]},{self._size[1]}"]
        # The browser reads commands from descriptor 3 and answers on descriptor 4.
        script = f'exec 3<&{to_read} 4>&{to_write}; exec "$0" "$@"'
        self._process = subprocess.Popen(
            ["bash", "-c", script, program, *flags, "about:blank"],
            pass_fds=(to_read, to_write),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(to_read)
        os.close(to_write)
        self._attach()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._read)
        os.close(self._write)
        shutil.rmtree(self._profile, ignore_errors=True)

    def _attach(self) -> None:
        target = next(one for one in self.call("Target.getTargets")["targetInfos"] if one["type"] == "page")
        attached = self.call("Target.attachToTarget", targetId=target["targetId"], flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Network", "Runtime", "Log"):
            self.call(f"{domain}.enable")
        scheme = "dark" if self._dark else "light"
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def call(self, method: str, timeout: float = 60, **parameters: Any) -> dict[str, Any]:
        """One command and its result."""
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        end = time.monotonic() + timeout
        while True:
            answer = self._next(end)
            if answer.get("id") == self._number:
                if "error" in answer and "navigated" in answer["error"]["message"]:
                    raise NavigatedError(answer["error"]["message"])
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                result: dict[str, Any] = answer["result"]
                return result

    def _next(self, end: float) -> dict[str, Any]:
        """The next message; events are noted on the way."""
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._read], [], [], max(0.0, end - time.monotonic()))
            if not ready:
                raise TimeoutError("chromium did not answer")
            received = os.read(self._read, 1 << 16)
            if not received:
                raise RuntimeError("chromium ended")
            self._buffer += received
        line, self._buffer = self._buffer.split(b"\0", 1)
        message: dict[str, Any] = json.loads(line)
        self._note(message)
        return message

    def _note(self, message: dict[str, Any]) -> None:
        parameters = message.get("params", {})
        if message.get("method") == "Network.requestWillBeSent":
            self.requests.append(parameters["request"]["url"])
        elif message.get("method") == "Log.entryAdded" and parameters["entry"]["level"] == "error":
            self.problems.append(parameters["entry"]["text"])
        elif message.get("method") == "Runtime.exceptionThrown":
            self.problems.append(json.dumps(parameters["exceptionDetails"])[:500])

    def evaluate(self, expression: str, timeout: float = 60) -> Any:
        """The value of a JavaScript expression, a promise's once it is kept."""
        told = self.call("Runtime.evaluate", timeout, expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in told:
            raise RuntimeError(f"{expression}: {told['exceptionDetails']['exception'].get('description')}")
        return told["result"].get("value")

    def wait(self, condition: str, timeout: float = 60) -> None:
        """Waits until a JavaScript expression holds."""
        end = time.monotonic() + timeout
        while not self._holds(condition):
            if time.monotonic() > end:
                raise TimeoutError(f"never came true: {condition}")
            time.sleep(0.01)

    def _holds(self, condition: str) -> bool:
        """Whether it holds now; a page that is just being left has no answer, so not yet."""
        try:
            return bool(self.evaluate(f"Boolean({condition})"))
        except NavigatedError:
            return False

    def open(self, address: str, timeout: float = 300) -> None:
        """Goes to an address, and waits for the viewer to have drawn there."""
        self.call("Page.navigate", url=address)
        self.wait(f"location.href === {json.dumps(address)} && document.body?.dataset.state === 'ready'", timeout)

    def act(self, expression: str) -> None:
        """Runs an expression that makes the viewer draw anew, and waits until it has."""
        turn = self.evaluate("document.body.dataset.turn")
        self.evaluate(f"void ({expression})")
        self._drawn(turn)

    def key(self, key: str, draws: bool = False) -> None:
        """Presses a key; with `draws` waits until the viewer has drawn anew."""
        turn = self.evaluate("document.body.dataset.turn")
        text: dict[str, Any] = {"text": key} if len(key) == 1 else {"text": "\r"} if key == "Enter" else {}
        code = _KEYS.get(key, ord(key.upper()) if len(key) == 1 and key.isalnum() else 0)
        self.call("Input.dispatchKeyEvent", type="keyDown", key=key, windowsVirtualKeyCode=code, **text)
        self.call("Input.dispatchKeyEvent", type="keyUp", key=key, windowsVirtualKeyCode=code)
        if draws:
            self._drawn(turn)

    def _drawn(self, turn: str) -> None:
        self.wait(f"document.body.dataset.state === 'ready' && document.body.dataset.turn !== {json.dumps(turn)}")

    def screenshot(self, path: str | os.PathLike[str], whole: bool = False) -> None:
        """A PNG of the window, or of the whole page."""
        told = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        with open(path, "wb") as out:
            out.write(base64.b64decode(told["data"]))
