# Throughcare: every task of a developer or of an office's technician. `make` alone lists them.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PACKAGES := $(wildcard throughcare server edge mobile_api casework sync_protocol tests bench)
CORE := --include='sync_protocol/*' --omit='sync_protocol/io/*'
CORE_TESTS := tests/unit/sync_protocol tests/properties tests/contract tests/vectors
QUICK := -m "not process and not browser and not slow"
FAST := -m "not process and not browser and not slow and not unhurried"
REST := -m "process or browser or slow"
WORKERS ?= 2
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help setup demo check test soak bench mutate format lock clean

help:  ## List these targets.
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | \
	  awk -F ':.*## ' '{ printf "  make %-8s %s\n", $$1, $$2 }'

# Each step compares the file it depends on with the copy it left after its last success, so a second
# `make setup` needs no network and takes well under a second.
setup: $(BIN)/python  ## Build .venv from the lock and put the front-end files in place.
	@cmp -s requirements.lock $(VENV)/installed.lock || { \
	  echo "Installing the locked packages into $(VENV)" && \
	  $(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock && \
	  cp requirements.lock $(VENV)/installed.lock; }
	@cmp -s pyproject.toml $(VENV)/installed.pyproject || { \
	  $(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --no-index --editable . && \
	  cp pyproject.toml $(VENV)/installed.pyproject; }
	@$(BIN)/python -m throughcare.assets

# Not a target to call: it makes the virtual environment, or says which Python to name.
$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "Throughcare needs Python 3.11 or newer, and '$(PYTHON)' is older or missing." \
	    "Name a newer one, for instance: make setup PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)

demo: setup  ## Start the demonstration estate; more choices: make demo ARGS="--help".
	@$(BIN)/throughcare demo $(ARGS)

# Only what is there to cover the core is counted: counting takes as long again as some tests do.
check: setup  ## Everything that can be checked in ninety seconds; the same here and in CI.
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy $(PACKAGES)
	$(BIN)/lint-imports --no-logo
	THROUGHCARE_HYPOTHESIS=gate $(BIN)/pytest -n $(WORKERS) $(FAST) $(CORE_TESTS) \
	  --cov=sync_protocol --cov-report= $(ARGS)
	$(BIN)/coverage report $(CORE) --fail-under=100
	$(BIN)/pytest -n $(WORKERS) $(FAST) $(addprefix --ignore=,$(CORE_TESTS)) $(ARGS)

# The quick tests must cover the code by themselves: counting would slow simulations and programs
# by half.
test: setup  ## All tests, with processes and browser, and their coverage.
	-@test -d node_modules/oidc-provider || $(BIN)/python -m tests.online
	$(BIN)/pytest -n $(WORKERS) $(QUICK) --cov --cov-report= $(ARGS)
	$(BIN)/coverage report $(CORE) --fail-under=100
	$(BIN)/coverage report --fail-under=90
	$(BIN)/pytest -n $$(( $(WORKERS) + 1 )) --dist worksteal $(REST) $(ARGS)

# It goes on where the last soak stopped and may be interrupted; its figures are in docs/reliability.md.
MINUTES ?= 60
soak: setup  ## Try to break everything for MINUTES=60 on every core; see docs/reliability.md.
	$(BIN)/python -m tests.soak --minutes $(MINUTES) $(ARGS)

bench: setup  ## Measure this machine's nodes beside other systems; see bench/ for the report.
	$(BIN)/python -m bench $(ARGS)

# One module after another, the smallest first; what was judged already is not tried again.
mutate: setup  ## Change policy, merge, scope and session in small ways: does a test notice?
	@for module in policy scope merge session; do \
	  THROUGHCARE_HYPOTHESIS=gate nice -n 19 $(BIN)/mutmut run --max-children 1 \
	    "sync_protocol.$$module*" || exit 1; done
	@$(BIN)/mutmut results | grep -v 'not checked'; echo "Compare with docs/mutation.md."

format: setup  ## Rewrite the layout of the code and repair what ruff can repair.
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# The second lock holds what a node runs, at the versions of the first; the third brings npm to a
# machine without one. None of them names a registry. UPGRADE=1 takes newer versions.
COMPILE := $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header \
  --python-version 3.11 $(if $(UPGRADE),--upgrade)
lock: setup  ## Compile the lock files again after pyproject.toml or package.json changed.
	$(COMPILE) pyproject.toml --extra dev -o requirements.lock
	$(COMPILE) pyproject.toml -c requirements.lock -o requirements-run.lock
	$(COMPILE) requirements-npm.in -o requirements-npm.lock
	npm install --package-lock-only --silent

clean:  ## Remove what setup and the tools made; never a store or a key.
	rm -rf $(VENV) node_modules mutants casework/web/static/vendor build dist htmlcov \
	  .coverage .coverage.* .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
