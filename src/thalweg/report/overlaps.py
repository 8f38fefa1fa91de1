"""Contamination side by side: every text that holds a benchmark problem beside that problem, what they share marked.

Precision and recall both hurt users: a false alarm throws data away, a miss spoils a score. So the page shows what a
number rests on. Each pair of a text and a benchmark stands once, under the strictest method that found it; of many, a
seeded sample is shown. `write_overlaps` leaves

    <folder>/contamination.html   the page, without scripts
    <folder>/hits.jsonl           every hit (`thalweg.curate.contamination.Hit`), all methods
    <folder>/summary.json         counts by benchmark and method
"""

import random
from collections.abc import Callable, Collection, Mapping, Sequence
from html import escape
from pathlib import Path

from thalweg import store
from thalweg.curate.contamination import Contamination, Hit
from thalweg.curate.evidence import marks
from thalweg.curate.sketches import SHINGLE
from thalweg.report.style import CSS

SHOWN = 20  # pairs a benchmark and method
_BEFORE, _WINDOW = 600, 3_500  # characters shown before the first mark, and in all
_CSS = """
mark{background:color-mix(in srgb,var(--accent) 26%,transparent);color:inherit;border-radius:2px}
.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(20rem,1fr));gap:0 .9rem}
td:first-child,th:first-child{text-align:left}
"""

TextsOf = Callable[[Collection[str]], Mapping[str, str]]


def write_overlaps(
    found: Contamination,
    folder: Path,
    texts_of: TextsOf,
    problems: Mapping[str, Mapping[str, str]],
    *,
    shown: int = SHOWN,
    seed: int = 0,
) -> Path:
    """Writes page, hits and counts; returns the page's path.

    `texts_of` gives the texts of a few ids (the checked texts may be too many to hold); `problems` holds, by benchmark
    and id, the benchmarks' statements.
    """
    page = folder / "contamination.html"
    with store.replacing(folder / "hits.jsonl") as temporary, open(temporary, "w", encoding="utf-8") as out:
        out.writelines(store.json_line(store.encode(hit)) for hit in found.hits)
    store.write_json(folder / "summary.json", summary(found))
    with store.replacing(page) as temporary:
        temporary.write_text(render(found, texts_of, problems, shown=shown, seed=seed), encoding="utf-8")
    return page


def summary(found: Contamination) -> dict[str, object]:
    """Counts for `summary.json`: texts checked, texts with a hit, and by benchmark and method the texts found."""
    return {
        "checked": found.checked,
        "texts_with_a_hit": len({hit.item_id for hit in found.hits}),
        "benchmarks": dict(found.benchmarks),
        "found": found.counts(),
    }


def render(
    found: Contamination,
    texts_of: TextsOf,
    problems: Mapping[str, Mapping[str, str]],
    *,
    shown: int = SHOWN,
    seed: int = 0,
) -> str:
    """The page."""
    groups = _groups(found)
    chosen = {key: _sample(hits, shown, f"{seed}/{key}") for key, hits in groups.items()}
    texts = texts_of({hit.item_id for hits in chosen.values() for hit in hits})
    also = _methods_by_pair(found.hits)
    sections = "".join(
        _section(key, len(groups[key]), [_card(hit, texts[hit.item_id], problems, also) for hit in hits])
        for key, hits in chosen.items()
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>Contamination</title><style>{CSS}{_CSS}</style></head>\n<body><main>"
        f"<h1>Contamination</h1>{_opening(found)}{_table(found, groups)}{sections}</main></body></html>\n"
    )


def _groups(found: Contamination) -> dict[tuple[str, str], list[Hit]]:
    """Hits by (benchmark, method), each pair of a text and a benchmark once, under its strictest method."""
    strictness = {method: place for place, method in enumerate(found.methods)}
    best: dict[tuple[str, str], Hit] = {}
    for hit in found.hits:
        key = hit.benchmark, hit.item_id
        if key not in best or strictness[hit.method] < strictness[best[key].method]:
            best[key] = hit
    groups: dict[tuple[str, str], list[Hit]] = {
        (name, method): [] for name in found.benchmarks for method in found.methods
    }
    for hit in best.values():
        groups[hit.benchmark, hit.method].append(hit)
    return groups


def _sample(hits: Sequence[Hit], shown: int, seed: str) -> list[Hit]:
    """At most `shown` hits, drawn by the seed; the greatest overlap first."""
    ordered = sorted(hits, key=lambda hit: hit.item_id)
    drawn = ordered if len(ordered) <= shown else random.Random(seed).sample(ordered, shown)
    return sorted(drawn, key=lambda hit: (-hit.overlap, hit.item_id))


def _methods_by_pair(hits: Sequence[Hit]) -> dict[tuple[str, str], list[str]]:
    also: dict[tuple[str, str], list[str]] = {}
    for hit in hits:
        also.setdefault((hit.benchmark, hit.item_id), []).append(hit.method)
    return also


def _opening(found: Contamination) -> str:
    touched = len({hit.item_id for hit in found.hits})
    share = f" ({100 * touched / found.checked:.2f} %)" if found.checked else ""
    return (
        f'<p class="lead">{touched:,} of {found.checked:,} texts{share} match a problem of a benchmark.</p>'
        "<p>Each text stands beside the benchmark problem that it matches best, under the strictest method that found "
        "it. Marked is what they share as that method compares them. An n-gram that many texts hold is more likely a "
        "turn of phrase than a leak.</p>"
    )


def _table(found: Contamination, groups: Mapping[tuple[str, str], Sequence[Hit]]) -> str:
    heads = "".join(f"<th>{escape(method)}</th>" for method in found.methods)
    counts = found.counts()
    rows = "".join(
        f"<tr><td>{escape(name)}</td><td>{problems:,}</td>"
        + "".join(_cell(counts[name][method], len(groups[name, method])) for method in found.methods)
        + "</tr>"
        for name, problems in found.benchmarks.items()
    )
    caption = (
        "<caption>Texts found, by benchmark and method. Methods stand from the strictest to the loosest.</caption>"
    )
    return (
        f'<div class="wide"><table>{caption}<thead><tr><th>benchmark</th><th>problems</th>{heads}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def _cell(count: int, first: int) -> str:
    """How many texts a method found, and how many of them no stricter one did."""
    return f"<td>{count:,}{'' if first == count else f'<small>{first:,} by no stricter one</small>'}</td>"


def _section(key: tuple[str, str], total: int, cards: Sequence[str]) -> str:
    if not total:
        return ""
    benchmark, method = key
    count = f"{total:,}" if total == len(cards) else f"{len(cards)} of {total:,}, drawn at random"
    title = f"{benchmark}, {method}: {count}"
    return f'<details class="rung" open><summary>{escape(title)}</summary>{"".join(cards)}</details>'


def _card(
    hit: Hit, text: str, problems: Mapping[str, Mapping[str, str]], also: Mapping[tuple[str, str], Sequence[str]]
) -> str:
    problem = problems[hit.benchmark][hit.benchmark_problem_id]
    facts = "".join(f"<span>{escape(fact)}</span>" for fact in _facts(hit, also[hit.benchmark, hit.item_id]))
    left = _side(f"text {hit.item_id}", text, _places(hit.method, text, problem))
    right = _side(f"problem {hit.benchmark_problem_id}", problem, _places(hit.method, problem, text))
    return f'<article class="sample"><header>{facts}</header><div class="pair">{left}{right}</div></article>'


def _facts(hit: Hit, methods: Sequence[str]) -> list[str]:
    named = {"near": "Jaccard similarity", "embedding": "cosine", "exact": "equal"}
    share = f"{100 * hit.overlap:.0f} % of the problem's words"
    facts = [f"{named[hit.method]} {hit.overlap:.2f}" if hit.method in named else share]
    if hit.in_benchmark is not None and hit.in_checked is not None:
        facts.append(
            f"its rarest shared n-gram is in {hit.in_benchmark:,} of the benchmark's problems "
            f"and in {hit.in_checked:,} of the texts"
        )
    if hit.others:
        facts.append(f"{hit.others:,} more problems match")
    others = [method for method in dict.fromkeys(methods) if method != hit.method]
    return [*facts, f"also {', '.join(others)}"] if others else facts


def _places(method: str, text: str, other: str) -> list[tuple[int, int]]:
    if method == "exact":
        return [(0, len(text))]
    if method == "near":
        return marks(text, other, SHINGLE)
    return marks(text, other, int(method.removesuffix("-gram"))) if method.endswith("-gram") else []


def _side(label: str, text: str, places: Sequence[tuple[int, int]]) -> str:
    return f'<div><p class="label">{escape(label)}</p><pre>{_marked(text, places)}</pre></div>'


def _marked(text: str, places: Sequence[tuple[int, int]]) -> str:
    """The text around its first mark, escaped, its places marked."""
    first = places[0][0] if places else 0
    begin = 0 if len(text) <= _WINDOW else min(max(0, first - _BEFORE), len(text) - _WINDOW)
    end = min(len(text), begin + _WINDOW)
    parts, at = [_left_out(begin)], begin
    for start, stop in places:
        start, stop = max(start, at), min(stop, end)
        if start < stop:
            parts += [escape(text[at:start]), f"<mark>{escape(text[start:stop])}</mark>"]
            at = stop
    return "".join([*parts, escape(text[at:end]), _left_out(len(text) - end)])


def _left_out(count: int) -> str:
    return f"[… {count:,} characters left out …]" if count else ""
