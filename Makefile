# make setup | demo | test | test-oldest | test-all | lint | docs | dist        (PYTHON=python3.12 make setup picks another Python)
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: setup demo demo-full test test-oldest test-all lint format docs dist clean

setup: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "sign2gpt needs Python 3.11 or newer: PYTHON=python3.12 make setup"; exit 2; }
	@echo "installing into $(VENV): some minutes, gigabytes where torch brings CUDA"
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable '.[dev]' --constraint constraints.txt
	@touch $@

demo: setup  ## render a corpus, train the method on it, report: about ten minutes on 2 cores
	$(BIN)/sign2gpt demo

demo-full: setup  ## the demo, and the arm without pretraining at equal total steps
	$(BIN)/sign2gpt demo --full

# Files in the order that they lie in: the long ones, under e2e/, come early.
WORKERS ?= 2
BESIDE := -n $(WORKERS) --dist loadfile --no-loadscope-reorder

test: setup  ## the fast suite, two files at once; its models are so small that threads cost more than they bring
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m "not slow" $(BESIDE)

OLDEST := $(CURDIR)/build/oldest
SAFETY := tests/e2e/test_strangers.py tests/unit/model/test_weights.py tests/unit/model/test_text.py

test-oldest: setup  ## what strangers' files may do, with the oldest libraries that pyproject.toml allows
	rm -rf $(OLDEST)
	$(BIN)/python -m pip install --quiet --no-deps --target $(OLDEST) $$($(BIN)/python tools/oldest.py)
	PYTHONPATH=$(OLDEST) $(BIN)/python tools/oldest.py --check
	PYTHONPATH=$(OLDEST) OMP_NUM_THREADS=1 $(BIN)/python -m pytest $(SAFETY)

test-all: setup  ## also the demo, many kill points, every damaged input
	$(BIN)/python -m pytest

lint: setup
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/pyright
	$(BIN)/hadolint deploy/Containerfile

format: setup
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

docs: setup  ## the site, into site/: open site/index.html; no server and no network are needed
	$(BIN)/python -m mkdocs build --strict

dist: setup  ## wheel and sdist, into dist/
	rm -rf dist
	$(BIN)/python -m build --no-isolation
	$(BIN)/python -m twine check --strict dist/*

clean:
	rm -rf demo build dist site .pytest_cache .ruff_cache .hypothesis
