# Every target does its own set-up in .venv; `make` alone says what there is.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
WITH := .venv-integrations
WITH_READY := $(WITH)/.ready

.PHONY: help setup rank test test-integrations check faults bench bench-ranking clean

help:
	@echo "make rank    rank learning rates and activations on the embedded default"
	@echo "make test    run the tests"
	@echo "make test-integrations   run the tests against MLflow, Lightning, transformers and the like"
	@echo "make check   lint, types and import rules"
	@echo "make faults  kills, full disks, damaged files, fuzzed documents; some ten minutes"
	@echo "make bench   benchmarks, as ratios measured side by side; a quarter of an hour"
	@echo "make bench-ranking   how well the ranking picks, judged by full training; some hours, resumable"
	@echo "make setup   only prepare .venv"

setup: $(READY)

$(READY): pyproject.toml .ci/constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c .ci/constraints.txt -e '.[dev]'
	@touch $@

rank: $(READY)
	@$(BIN)/lyapscreen rank --lr 1e-4:1 --act relu,sigmoid

test: $(READY)
	$(BIN)/python -m pytest -q -n 2

# In an environment of its own: these libraries hold others back that the rest is tested with at their newest.
$(WITH_READY): pyproject.toml .ci/constraints-integrations.txt
	$(PYTHON) -m venv $(WITH)
	$(WITH)/bin/python -m pip install --quiet --no-compile --disable-pip-version-check -c .ci/constraints-integrations.txt \
		-e '.[integrations]'
	@touch $@

# Those of Optuna and scikit-learn are not run twice: `make test` has both libraries.
test-integrations: $(WITH_READY)
	$(WITH)/bin/python -m pytest -q -n 2 tests/integrations tests/examples/test_packages.py \
		--ignore-glob='*/test_optuna*.py' --ignore-glob='*/test_sklearn.py'

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q tests/test_structure.py
	@.ci/audit $(BIN)

faults: $(READY)
	$(BIN)/python -m tests.faults

bench: $(READY)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c .ci/constraints.txt 'lyapscreen[bench]' \
		|| echo "without deep-lyapunov: its row is left out" >&2
	$(BIN)/python -m tests.benchmarks

bench-ranking: $(READY)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c .ci/constraints.txt 'lyapscreen[bench]' \
		|| echo "without Optuna: its rows are left out" >&2
	$(BIN)/python -m tests.benchmarks.ranking
	$(BIN)/python -m tests.benchmarks.ranking.frontier

clean:
	rm -rf .venv $(WITH) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache
