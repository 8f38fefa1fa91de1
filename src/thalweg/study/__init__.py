"""A study: arms x sizes x seeds, from problems to a curve. It wires the stages, which know nothing of each other."""
