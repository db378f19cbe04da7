# Throughcare: every task a developer or an officer's technician runs. `make help` lists them.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help setup

help:  ## list these targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | sort | expand -t 12

# Each step below compares the file it depends on with the copy it left after its last success, so a
# second `make setup` needs no network and takes well under a second.
setup: $(BIN)/python  ## build or refresh the virtual environment and the front-end files
	@cmp -s requirements.lock $(VENV)/installed.lock || { \
	  echo "Installing the locked packages into $(VENV)"; \
	  $(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock && \
	  cp requirements.lock $(VENV)/installed.lock; }
	@cmp -s pyproject.toml $(VENV)/installed.pyproject || { \
	  $(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --no-index --editable . && \
	  cp pyproject.toml $(VENV)/installed.pyproject; }

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Throughcare needs Python 3.11 or newer, and $(PYTHON) is older or missing." \
	    "Name a newer one: make setup PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)
