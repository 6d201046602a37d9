# Each target sets itself up in .venv. It needs Python >= 3.11, make and git; the browser tests also need Chromium.
PYTHON ?= python3
BIN := .venv/bin
# Compiled modules and rewritten tests are kept: each worker and each program that a test starts would compile them anew.
export PYTHONDONTWRITEBYTECODE :=
export PYTHONPYCACHEPREFIX := $(CURDIR)/build/pycache
# One more worker than cores: some tests wait for a timeout.
WORKERS ?= $(shell $(PYTHON) -c "import os; print(os.cpu_count() + 1)")
PYTEST = CHROMIUM=$$(sh tools/chromium.sh) $(BIN)/python -m pytest --durations=5
PARALLEL = --dist=loadfile --no-loadscope-reorder
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --constraint constraints.txt --editable '.[notebook]'

.PHONY: demo lab voila test test-unit test-all lint lint-python lint-js compile format docs pictures bench judge soak kills conformance \
	binder-check dist-check clean

demo: .venv/.notebook ## sign in, fetch and draw on the sample; writes build/quickstart.html
	mkdir -p build
	$(BIN)/python -m imodels_nb demo --output build/quickstart.html

lab: .venv/.notebook ## JupyterLab with the quickstart; OPTIONS are passed on
	$(BIN)/jupyter lab --LabApp.default_url=/lab/tree/notebooks/01-quickstart.ipynb $(OPTIONS)

voila: .venv/.dev ## the explorer on the sample as a page without code
	cd notebooks && ../$(BIN)/voila explorer.ipynb

test: .venv/.dev ## lint, types, docs, unit tests, notebooks and browser tests
	$(MAKE) --no-print-directory --jobs=2 lint-python lint-js docs compile
	$(PYTEST) $(PARALLEL) --numprocesses=$(WORKERS) -m "not binder and not conformance and not long"

test-unit: .venv/.dev ## the quick tests only
	$(BIN)/python -m pytest --durations=5 $(PARALLEL) --numprocesses=$(WORKERS) -m "not binder and not browser and not conformance and not slow and not long"

test-all: test ## test, then the long tests, and the property tests with new examples
	$(PYTEST) -m long
	HYPOTHESIS_EXAMPLES=new-examples $(PYTEST) $(PARALLEL) --numprocesses=$(WORKERS) -m "hypothesis and not binder and not conformance and not long"

lint: lint-python lint-js ## style, types, import contracts, dependencies, notebooks without outputs; JavaScript where there is Node.js

lint-python: .venv/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry imodels_nb imodels_hub --no-ansi
	$(BIN)/nbstripout --verify notebooks/*.ipynb

lint-js:
	sh tools/check_js.sh

compile: .venv/.dev ## compile the tests once; else each worker of a first run would
	-$(BIN)/python -m pytest --collect-only --quiet >/dev/null

format: .venv/.dev ## format the code, fix what can be fixed, strip the notebooks
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/nbstripout notebooks/*.ipynb
	sh tools/check_js.sh --write

docs: .venv/.dev ## pages, notebooks and API reference in build/docs; OPTIONS=--execute runs the notebooks; a warning is an error
	$(BIN)/python -W error tools/docs.py $(OPTIONS)

pictures: .venv/.dev ## pictures of the README, drawn from the sample
	CHROMIUM=$$(sh tools/chromium.sh) $(BIN)/python tools/pictures.py

bench: .venv/.dev ## measure every budget; writes benchmarks/RESULTS.md
	-$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade --target build/peers orjson==3.13.0 vegafusion==2.0.3
	CHROMIUM=$$(sh tools/chromium.sh) PYTHONPATH=tests $(BIN)/python -m benchmarks

judge: .venv/.dev ## judge the findings on real histories in ../shared and on surrogates; writes benchmarks/JUDGE.md
	$(BIN)/python -m benchmarks.judging

soak: .venv/.dev ## 200 fetches with random faults; counts lost rows and leaks
	$(BIN)/python -m benchmarks.soak

kills: .venv/.dev ## 50 kills of a hub or its client during pushes; counts what is lost
	$(BIN)/python -m benchmarks.kills

conformance: .venv/.dev ## the vendor's client against the sample hub; needs Node.js
	sh tools/conformance.sh $(BIN)/python

binder-check: .venv/.dev ## build Binder's environment and run the notebooks in it
	sh tools/binder_check.sh $(PYTHON)

dist-check: .venv/.dev ## build wheel and sdist, inspect them, use the wheel in an empty environment
	rm -rf dist
	$(BIN)/python -m build --outdir dist .
	$(BIN)/python tools/dist_inspect.py
	sh tools/dist_check.sh $(CURDIR)/$(BIN)/python

.venv/.pip: pyproject.toml constraints.txt
	sh tools/venv.sh $(PYTHON)
	touch $@

.venv/.notebook: .venv/.pip
	$(INSTALL) --group quick
	touch $@

.venv/.dev: .venv/.pip
	$(INSTALL) --group quick --group dev
	touch .venv/.notebook $@

clean: ## remove the environment and everything that was built
	rm -rf .venv build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find imodels_nb imodels_hub tests tools -name __pycache__ -type d -prune -exec rm -rf {} +
