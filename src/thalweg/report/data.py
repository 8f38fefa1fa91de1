"""What a report is made of: plain records, so that a study, a test or a notebook can put one together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from thalweg.curve.advice import Next
from thalweg.curve.composition import Change
from thalweg.curve.contrasts import Contrast
from thalweg.curve.controls import Decomposition
from thalweg.curve.gate import Gate
from thalweg.types import Curve, Outcome, Problem, Response, Score, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampled:
    """One graded response to show."""

    arm: str
    size: int
    seed: int
    benchmark: str
    problem: Problem
    response: Response
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class CorpusLine:
    """What one rung was trained on; `tokens` are those of all passes, `hash` names the rows."""

    arm: str
    size: int
    seed: int
    examples: int
    problems: int
    tokens: int
    truncated: int
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportData:
    """A report's contents; `arm` is the arm that the verdict speaks of. Outcomes may be empty (a lone scores.json)."""

    title: str
    arm: str
    scores: Sequence[Score]
    outcomes: Sequence[Outcome]
    curve: Curve
    decompositions: Sequence[Decomposition] = ()
    own_control: str = ""  # what training on the student's own correct responses did
    advice: Next | None = None
    changes: Sequence[Change] = ()  # of `arm`, from rung to rung
    shapes: Sequence[str] = ()  # sentences on the curve of `arm`
    contrasts: Sequence[Contrast] = ()  # other arms against `arm`, at the same sizes
    samples: Sequence[Sampled] = ()
    corpora: Sequence[CorpusLine] = ()
    out_of_domain: Sequence[str] = ()  # benchmarks that are plotted against the first
    gates: Sequence[tuple[str, Gate]] = ()  # each arm's top rung, by its name
    overlay: Sequence[str] = ()  # published curves to draw behind the arm's own
    smoke_test: Mapping[str, float] = field(default_factory=dict)  # candidate teacher -> its students' mean pass@1
    config_text: str = ""
    caveats: Sequence[str] = ()
    provenance: Mapping[str, str] = field(default_factory=dict)
