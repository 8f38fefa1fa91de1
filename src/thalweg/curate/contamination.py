"""Contamination: which training texts hold problems of the benchmarks that the student will be measured on.

Methods, each of which can be left out:

* `exact`: the statements are equal after Unicode NFKC, small letters, straight quotes and dashes, single blanks.
* `8-gram`, `13-gram` (any n): a run of n words in common, whatever the rest. Eight is what s1 and open-r1 use
  (Muennighoff et al. 2025, arXiv:2501.19393), thirteen what GPT-3's authors used (Brown et al. 2020, appendix C), whose
  words these are (`thalweg.curate.words`). A problem of fewer than n words is looked for as a whole if it has five.
* `near`: Jaccard similarity of five-word shingles at or above a threshold.

N-grams that many problems of one benchmark share are its boilerplate ("Write a Python function to ..."), not its
problems: with `common` those in more than so many are not counted. Nor are, without `symbols`, runs of numbers and
single letters, which counting, grids and tables share by chance. What remains is told with every hit: how often the
rarest shared n-gram occurs in the benchmark and among the texts checked, and how much of the problem is covered;
`overlap` asks for a share of it, which costs hardly any recall and most false alarms (docs/contamination.md).

The texts stream through; memory holds the benchmarks and the hits. Texts are statements, or the responses themselves.
Not covered: paraphrases and translations (`thalweg.curate.neighbours` finds some).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from thalweg.curate.detector import Detector, Looked, Match, Target
from thalweg.curate.duplicates import batches
from thalweg.curate.parallel import ordered_map
from thalweg.errors import InputError


class Methods(BaseModel):
    """How benchmark problems are looked for."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    exact: bool = Field(True, description="Equal statements.")
    ngrams: tuple[int, ...] = Field((8, 13), description="Any shared run of so many words.")
    near: float | None = Field(0.7, gt=0, le=1, description="Jaccard similarity of five-word shingles; null for none.")
    common: int | None = Field(
        10, gt=0, description="Do not count n-grams in more than so many problems of a benchmark; null counts all."
    )
    overlap: float = Field(
        0.0,
        ge=0,
        le=1,
        description="Leave out n-gram hits that cover a smaller share of the problem's words than this.",
    )
    symbols: bool = Field(False, description="Count n-grams in which no word has two letters (`2 3 4 5`, `x o o x`).")


_DEFAULT = Methods()


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A text that matches a benchmark by one method, and the benchmark's problem that it matches best.

    `overlap` is the share of the problem's words that lie in shared n-grams; for `near` the Jaccard similarity, for
    `embedding` the cosine. `shared` is the longest stretch of the text whose n-grams are all shared (for `near`, whose
    shingles are), as compared: in small letters, without punctuation.
    `in_benchmark` and `in_checked` say in how many problems of the benchmark, and in how many of the texts checked, the
    rarest shared n-gram occurs (null where the method has none). `others` more problems of the benchmark match.
    """

    item_id: str
    benchmark: str
    benchmark_problem_id: str
    method: str
    overlap: float
    shared: str
    others: int = 0
    in_benchmark: int | None = None
    in_checked: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contamination:
    """What was found in `checked` texts; the number of problems of each benchmark; the methods, strictest first."""

    checked: int
    benchmarks: Mapping[str, int]
    methods: tuple[str, ...]
    hits: tuple[Hit, ...]

    def reasons(self, methods: Sequence[str] | None = None) -> dict[str, str]:
        """Id of a text that one of `methods` (null: all) found -> why it may be left out, as the funnel says it.

        Of several methods the strictest speaks.
        """
        allowed = self.methods if methods is None else methods
        found: dict[str, str] = {}
        for hit in sorted(self.hits, key=lambda hit: self.methods.index(hit.method)):
            if hit.method in allowed:
                found.setdefault(hit.item_id, f"in {hit.benchmark} ({hit.method})")
        return found

    def plus(self, method: str, hits: Iterable[Hit]) -> "Contamination":
        """The same with what a further, looser method found (`thalweg.curate.neighbours`)."""
        return replace(self, methods=(*self.methods, method), hits=(*self.hits, *hits))

    def counts(self) -> dict[str, dict[str, int]]:
        """Benchmark -> method -> how many texts it found."""
        table = {name: dict.fromkeys(self.methods, 0) for name in self.benchmarks}
        for hit in self.hits:
            table[hit.benchmark][hit.method] += 1
        return table


def contamination(
    items: Iterable[tuple[str, str]],
    against: Mapping[str, Iterable[tuple[str, str]]],
    methods: Methods = _DEFAULT,
    workers: int = 1,
) -> Contamination:
    """Looks for the problems `(id, statement)` of the benchmarks `against` in texts `(id, text)`.

    Raises:
        InputError: there is no benchmark, or one has no problems; an n below 2.
    """
    held = {name: list(problems) for name, problems in against.items()}
    _check(held, methods)
    target = Target.of(held)
    detector = Detector(
        target,
        methods.ngrams,
        exact=methods.exact,
        near=methods.near,
        common=methods.common,
        symbols=methods.symbols,
    )
    seen = [np.zeros(len(index.keys), np.int64) for _, index in detector.indexes]
    ids: list[str] = []
    matches: list[Match] = []
    checked = 0
    for looked in ordered_map(detector, batches(items), workers):
        checked += len(looked.ids)
        _count(seen, looked)
        # Only ids of texts with a match are kept.
        for match in looked.matches:
            if not match.grams or match.overlap >= methods.overlap:
                matches.append(match._replace(item=len(ids)))
                ids.append(looked.ids[match.item])
    names = list(held)
    return Contamination(
        checked=checked,
        benchmarks={name: len(problems) for name, problems in held.items()},
        methods=_names(methods),
        hits=tuple(_hit(match, ids, names, target, seen) for match in matches),
    )


def _check(held: Mapping[str, Sequence[tuple[str, str]]], methods: Methods) -> None:
    if not held:
        raise InputError("benchmarks", "there is none to compare with", "name at least one")
    for name, problems in held.items():
        if not problems:
            raise InputError(f"benchmark '{name}'", "it has no problems", "check the file")
    for n in methods.ngrams:
        if n < 2:
            raise InputError("ngrams", f"{n} words make no n-gram", "use 2 or more, such as 8 or 13")


def _names(methods: Methods) -> tuple[str, ...]:
    exact = ("exact",) if methods.exact else ()
    near = ("near",) if methods.near is not None else ()
    return (*exact, *near, *(f"{n}-gram" for n in sorted(methods.ngrams, reverse=True)))


def _count(seen: Sequence[NDArray[np.int64]], looked: Looked) -> None:
    for total, keys in zip(seen, looked.seen, strict=True):
        np.add.at(total, keys, 1)


def _hit(
    match: Match, ids: Sequence[str], names: Sequence[str], target: Target, seen: Sequence[NDArray[np.int64]]
) -> Hit:
    in_checked = min((int(seen[place][keys].min()) for place, keys in match.grams), default=None)
    return Hit(
        item_id=ids[match.item],
        benchmark=names[int(target.benchmark[match.row])],
        benchmark_problem_id=target.ids[match.row],
        method=match.method,
        overlap=match.overlap,
        shared=match.shared,
        others=match.others,
        in_benchmark=match.spread if match.grams else None,
        in_checked=in_checked,
    )


__all__ = ["Contamination", "Hit", "Methods", "contamination"]
