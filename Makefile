# Everything a contributor types. Each target sets up its own .venv first.
PYTHON ?= python3
BIN := .venv/bin
comma := ,

.PHONY: demo test check bench chaos clean

demo: .venv/ready  ## watch an agent go in circles and get out again
	$(BIN)/tremaux demo

test: .venv/ready  ## the whole suite, on up to four processors; each file on one
	$(BIN)/python -m pytest -n logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder

check: .venv/ready  ## formatter, linter, types, import layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: .venv/ready  ## speed and size, side by side with the usual ways
	$(BIN)/python -m tests.bench

chaos: .venv/ready  ## 200 tickets while servers, workers and terminals are killed; with containers where CHAOS_IMAGE names one
	$(BIN)/python -m tests.chaos --tickets 200 --servers 3 --kills 5 --freezes 2 --tmux-kills 2 --seed $(or $(SEED),1) \
		$(if $(CHAOS_IMAGE),--places process$(comma)tmux$(comma)docker --image $(CHAOS_IMAGE),--places process$(comma)tmux)

clean:  ## leave only what git knows
	rm -rf .venv dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt 'pip>=25.1'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable . --group dev
	touch $@
