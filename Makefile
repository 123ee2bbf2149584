# make demo   scan the demo project and show what is found          make lint   style, types, generated files
# make test   everything that must hold before a change lands       make fmt    format and mend what can be mended
# make docs   write what is derived anew: index, pages              make clean  remove what the other targets made
# make test-editors   the language server in every editor there is a test for (tests/editors/run.sh; screenshots in build/editors)
# make accuracy   what is found of the fixtures of Bandit and Ruff (fetched on the first run; docs/accuracy.md)
# make bench   speed beside Bandit, Ruff, Semgrep and others (corpus and peers are fetched; docs/performance.md)
#
# The first run makes .venv from nothing; it needs only a Python of 3.10 or later, with its venv module. The tests in
# editors install what they need as root on Debian, and elsewhere name what they left out; `make test EDITORS=` has none.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules
export PIP_DISABLE_PIP_VERSION_CHECK := 1

VENV := .venv
BIN := $(VENV)/bin
PYTHON ?=
PYTEST_ARGS ?= -n auto
EDITORS ?= nvim vscode
ACCURACY_ARGS ?=
BENCH_ARGS ?=

.PHONY: demo test test-editors accuracy bench lint fmt docs clean
.DEFAULT_GOAL := test

# --- environment -----------------------------------------------------------------------------------------------------

# `PYTHON=...` names the interpreter; otherwise python3 is taken where it is new enough, then the versioned names.
$(VENV)/made:
	@found=""; \
	for candidate in $(or $(PYTHON),python3 python3.13 python3.12 python3.11 python3.10); do \
	  if "$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; then found="$$candidate"; break; fi; \
	done; \
	if [ -z "$$found" ]; then echo "mlwarden needs Python 3.10 or later; none found. Name one: make PYTHON=/path/to/python3" >&2; exit 1; fi; \
	echo "making $(VENV) with $$found"; rm -rf $(VENV); \
	if ! "$$found" -m venv $(VENV); then \
	  echo "$$found cannot make virtual environments; on Debian and Ubuntu: apt-get install python3-venv" >&2; rm -rf $(VENV); exit 1; fi
	@$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	@touch $@

$(VENV)/installed: $(VENV)/made pyproject.toml
	@echo "installing mlwarden"; $(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(VENV)/developing: $(VENV)/made pyproject.toml
	@echo "installing mlwarden with what its tests need"
	@$(BIN)/python -m pip install --quiet --editable '.[lsp,pre-commit]' --group dev
	@touch $(VENV)/installed $@

# --- what people ask for ---------------------------------------------------------------------------------------------

# The demo's findings are its point, so they do not make it fail. The planted secrets are made up at run time.
demo: $(VENV)/installed
	@rm -rf build/demo
	@$(BIN)/python examples/plant_secrets.py build/demo
	$(BIN)/mlwarden check examples build/demo --statistics --exit-zero

test: lint
	$(BIN)/python -m pytest $(PYTEST_ARGS)
	$(if $(strip $(EDITORS)),MLWARDEN=$(BIN)/mlwarden tests/editors/run.sh $(EDITORS))

test-editors: $(VENV)/developing
	MLWARDEN=$(BIN)/mlwarden tests/editors/run.sh

accuracy: $(VENV)/developing
	$(BIN)/python -m benchmarks.accuracy $(ACCURACY_ARGS)

bench: $(VENV)/installed
	$(BIN)/python -m benchmarks.speed $(BENCH_ARGS)

lint: $(VENV)/developing
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m mlwarden.dev index --check
	$(BIN)/python -m mlwarden.dev docs --check
	$(BIN)/python -m mlwarden.bandit_engine.generate --check

fmt: $(VENV)/developing
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: $(VENV)/developing
	$(BIN)/python -m mlwarden.dev index
	$(BIN)/python -m mlwarden.dev docs
	$(BIN)/python -m mlwarden.bandit_engine.generate
	$(BIN)/python docs/make_screenshot.py
	$(BIN)/python tests/e2e/test_demo.py

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .mlwarden_cache
	find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +
