# Needs Python >= 3.11 and make; everything else goes into .venv, pinned and hashed. `make` lists the verbs.

PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$p" && break; done)
VENV   := .venv
BIN    := $(VENV)/bin
PY     := $(BIN)/python
PIP    := $(PY) -m pip --quiet --disable-pip-version-check install
RUN    := $(VENV)/.run-installed
DEV    := $(VENV)/.dev-installed

N       ?=      # how many seeds (sim) or kills per scenario (torture); each has its own default
SEED    ?=      # sim: replay this one seed
SECONDS ?=      # torture: stop starting new rounds after this many seconds
ARGS    ?=      # passed on to pytest, the demo or the benchmark

.DEFAULT_GOAL := help
.PHONY: help demo test browser postgres servers check bench sim torture lock audit clean

help:  ## list the verbs
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(PY):
	@test -n "$(PYTHON)" || { echo "Batuta needs Python 3.11 or newer; say which: make PYTHON=/path/to/python3" >&2; exit 1; }
	@echo "creating $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo "$(PYTHON) cannot create an environment; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }

$(RUN): requirements-run.lock pyproject.toml | $(PY)
	@echo "installing what Batuta needs to run"
	@$(PIP) --require-hashes -r requirements-run.lock
	@$(PIP) --no-deps --no-build-isolation -e .
	@touch $@

$(DEV): requirements.lock pyproject.toml | $(PY)
	@echo "installing Batuta and its tools"
	@$(PIP) --require-hashes -r requirements.lock
	@$(PIP) --no-deps --no-build-isolation -e .
	@touch $@ $(RUN)

demo: $(RUN)  ## a support desk: sixty tickets, a person, kill -9 at the worst moment, a report, and the proof
	@$(PY) examples/support-desk/demo.py $(ARGS)

test: $(DEV)  ## the whole suite but the slow torture
	@$(PY) -m pytest -q -n auto --maxprocesses 8 --dist loadfile --no-loadscope-reorder $(ARGS)

browser: $(DEV)  ## the pages in a real Chromium (apt-get install chromium); BATUTA_SHOTS=DIR keeps pictures
	@$(PY) -m pytest -q -m browser tests/doors $(ARGS)

postgres: $(DEV)  ## what is tested against a Postgres server (it is started here; apt-get install postgresql)
	@$(PY) -m pytest -q -m postgres tests/capabilities/sql $(ARGS)

servers: $(DEV)  ## MCP servers of others, and the public conformance suite (fetched with npm and pip into .venv)
	@mkdir -p $(VENV)/servers && npm install --silent --no-audit --no-fund --prefix $(VENV)/servers node@24 \
		@modelcontextprotocol/conformance @modelcontextprotocol/server-everything \
		@modelcontextprotocol/server-filesystem @modelcontextprotocol/server-memory
	@test -d $(VENV)/servers/new || $(PYTHON) -m venv $(VENV)/servers/new
	@test -d $(VENV)/servers/old || $(PYTHON) -m venv $(VENV)/servers/old
	@$(VENV)/servers/new/bin/pip install -q mcp-server-git mcp-server-time mcp-server-fetch
	@$(VENV)/servers/old/bin/pip install -q mcp-server-sqlite 'mcp<2'
	@MCP_SERVERS=$(CURDIR)/$(VENV)/servers/node_modules/.bin:$(CURDIR)/$(VENV)/servers/new/bin:$(CURDIR)/$(VENV)/servers/old/bin \
		$(PY) -m pytest -q tests/capabilities/mcp/test_real_servers.py $(ARGS)

check: $(DEV)  ## format, lint, types, layers: all flaws at once
	@flaws=0; \
	$(BIN)/ruff format --check --quiet --output-format concise . || { flaws=1; echo "to format: $(BIN)/ruff format ."; }; \
	$(BIN)/ruff check --quiet . || flaws=1; \
	$(BIN)/pyright || flaws=1; \
	$(BIN)/lint-imports --no-logo || flaws=1; \
	exit $$flaws

bench: $(RUN)  ## engine workloads beside bare asyncio (and what else is installed)
	@$(PY) benchmarks/engine.py $(ARGS)

sim: $(DEV)  ## N seeded simulations; SEED=n replays one
	@$(PY) -m batuta.testing.simulate $(if $(SEED),--seed $(SEED),--seeds $(or $(strip $(N)),200)) $(ARGS)

torture: $(DEV)  ## kill -9 and faults with real processes; N rounds each, SECONDS at most
	@$(if $(strip $(N)),BATUTA_TORTURE_ROUNDS=$(strip $(N))) $(if $(strip $(SECONDS)),BATUTA_TORTURE_SECONDS=$(strip $(SECONDS))) \
		$(PY) -m pytest -q -m torture $(ARGS)

lock:  ## write both lock files anew (needs uv)
	@uv pip compile pyproject.toml --extra dev --extra all -o requirements.lock $(LOCK_FLAGS)
	@uv pip compile pyproject.toml --extra build --extra all -c requirements.lock -o requirements-run.lock $(LOCK_FLAGS)
LOCK_FLAGS := --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	--no-emit-index-url --no-emit-find-links --no-config --upgrade

audit: $(DEV)  ## known vulnerabilities in what is locked (asks the advisory database)
	@$(BIN)/pip-audit --require-hashes --disable-pip -r requirements.lock

clean:  ## remove the environment and every cache
	@rm -rf $(VENV) dist .pytest_cache .ruff_cache .import_linter_cache .hypothesis
