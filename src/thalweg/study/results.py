"""What a study found: outcomes, scores, curve and report, read from its folder.

The size-0 row of an arm is its start: the untouched student, or the rung that a second stage starts from.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from thalweg import store
from thalweg.curate.corpus import corpus_hash, read_corpus
from thalweg.curve.advice import Next
from thalweg.curve.composition import waterfall_of
from thalweg.curve.contrasts import Contrast, compare
from thalweg.curve.controls import Decomposition, against_start, decompose
from thalweg.curve.counts import counts_of
from thalweg.curve.diagnosis import is_recipe, own_control
from thalweg.curve.documents import curve_document, scores_document
from thalweg.curve.fit import fit
from thalweg.curve.forecast import Forecast, forecast, track_record
from thalweg.curve.intervals import Difference
from thalweg.curve.rates import outcome, score
from thalweg.curve.shapes import fit_shapes
from thalweg.errors import InputError
from thalweg.report.data import CorpusLine, ReportData, Sampled
from thalweg.report.html import write_report
from thalweg.study.advice import document, next_steps
from thalweg.study.config import Loaded
from thalweg.study.folder import Folder, rung_key
from thalweg.study.gate import gates
from thalweg.study.ladder import Rung, rungs, sampling_of, start_key
from thalweg.study.stages import comparisons
from thalweg.study.stopping import Stop, read_stop
from thalweg.types import Curve, Outcome, Problem, Response, Score, Verdict

_SHAPED = 3  # columns, the start among them, below which a curve has no shape to speak of


@dataclass
class Results:
    """Everything measured in a study so far; rungs that have not run are left out."""

    loaded: Loaded
    folder: Folder
    whole: frozenset[str] | None = None  # the rungs that are whole, by key; null: all but those that were skipped

    @cached_property
    def problems(self) -> dict[str, dict[str, Problem]]:
        """Held-out problems by benchmark and id."""
        paths = {name: self.folder.problems(name) for name in self.loaded.config.benchmarks}
        if not all(path.exists() for path in paths.values()):
            raise InputError(str(self.folder.root), "nothing has been scored yet", "run the study first")
        return {name: {p.id: p for p in store.read(path, Problem)} for name, path in paths.items()}

    @cached_property
    def rungs(self) -> list[Rung]:
        """The rungs that have answered every benchmark."""
        config = self.loaded.config
        return [
            rung
            for rung in rungs(config)
            if self._counts(rung.key)
            and all(self.folder.student_verdicts(rung.key, name).exists() for name in config.benchmarks)
        ]

    @cached_property
    def stop(self) -> Stop | None:
        """Why the ladder was left unfinished, if it was."""
        return read_stop(self.folder)

    def _counts(self, key: str) -> bool:
        """Whether a rung is of this run. What an earlier one, under other settings, left of a skipped rung is not."""
        if self.whole is not None:
            return key in self.whole
        return self.stop is None or key not in self.stop.skipped

    @cached_property
    def by_rung(self) -> dict[tuple[str, int, int], list[Outcome]]:
        """Outcomes on all benchmarks by (arm, size, seed), size 0 included."""
        config = self.loaded.config
        found: dict[tuple[str, int, int], list[Outcome]] = {}
        for arm in config.arms:
            for seed in config.seeds:
                found[arm, 0, seed] = list(self._outcomes(start_key(config, arm, seed), arm, 0, seed))
                for rung in self.rungs:
                    if (rung.arm, rung.seed) == (arm, seed):
                        found[arm, rung.size, seed] = list(self._outcomes(rung.key, arm, rung.size, seed))
        return {key: outcomes for key, outcomes in found.items() if outcomes}

    @property
    def outcomes(self) -> list[Outcome]:
        """All outcomes: the rows of `scores.parquet`."""
        return [row for outcomes in self.by_rung.values() for row in outcomes]

    @cached_property
    def scores(self) -> list[Score]:
        """One score a rung and benchmark: the rows of `scores.json`."""
        scores = []
        for (arm, size, seed), outcomes in self.by_rung.items():
            steps, tokens, distinct = self._trained(arm, size, seed)
            for name, benchmark in self.loaded.config.benchmarks.items():
                scores.append(
                    score(
                        [row for row in outcomes if row.benchmark == name],
                        steps=steps,
                        tokens_trained=tokens,
                        distinct_problems=distinct,
                        token_budget=benchmark.max_tokens,
                        sampling=sampling_of(benchmark).describe(),
                        prompt_hash=self.loaded.config.prompt.prompt().hash,
                    )
                )
        return scores

    @cached_property
    def curve(self) -> Curve:
        """The fit over the rungs."""
        if not self.by_rung:
            raise InputError(str(self.folder.root), "no rung has been scored yet", "run the study first")
        return fit(self.outcomes, benchmark=next(iter(self.loaded.config.benchmarks)))

    @cached_property
    def decompositions(self) -> list[Decomposition]:
        """The dip of the main arm taken apart by the controls, where the study has them."""
        arms = self.loaded.config.arms
        controls = {arm.control: name for name, arm in arms.items() if arm.control is not None}
        return decompose(
            self.outcomes,
            arm=self.loaded.config.main_arm,
            direct=controls.get("direct"),
            matched=controls.get("steps"),
            benchmark=next(iter(self.loaded.config.benchmarks)),
        )

    @cached_property
    def own_control(self) -> tuple[Difference, float] | None:
        """The arm of the student's own correct responses minus its start, and the start's score; null without one."""
        benchmark = next(iter(self.loaded.config.benchmarks))
        own = {name for name, arm in self.loaded.config.arms.items() if arm.control == "own"}
        rows = [row for row in against_start(self.outcomes) if row.arm in own and row.benchmark == benchmark]
        pooled = [row for row in rows if row.seed is None]
        if not pooled:
            return None
        largest = max(pooled, key=lambda row: row.size)
        start = self.curve.arms[largest.arm].base.value
        return None if start is None else (largest.difference, start)

    @property
    def contrasts(self) -> list[Contrast]:
        """The arms of each stage against each other, later ones against their start, in the seeds that both have."""
        config = self.loaded.config
        pairs = [pair for pair in comparisons(config) if self._seeds(*pair[0]) == self._seeds(*pair[1]) != set()]
        return compare(self.outcomes, pairs, next(iter(config.benchmarks)))

    @cached_property
    def advice(self) -> Next | None:
        """What to do next; null while nothing is trained."""
        problems = store.read_all(self.folder.problems("train"), Problem)
        seconds = {(rung.arm, rung.size): float(self._training(rung.key)["seconds"]) for rung in self.rungs}
        ill = self.own_control is not None and is_recipe(*self.own_control)
        return next_steps(self.loaded.config, self.scores, self.contrasts, problems, seconds, ill=ill)

    def _seeds(self, arm: str, size: int) -> set[int]:
        return {seed for rung_arm, rung_size, seed in self.by_rung if (rung_arm, rung_size) == (arm, size)}

    def write_scores(self) -> None:
        """Writes `scores.parquet`, `scores.json`, `curve.json` and `advice.json`."""
        curve = self.curve
        root = self.folder.root
        store.write(root / "scores.parquet", self.outcomes)
        store.write_json(root / "scores.json", scores_document(self.scores))
        store.write_json(root / "curve.json", curve_document(curve))
        if self.advice is not None:
            store.write_json(root / "advice.json", document(self.advice))

    def write_report(self) -> Path:
        """Writes `report.html` and `figures/`; the path of the page."""
        manifest = json.loads((self.folder.root / "manifest.json").read_text(encoding="utf-8"))
        versions = {name: version for name, version in manifest["versions"].items() if version}
        config = self.loaded.config
        data = ReportData(
            title=config.title or config.name,
            scores=self.scores,
            outcomes=self.outcomes,
            curve=self.curve,
            arm=config.main_arm,
            decompositions=self.decompositions,
            own_control=own_control(*self.own_control) if self.own_control else "",
            advice=self.advice,
            changes=waterfall_of(self.outcomes, config.main_arm, self.curve.benchmark),
            shapes=self._shapes(),
            contrasts=self.contrasts,
            samples=list(self._samples()),
            corpora=list(self._corpora()),
            out_of_domain=[name for name, benchmark in config.benchmarks.items() if benchmark.domain == "out"],
            gates=gates(config, self.outcomes),
            overlay=config.overlay,
            smoke_test=self._smoke_test(),
            config_text=yaml.safe_dump(manifest["study"], sort_keys=False, allow_unicode=True),
            caveats=[*self._unfinished(), *config.caveats],
            provenance={**versions, "python": manifest["python"], "revision": manifest["revision"] or "unknown"},
        )
        return write_report(data, self.folder.root)

    def _unfinished(self) -> Iterator[str]:
        """What a reader has to know of a ladder that is still running, or was left early."""
        if self.whole is not None:
            count = len(list(rungs(self.loaded.config)))
            yield f"The study is still running: {len(self.rungs)} of {count} rungs are in this report."
        elif self.stop is not None:
            yield self.stop.sentence

    def _shapes(self) -> list[str]:
        """The main arm's curve and what lies beyond it in words; nothing where fewer than three rungs are trained."""
        counts = counts_of(self.scores, self.loaded.config.main_arm, self.curve.benchmark)
        if len({c.size for c in counts}) <= _SHAPED:
            return []
        return [*fit_shapes(counts).describe(), *map(_foretold, forecast(counts))]

    def _smoke_test(self) -> dict[str, float]:
        """Candidate teachers and their students' mean pass@1."""
        path = self.folder.smoke_test
        if self.loaded.config.smoke_test is None or not path.exists():
            return {}
        scores: dict[str, float] = json.loads(path.read_text(encoding="utf-8"))["scores"]
        return scores

    def _outcomes(self, key: str, arm: str, size: int, seed: int) -> Iterator[Outcome]:
        start = self.loaded.config.arms[arm].start
        for name, problems in self.problems.items():
            for response, verdict in self._graded(key, name):
                problem = problems[response.problem_id]
                yield outcome(problem, response, verdict, arm=arm, start=start, size=size, seed=seed, benchmark=name)

    def _graded(self, key: str, benchmark: str) -> Iterator[tuple[Response, Verdict]]:
        path = self.folder.student_verdicts(key, benchmark)
        if not path.exists() or not self._counts(key):
            return
        verdicts = {v.response_id: v for v in store.read(path, Verdict)}
        for response in store.Shards(self.folder.student_responses(key, benchmark), Response).read():
            yield response, verdicts[response.id]

    def _trained(self, arm: str, size: int, seed: int) -> tuple[int, int, int]:
        """Steps, tokens trained and distinct problems of a rung's own training."""
        if size == 0:
            return 0, 0, 0
        result = self._training(rung_key(arm, size, seed))
        rows = read_corpus(self.folder.corpus(arm, size, seed))
        return result["steps"], result["tokens_trained"], len({row.problem_id for row in rows})

    def _training(self, key: str) -> dict[str, Any]:
        result: dict[str, Any] = json.loads((self.folder.student(key) / "result.json").read_text(encoding="utf-8"))
        return result

    def _corpora(self) -> Iterator[CorpusLine]:
        for rung in self.rungs:
            folder = self.folder.corpus(rung.arm, rung.size, rung.seed)
            result = self._training(rung.key)
            rows = read_corpus(folder)
            yield CorpusLine(
                arm=rung.arm,
                size=rung.size,
                seed=rung.seed,
                examples=len(rows),
                problems=len({row.problem_id for row in rows}),
                tokens=result["tokens_trained"],
                truncated=result["truncated"],
                hash=corpus_hash(rows),
            )

    def _samples(self) -> Iterator[Sampled]:
        """The same few problems for every rung of the first seed: a reader sees one problem along the ladder."""
        config = self.loaded.config
        seed = config.seeds[0]
        benchmark = next(iter(config.benchmarks))
        problems = self.problems[benchmark]
        shown = sorted(problems, key=lambda i: hashlib.sha256(i.encode()).digest())[: config.samples_shown]
        for arm in config.arms:
            for size in (0, *config.sizes_of(arm)):
                key = start_key(config, arm, seed) if size == 0 else rung_key(arm, size, seed)
                graded = {r.problem_id: (r, v) for r, v in self._graded(key, benchmark) if r.sample == 0}
                for problem_id in shown:
                    if problem_id in graded:
                        response, verdict = graded[problem_id]
                        yield Sampled(
                            arm=arm,
                            size=size,
                            seed=seed,
                            benchmark=benchmark,
                            problem=problems[problem_id],
                            response=response,
                            verdict=verdict,
                        )


def _foretold(beyond: Forecast) -> str:
    """A forecast in words, never without its track record."""
    span = f"{100 * beyond.low:.0f} to {100 * beyond.high:.0f} %"
    return (
        f"At {beyond.size:,} examples, {beyond.times} times the largest rung, {100 * beyond.value:.0f} % is expected "
        f"(90 % interval {span}; {track_record(beyond.times)})."
    )
