# make run and make test are all that a newcomer needs; CONTRIBUTING.md shows the rest.
PYTHON ?= python3
BIN := .venv/bin
DATA ?= .patchwarden
DIST ?= dist

# Some machines turn this on for their builds; then each of the hundreds of programs that the tests
# start would compile itself anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test test-slow check bench bench-full soak setup format lock clean agent wheel docs

run: setup
	$(BIN)/patchwarden quickstart --data $(DATA)

test: .venv/.development
	$(BIN)/pytest -n 2 -m "not slow"

# What takes too long for every day, such as Terraform and everything on PostgreSQL; skips with a
# reason what is not installed.
test-slow: .venv/.development
	$(BIN)/pytest -m slow
	$(BIN)/pytest -n 2 --every-store -m "postgresql and not slow"

check: .venv/.development
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/mypy tests benchmarks
	$(BIN)/lint-imports
	$(BIN)/deptry src
	$(BIN)/codespell

bench: .venv/.development
	$(BIN)/python -m benchmarks

# With 100,000 and 1,000,000 nodes: hours, and some 30 GB of disk in TMPDIR.
bench-full: .venv/.development
	$(BIN)/python -m benchmarks --effort full

# Ten minutes of mixed load: does the memory of the server stay flat?
soak: .venv/.development
	$(BIN)/python -m benchmarks.soak

setup: .venv/.runtime

format: .venv/.development
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# The pages that are made out of the code.
docs: .venv/.development
	$(BIN)/python tests/command_reference.py
	$(BIN)/python tests/compatibility_reference.py

wheel: setup
	$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir $(DIST) .

# The agent alone in one file: it needs nothing but a Python of 3.9 or later.
agent:
	rm -rf $(DIST)/agent
	mkdir -p $(DIST)/agent
	cp -R src/patchwarden_agent $(DIST)/agent/
	find $(DIST)/agent -name __pycache__ -prune -exec rm -rf {} +
	$(PYTHON) -m zipapp $(DIST)/agent -m patchwarden_agent.__main__:main -o $(DIST)/patchwarden-agent.pyz -p '/usr/bin/env python3'
	rm -rf $(DIST)/agent

# Two files with hashes: what it takes to run, and what it takes to work on it.
lock:
	$(PYTHON) -m venv .venv-lock
	.venv-lock/bin/pip install --quiet uv
	.venv-lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header pyproject.toml -o requirements/runtime.txt
	.venv-lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header pyproject.toml --extra postgresql --group dev -c requirements/runtime.txt -o requirements/development.txt
	rm -rf .venv-lock

clean:
	rm -rf .venv dist

.venv/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Patchwarden needs Python 3.11 or later: make run PYTHON=python3.11")'
	$(PYTHON) -m venv .venv

.venv/.runtime: .venv/bin/python pyproject.toml requirements/runtime.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/runtime.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $@

.venv/.development: .venv/.runtime requirements/development.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/development.txt
	touch $@
