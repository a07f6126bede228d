# ShopComm: every command a person or a machine needs. Nothing here needs more than make, Python and venv.
PYTHON ?= python3
BIN := .venv/bin
export PIP_DISABLE_PIP_VERSION_CHECK = 1
# One worker more than there are cores: the one that has the faults waits most of the time, and so does each browser.
WORKERS = -n $(shell $(PYTHON) -c 'import os; print((os.cpu_count() or 1) + 1)') --dist loadgroup --no-loadscope-reorder

# FROM=… is the file to restore, TO=… where a backup is to be written (otherwise the data folder's backups/).
.PHONY: run shop backup restore test lint bench fuzz mutants rehearsal lighthouse drawings lock messages

# What is imported is compiled once and kept, whatever this shell wants of its own programs.
run shop: export PYTHONDONTWRITEBYTECODE =
run: .venv/.run-stamp
	@exec $(BIN)/python -m shopcomm.core.embedded.supervisor

shop: .venv/.run-stamp
	@exec $(BIN)/python -m shopcomm.core.embedded.supervisor shop

backup: .venv/.run-stamp
	@$(BIN)/python -m shopcomm.core.embedded.backups "$(TO)"

restore: .venv/.run-stamp
	@$(BIN)/python -m shopcomm.core.embedded.restoring "$(FROM)"

# Whoever wants no bytecode beside the sources would have each of the suite's hundred processes compile them anew.
test: export PYTHONDONTWRITEBYTECODE =
test: .venv/.dev-stamp messages
	$(BIN)/python -m pytest $(WORKERS) tests

lint: .venv/.dev-stamp messages
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/djangofmt --check --quiet templates
	$(BIN)/lint-imports --no-logo
	$(BIN)/mypy
	$(BIN)/python manage.py makemigrations --check --dry-run
	SECRET_KEY=$$($(BIN)/python -c 'import secrets; print(secrets.token_urlsafe(60))') \
	  DJANGO_SETTINGS_MODULE=shopcomm.settings.production \
	  $(BIN)/python manage.py check --deploy --fail-level WARNING

# PEERS=1 measures the chat beside socket.io, too: npm fetches it into ~/.cache/shopcomm-peers.
bench: .venv/.dev-stamp
	$(BIN)/python -m benchmarks $(if $(PEERS),--peers) $(ITEMS)

mutants: .venv/.dev-stamp messages
	$(BIN)/python -m mutants $(OPTIONS) $(ITEMS)

fuzz: .venv/.dev-stamp messages
	$(BIN)/python -m fuzz $(ITEMS) $(OPTIONS)

# WAYS=webhook … is some of the ways of joining another order system; OPTIONS as `python -m tests.rehearsal --help` says.
rehearsal: .venv/.dev-stamp messages
	$(BIN)/python -m tests.rehearsal $(OPTIONS) $(WAYS)

lighthouse: .venv/.dev-stamp messages
	$(BIN)/python -m benchmarks.lighthouse $(OPTIONS)

drawings:
	@$(PYTHON) docs/drawings/floors.py
	@$(PYTHON) docs/drawings/ways.py

messages:
	@$(BIN)/python -m shopcomm.core.embedded.catalogues

lock: .venv/.dev-stamp
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	  requirements.in -o requirements.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	  -c requirements.txt requirements-dev.in -o requirements-dev.txt

define CHECK_PYTHON
@command -v $(PYTHON) >/dev/null || { echo "Python is missing: install Python 3.11 or newer"; exit 1; }
@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
  || { echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)"; exit 1; }
@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null \
  || { echo "Python's venv is missing: apt install python3-venv"; exit 1; }
endef

# Modules are compiled when they are imported, and most never are; a suite of a hundred processes imports most.
.venv/.run-stamp: requirements.txt
	$(CHECK_PYTHON)
	$(PYTHON) shopcomm/core/embedded/installing.py $< --no-compile
	@touch $@

.venv/.dev-stamp: requirements-dev.txt
	$(CHECK_PYTHON)
	$(PYTHON) shopcomm/core/embedded/installing.py $<
	@touch $@ .venv/.run-stamp
