# Two commands on a fresh machine: `make demo` and `make test`. Both set up what they need.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK = 1
# each of the hundred processes that the tests start would compile all of HADES anew
unexport PYTHONDONTWRITEBYTECODE

# Neighbours stay with one worker, and with what their module or session has set up. A test that
# hangs shows where each of its threads stands, and fails: its worker ends, another takes its place.
LIMITED   := -o faulthandler_timeout=300 -o faulthandler_exit_on_timeout=true
ALL_CORES := -n auto --dist worksteal $(LIMITED)

.PHONY: demo test test-all coverage check fix docs bench contract conformance driver-suite clean

demo: $(VENV)/.demo  ## The main job on real input: ingest, serve, search, walk, query, ask.
	@$(BIN)/python examples/demo/demo.py

test: check  ## Every gate and every fast test.
	@$(BIN)/python -m pytest $(ALL_CORES)

test-all: check  ## Also the long and model-driven tests, and every Python found here.
	@$(BIN)/python -m pytest -m "" --cov --cov-report=term:skip-covered
	@$(BIN)/python tests/tools/other_pythons.py

coverage: $(VENV)/.dev  ## The fast tests, watched: they must reach the share pyproject.toml names.
	@$(BIN)/python -m pytest $(ALL_CORES) --cov --cov-report=term:skip-covered

check: $(VENV)/.dev  ## The gates: format, lint, types, layers, generated files.
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/lint-imports --no-logo > .lint-imports.log 2>&1 || (cat .lint-imports.log; exit 1)
	@$(BIN)/python -m hades_mcp.tools.contract --check
	@$(BIN)/python -m cogapp -I docs --check --check-fail-msg "run make docs" @docs/generated.txt
	@echo "check: all gates passed"

fix: $(VENV)/.dev  ## Format and mend what can be mended by machine.
	@$(BIN)/ruff format --quiet .
	@$(BIN)/ruff check --quiet --fix .

docs: $(VENV)/.dev  ## Write the generated parts of README and docs.
	@$(BIN)/python -m hades_mcp.tools.contract --write
	@$(BIN)/python -m cogapp -I docs -r @docs/generated.txt

bench: $(VENV)/.dev  ## Every figure we print, with its rival, in benchmarks/results/.
	@$(BIN)/pip install --quiet -e '.[bench]'
	@for script in benchmarks/bench_*.py benchmarks/*/bench_*.py; do \
	    echo "$$script"; $(BIN)/python $$script || exit 1; done

conformance: $(VENV)/.dev  ## The engine's answers beside a real server's: DIR=folder or HADES_CONFORMANCE.
	@$(BIN)/python -m tests.conformance $(DIR)

driver-suite: $(VENV)/.dev  ## python-arango's own tests: DIR=its checkout or HADES_DRIVER_SUITE.
	@$(BIN)/python -m tests.conformance.driver_suite $(DIR)

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .coverage .lint-imports.log dist build

$(VENV)/bin/pip:
	@echo "Creating a virtual environment in $(VENV) …"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.demo: pyproject.toml | $(VENV)/bin/pip
	@echo "Installing HADES with its model client (about 200 MB, once) …"
	@$(BIN)/pip install -e '.[models]'
	@touch $@

$(VENV)/.dev: pyproject.toml | $(VENV)/bin/pip
	@echo "Installing HADES and the developers' tools (about 350 MB, once) …"
	@$(BIN)/pip install --quiet --progress-bar on -e '.[dev]'
	@touch $@
