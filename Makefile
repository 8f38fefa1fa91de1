# Every target makes its own virtual environment first; `make demo` and `make test` are all that a newcomer needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
STUDY := studies/miniature

.PHONY: install bubblewrap demo curves experiments test stress lint types bench docs lock clean

install: $(STAMP)

# The lock pins everything but the project itself. Torch comes first and alone, so that a CPU build that is at hand satisfies the rest.
$(STAMP): pyproject.toml requirements.lock
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check "$$(grep '^torch==' requirements.lock)"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $(STAMP)

# Grading runs programs under bubblewrap where it is there, and under Landlock and seccomp alone where it is not.
bubblewrap:
	@command -v bwrap >/dev/null || \
	  { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get install -y -qq bubblewrap >/dev/null 2>&1; } || \
	  echo "bubblewrap is not installed (apt-get install bubblewrap): grading goes without it, and its tests are skipped"

demo: install
	test -e $(STUDY)/study.yaml || $(BIN)/thalweg init miniature $(STUDY)
	$(BIN)/thalweg run $(STUDY)

# The study behind docs/miniature.md: three learning rates, five seeds, about 25 minutes.
curves: install
	test -e studies/miniature-rates/study.yaml || $(BIN)/thalweg init miniature-rates studies/miniature-rates
	$(BIN)/thalweg run studies/miniature-rates

# The studies behind docs/experiments.md, and its tables and figures: about an hour on two cores.
experiments: install
	for name in miniature-arms miniature-teachers ded; do \
	  { test -e studies/$$name/study.yaml || $(BIN)/thalweg init $$name studies/$$name; } && $(BIN)/thalweg run studies/$$name || exit; \
	done
	$(BIN)/python docs/make_experiments.py

test: install bubblewrap
	$(BIN)/python -m pytest -n 3 --dist loadfile

# What takes minutes: 5,000 requests at a faulty server, ten kills of a study, lost nodes, whole studies on Ray.
stress: install bubblewrap
	$(BIN)/python -m pytest -m stress

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: install
	$(BIN)/mypy

# MODEL is a folder in transformers format.
bench: install
	$(BIN)/python benchmarks/train.py --model $(or $(MODEL),src/thalweg/miniature/student)

docs: install
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

lock: install
	$(BIN)/python -m pip freeze --exclude-editable | sed 's/+cpu$$//; s/^torch==\(.*\)+cpu$$/torch==\1/' > requirements.lock

clean:
	rm -rf $(VENV) site
