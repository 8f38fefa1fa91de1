"""What an import of many rows takes: rows a second, and the largest memory of the process that imports.

`python benchmarks/importing.py --rows 2000000` writes a Parquet file of prompts and responses, every prompt another,
with one column that is not asked for, and imports it by `thalweg import pairs` in a process of its own, into JSON Lines
and into Parquet. `--form messages` writes conversations in JSON Lines instead. Not covered: the hub.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_GROUP = 20_000
_WORDS = [f"word{number}" for number in range(997)]


def rows(count: int) -> Iterator[dict[str, Any]]:
    """Rows whose prompts are all different, with responses of some sixty words."""
    draw = random.Random(0)
    for number in range(count):
        words = " ".join(draw.choices(_WORDS, k=60))
        yield {
            "prompt": f"What is {number} times 7?",
            "response": f"<think>{words}</think>{number * 7}",
            "gold": number * 7,
        }


def write_parquet(path: Path, count: int) -> None:
    """Writes the rows in groups, with a large column beside them that nobody asks for."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    out, group = None, []
    for row in rows(count):
        group.append({**row, "unasked": row["response"] * 3})
        if len(group) == _GROUP:
            table = pa.Table.from_pylist(group)
            out = out or pq.ParquetWriter(path, table.schema)
            out.write_table(table)
            group = []
    table = pa.Table.from_pylist(group) if group else None
    if table is not None:
        out = out or pq.ParquetWriter(path, table.schema)
        out.write_table(table)
    if out is not None:
        out.close()


def write_messages(path: Path, count: int) -> None:
    """Writes the rows as conversations in JSON Lines."""
    with open(path, "w", encoding="utf-8") as out:
        for row in rows(count):
            turns = [{"role": "user", "content": row["prompt"]}, {"role": "assistant", "content": row["response"]}]
            out.write(json.dumps({"messages": turns, "answer": row["gold"]}) + "\n")


_IMPORT = """
import atexit, sys
from pathlib import Path
from thalweg.cli import main
told = Path(sys.argv.pop(1))
status = Path("/proc/self/status")  # getrusage would count what the parent held
atexit.register(lambda: told.write_text(status.read_text().partition("VmHWM:")[2].split()[0]))
main()
"""


def measured(arguments: list[str], told: Path) -> tuple[float, float]:
    """Seconds, and the peak of resident memory in MB, of `thalweg` with these arguments."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", _IMPORT, str(told), *arguments], check=True)
    return time.perf_counter() - began, int(told.read_text()) / 1024


def main() -> None:
    """Prints a line for each output format."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--form", choices=("pairs", "messages"), default="pairs")
    parser.add_argument("--formats", nargs="+", default=["jsonl", "parquet"])
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / ("rows.parquet" if arguments.form == "pairs" else "rows.jsonl")
        (write_parquet if arguments.form == "pairs" else write_messages)(path, arguments.rows)
        print(f"{arguments.rows} rows, {path.stat().st_size / 1e6:.0f} MB of {path.suffix}")
        columns = ["--column", "statement=prompt", "--column", "text=response", "--column", "answer=gold"]
        for form in arguments.formats:
            mapping = columns if arguments.form == "pairs" else []
            out = folder / form
            words = ["import", arguments.form, "--path", str(path), *mapping, "--format", form, "--out", str(out)]
            seconds, memory = measured(words, folder / "peak")
            print(f"to {form}: {seconds:.1f} s, {arguments.rows / seconds:,.0f} rows a second, peak {memory:.0f} MB")


if __name__ == "__main__":
    main()
