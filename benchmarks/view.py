"""How long a reader waits for `thalweg view`: first page, filters, search, one problem, a diff, in headless Chromium.

    python -m benchmarks.view [--responses 200000] [--characters 1500] [--rounds 15]

Makes a synthetic study (`view_study`) and drives the page as a reader does. A time runs from the act (the address
entered, a filter chosen) until what it led to has been painted (two animation frames after the page was drawn). The
first page is measured from the server's start too, each time with a server of its own, whose index is cold; the files
are in the system's cache. Prints median, the 90th percentile and n of each.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles

from benchmarks.browser import Browser, chromium
from benchmarks.view_study import BENCHMARK, RARE, make

# Runs in the page: acts, waits for the viewer to have drawn anew and for two frames, and tells the milliseconds.
_TIMED = """
new Promise((done) => {{
  const begun = performance.now();
  const painted = () => done(performance.now() - begun);
  addEventListener("drawn", () => requestAnimationFrame(() => requestAnimationFrame(painted)), {{ once: true }});
  {act};
}})
"""
_SET = """
const field = document.querySelector("#filters [name={name}]");
field.value = {value};
field.dispatchEvent(new Event("change"))"""


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--responses", type=int, default=200_000)
    parser.add_argument("--characters", type=int, default=1_500, help="mean length of a response")
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    assert chromium() is not None, "this benchmark needs Chromium"
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch) / "study"
        counts = make(root, options.responses, options.characters)
        size = sum(path.stat().st_size for path in root.rglob("*.parquet")) / 1e6
        print(f"{counts['responses']:,} responses of {options.characters:,} characters, {size:.0f} MB of Parquet")
        print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}\n")
        tell("first page from the server's start, index cold", [cold(root) for _ in range(min(options.rounds, 5))])
        with serving(root) as address, Browser() as browser:
            browser.open(address)
            for name, times in warm(browser, address, options.rounds):
                tell(name, times)


def cold(root: Path) -> float:
    """Milliseconds from the start of `thalweg view` until its first page is drawn in a browser that is open already."""
    with Browser() as browser:
        begun = time.perf_counter()
        with serving(root) as address:
            browser.open(address)
            return 1_000 * (time.perf_counter() - begun)


def warm(browser: Browser, address: str, rounds: int) -> Iterator[tuple[str, list[float]]]:
    """Name and times of what is measured on a running server."""
    yield "first page, index in memory", [loaded(browser, address) for _ in range(rounds)]
    for name, value in (("status", "incorrect"), ("finished", "no"), ("family", "arm:arm-3"), ("difficulty", "hard")):
        yield f"filter {name} = {value}", repeated(browser, address, rounds, chosen(name, [value]))
    needles = [f"{word} {other}" for word in ("wait", "check", "list") for other in ("we", "so", "add", "x", "12")]
    found = repeated(browser, address, min(rounds, len(needles)), chosen("text", needles))
    yield "search in all texts, a new text each time", found
    yield "the same search again", repeated(browser, address, rounds, chosen("text", [RARE]))[1:]
    problems = f"{address}?view=problem&pool={BENCHMARK}&problem={BENCHMARK}%2F00010"
    press = "document.getElementById('after').click()"
    yield "next problem, 24 responses in full", stepped(browser, problems, rounds, press)
    diffs = f"{address}?view=diff&pool={BENCHMARK}&problem={BENCHMARK}%2F00010&a=base&b=arm-0-8192-s0"
    yield "next diff of two rungs", stepped(browser, diffs, rounds, press)


def chosen(name: str, values: Sequence[str]) -> Callable[[int], str]:
    """The act of choosing a filter's value: by round, the next one."""
    return lambda turn: _SET.format(name=name, value=json.dumps(values[turn % len(values)]))


def loaded(browser: Browser, address: str) -> float:
    """Milliseconds of one load of the page, by the page's own clock."""
    browser.call("Page.navigate", url="about:blank")
    browser.open(address)
    told = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now()))))"
    return float(browser.evaluate(told))


def repeated(browser: Browser, address: str, rounds: int, act: Callable[[int], str]) -> list[float]:
    """Milliseconds of an act on a list without filters, a number of times."""
    times = []
    for turn in range(rounds):
        browser.open(address)
        times.append(float(browser.evaluate(_TIMED.format(act=act(turn)))))
    return times


def stepped(browser: Browser, address: str, rounds: int, act: str) -> list[float]:
    """Milliseconds of an act that leads on from where the last one led."""
    browser.open(address)
    return [float(browser.evaluate(_TIMED.format(act=act))) for _ in range(rounds)]


@contextmanager
def serving(root: Path) -> Iterator[str]:
    """A server in a process of its own, as `thalweg view` is."""
    command = [sys.executable, "-c", "import sys; from thalweg.view.server import view; view(sys.argv[1])", str(root)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        found = re.match(r"http://\S+", process.stdout.readline())
        assert found is not None, "the server did not start"
        yield found.group()
    finally:
        process.kill()
        process.wait()


def tell(name: str, times: list[float]) -> None:
    """One line."""
    late = quantiles(times, n=10)[-1] if len(times) > 1 else times[0]
    print(f"{name:48} median {median(times):6.0f} ms   p90 {late:6.0f} ms   n = {len(times)}", flush=True)


if __name__ == "__main__":
    main()
