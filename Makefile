# Needs Python 3.11 or newer, and make. Everything else comes with the first target.
#   make demo    from nothing to a finished analysis and the dashboard (WALLET=… with HELIUS_API_KEY: the real chain)
#   make test    style, types, and the whole suite on real servers (ARGS=… goes to pytest, PROCESSES=1: one at a time)
#   make chaos   the whole service while everything breaks that can, by seed (SEED=… FAULTS=…; AGAIN=1: seeds that once failed)

BIN := .venv/bin
PROCESSES := 3
CANDIDATES := $(PYTHON) python3 python3.14 python3.13 python3.12 python3.11
PROBE := import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))
COMPILE := uv pip compile setup.cfg - --universal --python-version 3.11 --generate-hashes --quiet \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"

# Python starts by the hundred here; without its bytecode each start would compile our modules anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: setup demo test lint chaos faults bench lock clean
.DEFAULT_GOAL := setup

setup: .venv/ready

.venv/ready: requirements-dev.txt setup.cfg pyproject.toml
	@for python in $(CANDIDATES); do \
	  if $$python -c "$(PROBE)" 2>/dev/null; then exec $$python -m venv .venv; fi; \
	done; \
	echo "walletjobs needs Python 3.11 or newer with its venv module (Debian: apt-get install python3-venv)" >&2; exit 1
	@echo "Installing what requirements-dev.txt pins into .venv …"
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: .venv/ready
	@exec $(BIN)/walletjobs demo $(if $(WALLET),--wallet "$(WALLET)")

test: lint
	$(BIN)/pytest --numprocesses $(PROCESSES) --dist loadfile --no-loadscope-reorder $(ARGS)

lint: .venv/ready
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

chaos: .venv/ready
	cd tests && ../$(BIN)/python -m chaos $(if $(SEED),--seed $(SEED)) $(if $(FAULTS),--faults $(FAULTS)) \
	  $(if $(AGAIN),--again)

faults: .venv/ready
	FAULT_SEEDS=$(or $(SEEDS),200) $(BIN)/pytest tests/services/test_sync_faults.py

bench: .venv/ready
	$(BIN)/python -m bench $(ARGS)

lock: .venv/ready
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/$(COMPILE) --output-file requirements.txt < /dev/null
	echo "setuptools>=77" | $(BIN)/$(COMPILE) --extra local --extra test --constraints requirements.txt \
		--output-file requirements-dev.txt

clean:
	@if [ -e .local/lock ] && command -v flock >/dev/null && ! flock --nonblock .local/lock true; then \
	  echo "A demo is running here; end it first (Ctrl-C in its terminal)" >&2; exit 1; \
	fi
	rm -rf .venv .local .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist *.egg-info .coverage
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
