# Every target does its own set-up, in .venv, from nothing but Python >= 3.11, make and git.
PYTHON ?= python3
BIN := .venv/bin
# more than cores, as many tests wait for a browser, a kernel or a server
WORKERS ?= $(shell $(PYTHON) -c "import os; print(os.cpu_count() + 2)")
PYTEST = $(BIN)/python -m pytest --numprocesses=$(WORKERS) --dist=loadfile --no-loadscope-reorder --durations=5
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable .

.PHONY: bench demo dist dist-check docs lab pictures test test-all test-unit test-slow test-browser conformance lint soak binder-check \
	constraints voila audit clean

demo: .venv/.notebook ## sign in, fetch, see: the quickstart on the sample hub, as one HTML page
	$(BIN)/python tools/demo.py

lab: .venv/.notebook ## JupyterLab on the quickstart, with OPTIONS of its own
	$(BIN)/jupyter lab --LabApp.default_url=/lab/tree/notebooks/01-quickstart.ipynb $(OPTIONS)

voila: .venv/.voila ## the explorer on the sample, as a page without code
	cd notebooks && ../$(BIN)/voila explorer.ipynb

test: lint docs ## everything that has to hold
	CHROMIUM=$$(sh tools/chromium.sh) $(PYTEST) -m "not binder and not conformance and not long"

test-all: test ## and what takes longer: a million changesets in every front end
	CHROMIUM=$$(sh tools/chromium.sh) $(BIN)/python -m pytest -m long --durations=5

lint: .venv/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/nbstripout --verify notebooks/*.ipynb

test-unit: .venv/.dev
	$(PYTEST) -m "not binder and not browser and not conformance and not slow and not long"

test-slow: .venv/.dev
	$(PYTEST) -m "slow and not browser and not long"

test-browser: .venv/.dev
	CHROMIUM=$$(sh tools/chromium.sh) $(PYTEST) -m "browser and not long"

docs: .venv/.dev ## the reference of the public names, in build/docs; a warning ends it
	$(BIN)/python -W error tools/docs.py

pictures: .venv/.dev ## the pictures of the README, drawn anew from the sample, light and dark
	CHROMIUM=$$(sh tools/chromium.sh) $(BIN)/python tools/pictures.py

conformance: .venv/.dev ## the vendor's own client against the sample hub, field by field; needs Node.js and npm
	sh tools/conformance.sh $(BIN)/python

bench: .venv/.dev ## every budget of the design, measured on this machine; writes benchmarks/RESULTS.md
	-$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade --target build/peers orjson==3.13.0 vegafusion==2.0.3
	CHROMIUM=$$(sh tools/chromium.sh) PYTHONPATH=tests $(BIN)/python -m benchmarks

soak: .venv/.dev ## 200 fetches while two things go wrong at random; prints what was lost, leaked or left behind
	$(BIN)/python -m benchmarks.soak

dist: .venv/.dev ## wheel and sdist in dist/, and what is in them compared with the checkout
	rm -rf dist
	$(BIN)/python -m build --outdir dist .
	$(BIN)/python tools/dist_inspect.py

dist-check: dist ## install the wheel into an empty environment outside the checkout, and use it there
	sh tools/dist_check.sh $(BIN)/python

binder-check: .venv/.dev ## install exactly what Binder installs into an empty environment, and run every notebook there
	sh tools/binder_check.sh $(PYTHON)

audit: .venv/.dev ## licences, and known vulnerabilities, of what is pinned; asks a service on the internet
	$(BIN)/python tools/licences.py binder/requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade --target build/audit pip-audit==2.10.1
	PYTHONPATH=build/audit $(BIN)/python -m pip_audit --requirement constraints.txt --no-deps --disable-pip --strict

constraints: ## pin anew what a fresh environment resolves to
	sh tools/constraints.sh $(PYTHON)

.venv/.notebook: pyproject.toml constraints.txt
	sh tools/venv.sh $(PYTHON)
	$(INSTALL) --group notebook
	touch $@

.venv/.voila: .venv/.notebook
	$(INSTALL) --group voila
	touch $@

.venv/.dev: .venv/.notebook
	$(INSTALL) --group dev
	touch $@

clean: ## undo all of the above
	rm -rf .venv build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find imodels_nb imodels_hub tests tools -name __pycache__ -type d -prune -exec rm -rf {} +
