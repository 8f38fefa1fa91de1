"""What each filter costs and drops on real responses, and how much prose py3langid needs to tell English.

The language of windows of so many letters, one at a random place of each response's prose, is told by py3langid alone;
the responses are taken to be English throughout. Run as `python -m benchmarks.filters RESPONSES.jsonl.gz ...` (JSON
Lines with `response` or `text`).
"""

import gzip
import json
import random
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

from thalweg.curate.filters import Filters, filter_reason
from thalweg.curate.language import language_of, prose
from thalweg.types import Problem, Response, TextCheck

FILTERS: dict[str, dict[str, Any]] = {
    "think": {"think": "required"},
    "code": {"code": ["python", "cpp"]},
    "code_in_thinking": {"code_in_thinking": False},
    "syntax": {"syntax": True},
    "loops: end": {"loops": "end"},
    "loops: anywhere": {"loops": "anywhere"},
    "language": {"language": "en"},
}
PROBLEM = Problem(id="p", statement="s", check=TextCheck(answer="a"))


def told_as_english(texts: list[str], letters: int, rng: random.Random) -> tuple[int, int]:
    """How many windows of about so many letters are told as English, and of how many."""
    found: list[bool] = []
    for text in texts:
        words = prose(text)
        start = rng.randrange(len(words)) if words else 0
        window, size = [], 0
        while start < len(words) and size < letters:
            window.append(words[start])
            size += len(words[start])
            start += 1
        if size >= letters:
            found.append(language_of(window) == "en")
    return sum(found), len(found)


def main() -> None:
    for name in sys.argv[1:]:
        with gzip.open(name, "rt", encoding="utf-8") if name.endswith(".gz") else open(name, encoding="utf-8") as lines:
            rows = [json.loads(line) for line in lines]
        texts = [row.get("response") or row.get("text") or "" for row in rows]
        print(
            f"{Path(name).name}: {len(texts)} responses, {sum(map(len, texts)) / len(texts):.0f} characters on average"
        )
        responses = [Response(id=str(at), problem_id="p", model="m", text=text) for at, text in enumerate(texts)]
        for label, fields in FILTERS.items():
            filters = Filters(**fields)
            began = time.process_time()
            reasons = Counter(filter_reason(response, PROBLEM, filters) for response in responses)
            each = (time.process_time() - began) / len(responses)
            kept = reasons.pop(None, 0)
            print(f"  {label}: {1e3 * each:.2f} ms a response, {kept} kept, {dict(reasons.most_common())}")
        for letters in (10, 20, 30, 50, 80, 120):
            english, of = told_as_english(texts, letters, random.Random(0))
            print(f"  {letters} letters: {english} of {of} told as English ({100 * english / max(of, 1):.1f} %)")


if __name__ == "__main__":
    main()
