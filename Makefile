# Everything runs in .venv; `install` is done again only when the lock or the models changed.
PYTHON ?= python3
PORT ?= 3000
BIN := .venv/bin

.PHONY: install test check ui prepare lock
install: .venv/installed prepare

.venv/installed: requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(0 if (3,11) <= sys.version_info[:2] <= (3,13) else "Python 3.11, 3.12 or 3.13 is needed: make PYTHON=python3.11")'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --no-deps --no-build-isolation -e .
	touch $@

prepare: .venv/installed
	$(BIN)/nplv prepare

check: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/sqlfluff lint --disable-progress-bar dbt_project/models dbt_project/macros dbt_project/tests

test: check
	$(BIN)/pytest

ui: install
	$(BIN)/nplv ui --port $(PORT)

lock:
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-strip-extras --no-header --quiet --extra dev pyproject.toml -o requirements.lock
