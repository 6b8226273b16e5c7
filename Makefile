# Everything runs in .venv; `install` is done again only when the lock or the models changed.
SUPPORTED := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do $$p -c '$(SUPPORTED)' 2>/dev/null && echo $$p && break; done)
PORT ?= 3000
BIN := .venv/bin
PIP := $(BIN)/pip install -qq --disable-pip-version-check
UNINSTALLED := { echo 'make: the packages could not be installed: see to the network (HTTPS_PROXY for a proxy, PIP_INDEX_URL for an index of your own) and free space, and run the same again; it goes on where it stopped' >&2; exit 1; }
COMPILE := uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-strip-extras --no-header --quiet pyproject.toml

.PHONY: run test test-distributed test-shared ui install tools prepare check programs lock
run: install
	$(BIN)/nplv run --sources demo

install: .venv/installed prepare

.venv/installed: requirements.lock pyproject.toml
	@test -n '$(PYTHON)' && $(PYTHON) -c '$(SUPPORTED)' 2>/dev/null || { echo 'make: Python 3.11, 3.12 or 3.13 was not found; install it, or name it: make PYTHON=/path/to/python3.11' >&2; exit 1; }
	@echo 'Installing into .venv, once; this takes about a minute' >&2
	@test -x .venv/bin/pip || $(PYTHON) -m venv --clear .venv || { echo 'make: no .venv could be made: on Debian and Ubuntu install python3-venv, see to free space, and run the same again' >&2; exit 1; }
	@$(PIP) --require-hashes -r requirements.lock && $(PIP) --no-deps --no-build-isolation -e . || $(UNINSTALLED)
	@touch $@

.venv/tools: requirements-dev.lock .venv/installed
	@echo 'Installing the tools into .venv, once; this takes about a minute' >&2
	@$(PIP) --require-hashes -r requirements-dev.lock || $(UNINSTALLED)
	@touch $@

# What a night does not need: the site, the explorer and the shell of analysts, the engines of more than one machine, linters and tests.
tools: .venv/tools install

prepare: .venv/installed
	@$(BIN)/nplv prepare

check: tools
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/sqlfluff lint --disable-progress-bar dbt_project/models dbt_project/macros dbt_project/tests

# Tests open what is made in programs of other people (Chromium, LibreOffice, poppler and R), put the clock forward with faketime, and have hosts and engines of their
# own (iproute2, PostgreSQL, Redis). These are installed where that may be done without asking; elsewhere the tests that need them are skipped.
programs:
	@set -- $$(command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || echo chromium fonts-dejavu-core) \
	$$(command -v soffice >/dev/null || echo libreoffice-calc-nogui libreoffice-writer-nogui) $$(command -v pdftotext >/dev/null || echo poppler-utils) \
	$$(command -v faketime >/dev/null || echo faketime) $$(command -v Rscript >/dev/null || echo r-base-core) \
	$$(ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || echo postgresql) $$(command -v redis-server >/dev/null || echo redis-server) \
	$$(command -v ip >/dev/null || echo iproute2); \
	[ $$# -eq 0 ] || { command -v apt-get >/dev/null && as=$$([ "$$(id -u)" = 0 ] || echo 'sudo -n') && echo "Installing for the tests: $$*" >&2 && \
	$$as apt-get -qq update && $$as env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "$$@" >/dev/null; } || \
	echo "make: not there, and may not be installed here: $$*; the tests that need them are skipped" >&2

test: check programs
	$(BIN)/pytest -n 2 --dist loadfile
	$(BIN)/pytest -n 2 --dist loadfile --shared -m either

# Two hosts, with the engines that they share on a third; `make test` has these tests too.
test-distributed: tools programs
	$(BIN)/pytest tests/distributed

# All of gate, publication, edition, readers and kills on the engines that machines share: some forty minutes, of which `make test` has those that are marked `either`.
test-shared: tools programs
	$(BIN)/pytest -n 2 --dist loadfile --shared $(patsubst %,tests/integration/test_%.py,crashes edition edition_life held interrupted readers versions)

ui: install
	$(BIN)/nplv ui --port $(PORT)

lock:
	$(COMPILE) --extra dev -o requirements-dev.lock
	$(COMPILE) --extra install -c requirements-dev.lock -o requirements.lock
	$(COMPILE) --extra install --extra kubernetes -c requirements-dev.lock -o requirements-shared.lock
