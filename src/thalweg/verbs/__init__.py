"""The verbs that work on plain files, without a study: what the command line calls, and a Python user may too."""

from thalweg.verbs.audits import audit_contamination, audit_duplicates, audit_graders
from thalweg.verbs.choosing import CurateConfig, curate, shift, suitability
from thalweg.verbs.exporting import export_corpus, push_export
from thalweg.verbs.gating import gate
from thalweg.verbs.generating import generate, open_judge, pilot
from thalweg.verbs.harness import evaluate_harness
from thalweg.verbs.importing import import_source
from thalweg.verbs.joining import fit_outside, merge
from thalweg.verbs.rows import read_config, read_rows
from thalweg.verbs.stages import evaluate, fit, grade, grading_settings, train
from thalweg.verbs.teachers import SmokeConfig, teachers

__all__ = [
    "CurateConfig",
    "SmokeConfig",
    "audit_contamination",
    "audit_duplicates",
    "audit_graders",
    "curate",
    "evaluate",
    "evaluate_harness",
    "export_corpus",
    "fit",
    "fit_outside",
    "gate",
    "generate",
    "grade",
    "grading_settings",
    "import_source",
    "merge",
    "open_judge",
    "pilot",
    "push_export",
    "read_config",
    "read_rows",
    "shift",
    "suitability",
    "teachers",
    "train",
]
