# The two commands of the README are `make demo` and `make test`; each sets up what it needs.

SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
DEMO_SECONDS ?= 0

.PHONY: setup demo check test lint types contracts bench docs fmt lock clean

setup: $(READY)

$(READY): requirements/dev.txt requirements/build.txt requirements/node.txt package-lock.json \
          pyproject.toml scripts/setup $(wildcard src/layerkeep/devnet/contracts/*)
	PYTHON=$(PYTHON) scripts/setup
	@touch $@

demo: $(READY)  ## a real three-layer system on this machine, with layerkeep on it
	$(BIN)/layerkeep demo $(if $(filter-out 0,$(DEMO_SECONDS)),--for $(DEMO_SECONDS))

lint: $(READY)
	$(BIN)/ruff check src tests
	$(BIN)/ruff format --check src tests

types: $(READY)
	$(BIN)/mypy

contracts: $(READY)
	$(BIN)/lint-imports --no-cache

check: lint types contracts  ## all that needs no processes, in under two minutes
	$(BIN)/pytest -n 2 -m "not devnet and not slow"

test: $(READY)  ## everything, in under fifteen minutes; what only reads the code while chains run
	scripts/test-tools
	$(BIN)/pytest -n 2 -m "not devnet"
	@nice -n 19 $(MAKE) --no-print-directory lint types contracts & reading=$$!; \
	$(BIN)/pytest -n 3 --dist loadfile -m devnet || { test $$? -eq 1 && \
	echo "what failed beside two other devnets is tried once more, alone" && \
	$(BIN)/pytest --last-failed --last-failed-no-failures none -m devnet; }; tested=$$?; \
	wait $$reading && exit $$tested

bench: $(READY)  ## every timing a ratio to a baseline measured in the same run
	$(BIN)/layerkeep bench

docs: $(READY)  ## write docs/reference from the code
	$(BIN)/python scripts/docs

fmt: $(READY)
	$(BIN)/ruff check --fix src tests
	$(BIN)/ruff format src tests

lock:  ## resolve pyproject.toml anew, without any index's name in the result
	scripts/lock

clean:
	rm -rf .venv node_modules build .mypy_cache .ruff_cache .pytest_cache .hypothesis
