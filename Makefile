# Two commands: `make serve` runs Deskbook, `make test` runs every check. `make help` lists the rest.

VENV := .venv
BIN := $(VENV)/bin
# Two at a time pays from two cores on; `make test PYTEST_ARGS=` runs one after the other.
PYTEST_ARGS ?= -n 2
ARGS ?=

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_ROOT_USER_ACTION := ignore

.DEFAULT_GOAL := help
.PHONY: help serve test check lint style audit bench screenshots lock translations clean

help: ## This list
	@sed -n 's/^\([a-z]*\):[^#]*## /  make \1  \t/p' Makefile

serve: $(VENV)/.runtime ## Run the help centre and the desk (ARGS="--port 9000" is passed on)
	@# Compiled ahead: the next start is half as long where Python itself is told to write no bytecode.
	@$(BIN)/python -m compileall -q kb search tickets
	@exec $(BIN)/deskbook serve $(ARGS)

test: $(VENV)/.dev ## Every check: format, lint, types, content, the tests with real servers and a browser, known vulnerabilities
	@.ci/packages
	@$(MAKE) --no-print-directory style
	@$(BIN)/python -m pytest $(PYTEST_ARGS)
	@$(MAKE) --no-print-directory audit

check: $(VENV)/.dev style ## The quick checks, for before a commit
	@$(BIN)/python -m pytest $(PYTEST_ARGS) -m "not slow and not browser"

lint: style audit

# Last, so that its verdict is not scrolled away; it waits at most two minutes for a database of vulnerabilities.
audit: $(VENV)/.dev ## Check the locked packages for known vulnerabilities
	@$(BIN)/python .ci/audit.py .lock/dev.txt

style: $(VENV)/.dev
	@$(BIN)/ruff format --quiet --check . || { echo "Run .venv/bin/ruff format"; exit 1; }
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy -p kb -p search -p tickets
	@env -u DESKBOOK_CONTENT $(BIN)/deskbook check

bench: $(VENV)/.dev ## Measure speed, memory and answers, and print the tables
	@$(BIN)/python -m tests.bench $(ARGS)

screenshots: $(VENV)/.dev ## Take the manual's pictures of pages again, from demo data (ARGS="report ticket")
	@$(BIN)/python -m tests.screenshots $(ARGS)

# Needs `uv` once: `pip install uv` anywhere. The lock holds for Python 3.11 to 3.14 and names no place to download from.
UV ?= uv
COMPILE := $(UV) pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --quiet \
	--no-header --no-emit-index-url --no-emit-find-links --extra postgres
lock: ## Pin the newest versions that pyproject.toml allows, with hashes (UPGRADE=--upgrade)
	$(COMPILE) $(UPGRADE) -o .lock/runtime.txt
	$(COMPILE) $(UPGRADE) --group dev -c .lock/runtime.txt -o .lock/dev.txt

translations: $(VENV)/.dev ## Collect the texts of pages and emails into kb/locale and compile them (ADD=nl starts a language)
	@$(BIN)/python .ci/translations.py $(ADD)

clean: ## Remove what can be made again; the data in var/ stays
	rm -rf $(VENV) dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis var/tools
	find . -name __pycache__ -prune -exec rm -rf {} +

# What is installed is told by a digest of the lock file: a checkout may give a newer file an older time. Nothing is done where it is the same.
$(VENV)/.runtime: FORCE
	@.ci/venv $(VENV) .lock/runtime.txt

$(VENV)/.dev: FORCE
	@.ci/venv $(VENV) .lock/dev.txt .lock/runtime.txt

.PHONY: FORCE
FORCE:
