# Kobling's commands. Needed: Python 3.11 or later, pip, make, git; everything else comes into .venv.
# `make demo` runs the main job on made-up deliveries; `make test` and `make check` are what CI runs.
PYTHON ?= python3
BIN := .venv/bin
PACKAGES = $$($(BIN)/python -c "import sysconfig; print(sysconfig.get_path('purelib'))")

# on all cores, without the libraries' own tests; some libraries hold templates that are no Python
COMPILE = -$(BIN)/python -m compileall -q -j 0 -x '/tests/|/templates/'

# some shells forbid byte code, which makes Dagster, dbt and Great Expectations start two to three times slower
unexport PYTHONDONTWRITEBYTECODE
export PIP_DISABLE_PIP_VERSION_CHECK := 1

# The demo's home and key: made-up data need no secret. Neither demo nor tests see the caller's own settings.
unexport KOBLING_LANDING KOBLING_PROFILES KOBLING_TARGET KOBLING_PG_DSN KOBLING_KEEP_PUBLICATIONS KOBLING_WEBHOOK_URL KOBLING_MUNICIPALITY
DEMO_HOME ?= data
DEMO = KOBLING_HOME=$(DEMO_HOME) KOBLING_PSEUDONYM_KEY=demo-key-for-made-up-data-only
DEMO_CHILDREN := 60
DEMO_MONTHS := 4
DEMO_SEED := 1

POSTINGS := 100000 1000000
BENCH =
RATIOS := benchmarks/ratios.json

.PHONY: help demo dev test test-spark torture bench bench-check check format lock audit clean

help: ## what there is to make
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: .venv/runtime ## a publication of made-up deliveries, in data/
	@$(DEMO) $(BIN)/kobling synth --out $(DEMO_HOME) --children $(DEMO_CHILDREN) --months $(DEMO_MONTHS) --seed $(DEMO_SEED) > /dev/null
	@$(DEMO) $(BIN)/kobling run
	@echo "look at $(DEMO_HOME)/published/current/index.html, or open Dagster with 'make dev'"

dev: .venv/runtime ## Dagster's web UI on the demo's home
	@$(DEMO) $(BIN)/kobling dev

test: .venv/development ## all tests, on all cores
	$(BIN)/python -m pytest --numprocesses auto

torture: .venv/development ## the long versions: kills, mutations, damaged builds, random populations
	$(BIN)/python -m pytest --torture -m torture --numprocesses auto

test-spark: .venv/development ## the shared extracts on Spark and on DuckDB, row by row; needs a Java runtime
	$(BIN)/python -m pytest --spark -m spark tests/spark

bench: .venv/development ## Kobling beside the same marts by hand: POSTINGS="100000 1000000", BENCH="--repetitions 5"
	$(BIN)/python -m benchmarks.bench --postings $(POSTINGS) $(BENCH)

bench-check: POSTINGS := 100000
bench-check: .venv/development ## whether Kobling's ratios are worse than those in benchmarks/ratios.json
	$(BIN)/python -m benchmarks.bench --postings $(POSTINGS) --contenders floor kobling --compare $(RATIOS) $(BENCH)

check: .venv/development ## format, lint, types, SQL
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	@$(MAKE) --no-print-directory .venv/linted

# SQL is slow to parse in Python: only what changed since it was last found in order
SQL := $(shell find models tests/dbt -name '*.sql' 2>/dev/null)
.venv/linted: $(SQL) pyproject.toml
	$(BIN)/sqlfluff lint --processes 0 --disable-progress-bar $(if $(filter pyproject.toml,$?),$(SQL),$(filter %.sql,$?))
	@touch $@

format: .venv/development ## mend format and lint where a tool can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: .venv/development ## newer versions into the lock files
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile --upgrade --no-emit-index-url --no-header --no-annotate --quiet \
		--output-file requirements.lock pyproject.toml
	$(BIN)/uv pip compile --no-emit-index-url --no-header --no-annotate --quiet --extra dev \
		--constraint requirements.lock --output-file requirements-dev.lock pyproject.toml

audit: .venv/bin/python ## known vulnerabilities of what is locked; needs the internet
	$(BIN)/python -m venv .venv/audit
	.venv/audit/bin/pip install --quiet 'pip-audit>=2.10,<3'
	.venv/audit/bin/pip-audit --strict --no-deps --disable-pip --progress-spinner off --requirement requirements-dev.lock

clean: ## the environment, the demo's data and what tools left
	rm -rf .venv data target logs *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Kobling needs Python 3.11 or later")'
	$(PYTHON) -m venv .venv

# Byte code is compiled once, by COMPILE, instead of by pip file by file.
.venv/runtime: requirements.lock pyproject.toml | .venv/bin/python
	$(BIN)/pip install --quiet --no-compile -r requirements.lock
	$(BIN)/pip install --quiet --no-compile --no-deps --editable .
	$(COMPILE) $(PACKAGES) orchestration expectations
	$(BIN)/python -m orchestration.dbt
	@touch $@

# several municipalities on one instance of Dagster, docs/deployment.md
.venv/deployment: requirements-dev.lock .venv/runtime
	$(BIN)/pip install --quiet --constraint requirements-dev.lock --editable '.[deployment]'
	@touch $@

.venv/development: requirements-dev.lock .venv/runtime
	$(BIN)/pip install --quiet --no-compile -r requirements-dev.lock
	$(BIN)/pip install --quiet --no-deps --upgrade --target .venv/duckdb-1.4 duckdb==1.4.4
	$(COMPILE) $(PACKAGES)
	@touch $@
