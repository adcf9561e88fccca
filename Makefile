# The system's own where it will do, as in the image: built with profiles of its use, it is a tenth faster than most others.
PYTHON ?= $(shell /usr/bin/python3 -c 'import sys, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && \
	echo /usr/bin/python3 || echo python3)
PORT ?= 8000
DATA ?= var
BIN := .venv/bin
LOCK := uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --quiet
# Python compiles what it imports; compiling all of it here would double the time to the first page.
PIP := $(BIN)/pip install -qq --no-compile --disable-pip-version-check --no-deps --require-hashes

PYTEST := $(BIN)/python -m pytest
ON_POSTGRESQL := LABELHUB_TEST_DATABASE=postgresql $(PYTEST)
# Three on two cores: they wait for processes most of the time. What a file starts is started once; quick files come last.
AT_ONCE := -n 3 --dist loadfile --no-loadscope-reorder
# With AGAIN=1, what failed is run once more with nothing else beside it.
AND_AGAIN = $(if $(AGAIN),|| { echo "Once more and alone:"; $(1) --last-failed --last-failed-no-failures none; })

.PHONY: run stack test faults contract bench lint lock screenshots

run: .venv/.installed
	@exec $(BIN)/python manage.py hub --demo --port $(PORT) --data "$(DATA)"

# What compose.yaml starts, on this machine: it needs PostgreSQL and Redis installed.
stack: .venv/.installed-dev
	@PORT=$(PORT) exec $(BIN)/python -m tests.stack

test: .venv/.installed-dev
	$(PYTEST) $(AT_ONCE) $(call AND_AGAIN,$(PYTEST))
ifeq ($(LABELHUB_TEST_SERVICES),1)
	$(ON_POSTGRESQL) $(AT_ONCE) $(call AND_AGAIN,$(ON_POSTGRESQL))
endif

# SEED repeats a run, LABELS makes the random ones longer, FAULTS=12,30 runs only these.
faults: .venv/.installed-dev
	@SEED=$(SEED) LABELS=$(LABELS) FAULTS=$(FAULTS) $(BIN)/python -m tests.faults

# The API against its own document, each request with and without a token; `make test` has time for a few only.
EXAMPLES ?= 2000
contract: .venv/.installed-dev
	LABELHUB_TEST_EXAMPLES=$(EXAMPLES) $(PYTEST) -n 2 tests/labelhub/api/test_contract.py

bench: .venv/.installed-dev
	$(BIN)/python -m bench

lint: .venv/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

screenshots: .venv/.installed-dev
	DJANGO_SETTINGS_MODULE=labelhub.settings $(BIN)/python -m tests.pages.screenshots

lock: .venv/.installed-dev
	$(BIN)/$(LOCK) requirements.in -o requirements.txt
	$(BIN)/$(LOCK) requirements-sentry.in -c requirements.txt -o requirements-sentry.txt
	$(BIN)/$(LOCK) requirements-telemetry.in -c requirements.txt -o requirements-telemetry.txt
	$(BIN)/$(LOCK) requirements-dev.in -c requirements.txt -o requirements-dev.txt

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "LabelHub needs Python 3.11 or newer as “$(PYTHON)”; name another one: make PYTHON=python3.12 run"; exit 1; }
	@$(PYTHON) -m venv .venv || \
		{ rm -rf .venv; echo "Python has no venv module: install it (Debian: python3-venv)."; exit 1; }

.venv/.installed: requirements.txt | .venv/bin/python
	@echo "Installing what LabelHub needs into .venv …"
	@$(PIP) -r requirements.txt
	@touch $@

.venv/.installed-dev: requirements-dev.txt | .venv/bin/python
	@echo "Installing what its tests need into .venv …"
	@$(PIP) -r requirements-dev.txt
	@touch $@ .venv/.installed
