"""Verdicts to corpus: which responses a student trains on, in which order, and why the others were left out."""
