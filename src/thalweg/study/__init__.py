"""A study: arms x sizes x seeds, from problems to a curve. This package wires the stages, which know nothing of each other."""
