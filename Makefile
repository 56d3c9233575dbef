# Needs Python 3.11 or newer and nothing else: everything else is installed into .venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SEED ?= 7
RETURNS ?= 20
PACK ?= standard
STAMP := $(VENV)/installed

.DEFAULT_GOAL := help
.PHONY: peer help install demo bench chaos lanes up down reset status test check format lint types layers determinism fingerprint docs corpus lock

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(STAMP) ## prepare .venv; quick when nothing has changed

demo: $(STAMP) ## run real returns from request to survey, and show where the money went
	@$(BIN)/backhaul demo

bench: $(STAMP) ## measure what a return costs beside a bare workflow; a few minutes
	@$(BIN)/python -m bench

chaos: $(STAMP) ## run SEED or SEEDS=1-20, RETURNS each under PACK, while everything is killed; count both sides
	@$(BIN)/python -m chaos --seeds $(or $(SEEDS),$(SEED)) --returns $(RETURNS) --pack $(PACK) \
		$(if $(SEEDS),--results docs/reliability.jsonl)
	@$(if $(SEEDS),$(BIN)/python -m chaos.page)

lanes: $(STAMP) ## judge the delay watch on simulated lanes, some minutes; write its part of the page
	@$(BIN)/python -m lanes --results docs/delay-watch.json
	@$(BIN)/python -m lanes.page

up: $(STAMP) ## start PostgreSQL, Temporal, sandbox, worker and API, and leave them running
	@$(BIN)/backhaul up

down: $(STAMP) ## stop what `make up` started; keeps all data
	@$(BIN)/backhaul down

status: $(STAMP) ## show what runs and where
	@$(BIN)/backhaul status

reset: $(STAMP) ## delete the embedded data, after asking
	@$(BIN)/backhaul reset

test: $(STAMP) ## run every test, in two processes side by side
	@$(BIN)/pytest --numprocesses 2

peer: ## install another Stripe to test against, where Node.js is
	@npm ci --no-audit --no-fund --prefix tests/contract/stripe_stateful_mock

check: lint types layers determinism fingerprint ## run every check that needs no running process

format: $(STAMP) ## rewrite the code in the project's format
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

lint: $(STAMP) ## check format and lint rules
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .

types: $(STAMP) ## check types
	@$(BIN)/mypy

layers: $(STAMP) ## check that layers import only those below them
	@$(BIN)/lint-imports

determinism: $(STAMP) ## check that workflows and domain use no clock, chance or set order
	@$(BIN)/python -m tests.support.determinism

fingerprint: $(STAMP) ## check that no workflow orders its steps otherwise without a patch
	@$(BIN)/python -m tests.support.fingerprint

corpus: $(STAMP) ## play every scenario anew, and record the histories that replay is tested with
	@$(BIN)/pytest --quiet tests/replay/record.py

docs: $(STAMP) ## write the pages that are made from the code
	@$(BIN)/python -m tests.support.settings_page
	@$(BIN)/python -m tests.support.catalogue_pages
	@$(BIN)/python -m chaos.page
	@$(BIN)/python -m lanes.page

lock: $(STAMP) ## pin every package anew, with hashes and without the address of an index
	@$(BIN)/python -m pip install --quiet pip-tools
	@CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/pip-compile --quiet --upgrade --allow-unsafe \
		--generate-hashes --strip-extras --no-emit-index-url --no-emit-trusted-host \
		--no-emit-find-links --extra embedded --extra dev \
		--output-file requirements.lock pyproject.toml
	@CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/pip-compile --quiet --allow-unsafe \
		--generate-hashes --strip-extras --no-emit-index-url --no-emit-trusted-host \
		--no-emit-find-links --constraint requirements.lock \
		--output-file requirements-runtime.lock pyproject.toml

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "Backhaul needs Python 3.11 or newer; '$(PYTHON)' is $$($(PYTHON) --version 2>&1 || true)." >&2; \
		echo "Point to another one with: make install PYTHON=/path/to/python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
		echo "This Python cannot make virtual environments. On Debian and Ubuntu:" >&2; \
		echo "  sudo apt-get install python3-venv" >&2; exit 1; }
	@echo "Preparing $(VENV) ..."
	@$(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes \
		--requirement requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps \
		--no-build-isolation --editable .
	@touch $(STAMP)
