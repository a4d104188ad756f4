# The two commands: `make lab` opens the course, `make test` tests it. `make help` lists the rest.

ifeq ($(OS),Windows_NT)
BIN := .venv/Scripts
PYTHON ?= python
else
BIN := .venv/bin
PYTHON ?= python3
endif
NOTEBOOKS := $(wildcard notebooks/*.ipynb notebooks/app/*.ipynb notebooks/coursework/*.ipynb)
WORKERS ?= 2
ROUNDS ?= 3
JOBS ?= 2
PYTEST := $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile
LOCK := uv pip compile pyproject.toml --universal --python-version 3.11 --quiet \
    --generate-hashes --no-header --no-annotate
NBVAL := $(PYTEST) --nbval-lax --nbval-current-env --nbval-cell-timeout=300 -p no:warnings

# A test run never downloads: it takes MNIST where it is, else the offline digits.
test check test-all test-rest unit lessons data-offline lessons-offline lessons-again browser class: \
    export MNISTLAB_OFFLINE = 1

.NOTPARALLEL:

.PHONY: help lab test check test-all test-rest course results bench bench-widgets lock clean setup
.PHONY: app coursework grade
.PHONY: style types unit lessons data-offline lessons-offline lessons-again browser class setup-all

help:           ## list these targets
	@grep -E '^[a-z-]+:.*##' Makefile | sed -e 's/:[^#]*##/ /'

lab: setup      ## open the course in JupyterLab
	@$(BIN)/python tools/lab.py

test: setup style types unit lessons  ## everything, on the digits at hand

check: setup style types  ## the quick part of the tests
	$(PYTEST) -q -m "not slow and not long and not browser"

test-all: test test-rest  ## everything, on both sets of digits

test-rest: setup data-offline lessons-offline lessons-again browser class  ## what test-all does after test

course: setup   ## run every lesson and write pages to build/course
	$(BIN)/python tools/course.py

results: setup  ## train every network with five seeds and write the results table
	$(BIN)/python tools/results.py

bench: setup    ## measure recipes, first projects and other libraries; ROUNDS=3, ONLY=word, PUBLISH=1
	$(BIN)/python tools/bench.py --rounds $(ROUNDS) --only '$(ONLY)' $(if $(PUBLISH),--publish)

bench-widgets: setup-all  ## measure in Chromium how soon sliders, pad and playground answer
	$(BIN)/python tools/bench_widgets.py

app: setup-all  ## start a page for people who should see no code, and print its address
	@$(BIN)/python tools/app.py

coursework: setup-all  ## build student versions, solutions and rubrics into build/coursework
	$(BIN)/python tools/coursework.py

grade: setup-all  ## grade a folder of notebooks: SUBMISSIONS=folder, JOBS=2; docs/coursework.md
	$(BIN)/python tools/grade.py '$(SUBMISSIONS)' $(if $(GRADES),--grades '$(GRADES)') \
	    --jobs $(JOBS) $(if $(UNSAFE),--unsafe)

lock:           ## choose the newest packages anew (needs uv)
	$(LOCK) --upgrade --extra test -o requirements.lock
	cp requirements.lock requirements-all.lock
	$(LOCK) --all-extras -o requirements-all.lock

clean:          ## remove what was built, the environment too
	rm -rf .venv .venv.old build .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage*

setup:
	@$(PYTHON) tools/setup.py

setup-all:
	@$(PYTHON) tools/setup.py --all

style:
	$(BIN)/python -m ruff check
	$(BIN)/python -m ruff format --check
	$(BIN)/typos
	$(BIN)/nbstripout --verify --keep-count --keep-id $(NOTEBOOKS)

types:
	$(BIN)/python -m mypy

unit:
	$(PYTEST) -m "not long and not browser" --cov --cov-report=term

lessons:
	$(NBVAL) $(NOTEBOOKS)

data-offline:
	MNISTLAB_DATA=offline $(PYTEST) -m data

lessons-offline:
	MNISTLAB_DATA=offline $(NBVAL) $(NOTEBOOKS)

lessons-again:
	$(BIN)/python -m pytest -m long

browser: setup-all
	$(BIN)/python -m pytest tests/browser

class: setup-all
	@$(BIN)/python -c "import nbgrader"
	$(PYTEST) $(wildcard tests/test_coursework_c*.py)
