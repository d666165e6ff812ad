# make help lists the targets. Everything runs in .venv, which is made from requirements.lock.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.made-from-lock

.DEFAULT_GOAL := help
.PHONY: help venv demo serve-demo ci test test-browser chromium pictures lint types unit docs golden bench bench-quick bench-curve chaos chaos-workers
.PHONY: replay lock clean
.DELETE_ON_ERROR:

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(STAMP) ## release to the install base of example-repo/, step by step
	$(BIN)/python -m demo

serve-demo: $(STAMP) ## serve a small install base with a past, on PORT=8080, until Ctrl-C
	@$(BIN)/python -m demo.serve

ci: chromium test ## what continuous integration runs: test, then test-browser
	$(MAKE) test-browser

test: lint types unit docs ## everything that must pass before a merge, without a browser

test-browser: $(STAMP) ## the pages in a real Chromium, which has to be there
	@$(BIN)/python -m demo.chromium
	$(BIN)/pytest tests/browser

chromium: $(STAMP) ## look for Chromium; for root it is installed by apt-get when it is missing
	@$(BIN)/python -m demo.chromium --install

pictures: $(STAMP) ## the pictures in docs/pictures, made of serve-demo with Chromium
	$(BIN)/python -m demo.pictures

lint: $(STAMP) ## style: ruff check and ruff format
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: $(STAMP) ## mypy, strict
	$(BIN)/mypy

unit: $(STAMP) ## the tests, two at a time on each core: much of their time they wait for a disk or a process
	$(BIN)/pytest -n $$(( 2 * $$($(BIN)/python -c 'import os; print(len(os.sched_getaffinity(0)))') ))

docs: $(STAMP) ## the site, in build/docs; a warning or a broken link fails
	rm -rf build/docs
	$(BIN)/python -m sphinx -q -W --keep-going -E -j auto -c docs -d build/doctrees . build/docs
	$(BIN)/python -m handbook.links build/docs

golden: $(STAMP) ## write the golden files and the reference anew, for review with git diff
	RECONCILER_WRITE_GOLDENS=1 $(BIN)/pytest tests/docs/test_pages.py
	$(BIN)/python -m handbook

bench: $(STAMP) ## what it takes beside its baselines, in half an hour; writes docs/performance.md; ONLY=serving
	$(BIN)/python -m benchmarks $(if $(ONLY),--only "$(ONLY)")

bench-quick: $(STAMP) ## the same with small sizes, in a minute
	$(BIN)/python -m benchmarks --quick $(if $(ONLY),--only "$(ONLY)")

bench-curve: $(STAMP) ## up to UP_TO=5000000 attachments; writes a part of docs/operations/scaling.md
	$(BIN)/python -m benchmarks.curve $(if $(UP_TO),--up-to $(UP_TO))

chaos: $(STAMP) ## kill, stop and cut off reconcilers at random: SEED=… MINUTES=… ONLY=…
	$(BIN)/python -m chaos $(if $(SEED),--seed $(SEED)) $(if $(MINUTES),--minutes $(MINUTES)) \
	  $(if $(ONLY),--only "$(ONLY)")

chaos-workers: $(STAMP) ## kill leader and workers 25 times during a release to 200,000 accounts
	$(BIN)/python -m chaos $(if $(SEED),--seed $(SEED)) --minutes 0 --accounts 200000 \
	  --only "workers killed"

replay: $(STAMP) ## replay a history commit by commit: REPO=… FOLDER=… EVERY=…, or COMMITS=… SEED=…
	$(BIN)/python -m replay all $(if $(REPO),"$(REPO)") $(if $(COMMITS),--commits $(COMMITS)) \
	  $(if $(SEED),--seed $(SEED)) $(if $(FOLDER),--path "$(FOLDER)") \
	  $(if $(EVERY),--every $(EVERY))

venv: $(STAMP) ## .venv with what the lock names, checked by hash

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "Python 3.11 or newer is needed; $(PYTHON) is $$($(PYTHON) --version 2>&1)." >&2; \
	  echo "Name another one: make PYTHON=/path/to/python3.12" >&2; exit 1; }
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
	  --require-hashes --no-deps -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
	  --no-build-isolation --no-deps --editable .
	@touch $@

lock: ## resolve the dependencies anew; run it with the oldest Python supported, 3.11
	$(PYTHON) -m venv --clear build/lock
	build/lock/bin/python -m pip install --quiet --disable-pip-version-check 'pip-tools>=7.6'
	build/lock/bin/pip-compile --quiet --upgrade --all-extras --all-build-deps \
	  --generate-hashes --strip-extras --allow-unsafe --no-header \
	  --no-emit-index-url --no-emit-find-links --no-emit-trusted-host \
	  --output-file requirements.lock pyproject.toml

clean: ## remove what the other targets made
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
