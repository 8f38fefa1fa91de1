"""Runs untrusted Python programs: fresh processes that can compute and print, and nothing else."""

from thalweg.sandbox.isolation import Isolation
from thalweg.sandbox.job import Job, Limits, Result, SandboxError
from thalweg.sandbox.pool import Pool

__all__ = ["Isolation", "Job", "Limits", "Pool", "Result", "SandboxError", "run_script"]


def run_script(pool: Pool, source: str, stdin: str = "", limits: Limits | None = None) -> Result:
    """Runs a program once, as `python prog.py` with `stdin` on its standard input."""
    payload = {"source": source, "inputs": [stdin], "budget_s": (limits or Limits()).wall}
    return pool.run(Job(driver="script", payload=payload, limits=limits or Limits()))
