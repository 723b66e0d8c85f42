# What a newcomer and the continuous integration type. Needs python3 (3.11 or newer, with venv) and make; pip fetches the rest.
.DEFAULT_GOAL := help
.NOTPARALLEL:
SHELL := /bin/sh

VENV ?= .venv
PYTHON ?= python3
DEMO ?= demo
WORKERS ?= 2
OLDEST := 3, 11

# A PYTHON given by the caller is taken at its word; otherwise a newer one stands in for a python3 that is too old.
CANDIDATES := $(if $(filter file,$(origin PYTHON)),python3 python3.13 python3.12 python3.14 python3.11,$(PYTHON))

ifneq ($(words $(VENV)),1)
$(error VENV='$(VENV)' must be one path without spaces)
endif

# One thread for each process: the workers share the cores already. Nothing here may speak to a telemetry server.
export OMP_NUM_THREADS := 1
export OPENBLAS_NUM_THREADS := 1
export MKL_NUM_THREADS := 1
export MPLBACKEND := Agg
export PYBAMM_DISABLE_TELEMETRY := true
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Bytecode of the tests is kept: without it each process compiles all of them anew, some ten seconds.
unexport PYTHONDONTWRITEBYTECODE

# A virtual environment copied together with its checkout still points to the old place: make it anew.
ifneq ($(shell cat "$(VENV)/.made" 2>/dev/null),$(CURDIR))
.PHONY: $(VENV)/.made
endif

.PHONY: help demo test fast calibration lowest lint docs clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "make %-11s %s\n", $$1, $$2}' Makefile
	@echo "Settings: VENV=$(VENV) PYTHON=$(PYTHON) DEMO=$(DEMO) WORKERS=$(WORKERS)"

demo: $(VENV)/.installed-run ## run the shipped study in the folder demo (DEMO=): atomistic files in, cell with error bars out
	@"$(VENV)/bin/a2c" demo "$(DEMO)"

# mypy's verdict moves with the stubs of numpy that happen to be installed: it belongs to lint, not to whether the package works.
test: $(VENV)/.installed-test ## ruff and the test suite, slow tests too
	"$(VENV)/bin/python" -m ruff check .
	"$(VENV)/bin/python" -m pytest -n $(WORKERS) --dist worksteal --durations 5 -m "not calibration"

# About a minute of processor time. What is slow stands in tests/slow_tests.txt, or has the marker. In one process: a second one
# loads all libraries and collects all tests again and hands on each result, a third more time in all.
fast: $(VENV)/.installed-test ## the test suite without what is marked slow
	"$(VENV)/bin/python" -m pytest -m "not slow and not calibration"

# All of it, each night and in .ci/run: some ten minutes, so that no part has to be chosen.
calibration: $(VENV)/.installed-test ## what error bars cover in hundreds of repetitions, and whole corpora of hostile files
	"$(VENV)/bin/python" -m pytest -n $(WORKERS) --dist worksteal -m calibration

lowest: $(VENV)/.made ## the fast suite on the oldest versions that pyproject.toml admits (give VENV= another folder)
	"$(VENV)/bin/python" -m pip install --quiet -r tests/lowest-versions.txt
	"$(VENV)/bin/python" -m pip install --quiet --no-deps --editable .
	"$(VENV)/bin/python" -m pytest -n $(WORKERS) --dist worksteal -m "not slow and not calibration"

lint: $(VENV)/.installed-test ## style, format and types
	"$(VENV)/bin/python" -m ruff check .
	"$(VENV)/bin/python" -m ruff format --check .
	"$(VENV)/bin/python" -m mypy

docs: $(VENV)/.installed-docs ## the documentation, warnings as errors, into docs/_build/html
	"$(VENV)/bin/python" -m sphinx -W --keep-going -q -b html docs docs/_build/html
	@echo "docs/_build/html/index.html"

clean: ## remove what make has made (the folder of the demo stays: it may hold your changes)
	@if [ -f "$(VENV)/.made" ]; then rm -rf "$(VENV)"; fi
	@rm -rf docs/_build docs/reference/study.md .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist
	@find a2c_pybamm tests examples benchmarks docs -name __pycache__ -prune -exec rm -rf {} + 2>/dev/null || true

# Editable, so that a change of the code needs no new installation; only a change of pyproject.toml does.
$(VENV)/.installed-%: pyproject.toml $(VENV)/.made
	@echo "Installing a2c_pybamm ($*) into $(VENV); the first time this takes some minutes ..."
	@"$(VENV)/bin/python" -m pip install --quiet --editable "$(if $(filter run,$*),.,.[$*])" || \
	  { echo "a2c_pybamm: pip could not install into $(VENV) (see above); once that is cured, run make again" >&2; exit 1; }
	@touch $@

# The mark .made is written last: an environment that was interrupted half-way has none, and is made anew.
$(VENV)/.made:
	@found=; old=; bare=; \
	for python in $(CANDIDATES); do \
	  command -v "$$python" >/dev/null 2>&1 || continue; \
	  "$$python" -c 'import sys; sys.exit(3) if sys.version_info < ($(OLDEST)) else [__import__("venv"), __import__("ensurepip")]' \
	    >/dev/null 2>&1; \
	  case $$? in \
	    0) found=$$python; break;; \
	    1) bare=$${bare:-$$python};; \
	    3) old=$${old:-$$python};; \
	  esac; \
	done; \
	if [ -z "$$found" ]; then \
	  if [ -n "$$bare" ]; then \
	    echo "a2c_pybamm: $$bare has no venv; on Debian or Ubuntu: apt install $$(basename "$$bare")-venv" >&2; \
	  elif [ -n "$$old" ]; then \
	    echo "a2c_pybamm: needs Python 3.11 or newer, $$old is $$("$$old" -V 2>&1); install a newer one and say make PYTHON=python3.12" >&2; \
	  else \
	    echo "a2c_pybamm: no working Python found (tried: $(CANDIDATES)); on Debian or Ubuntu: apt install python3 python3-venv" >&2; \
	  fi; \
	  exit 1; \
	fi; \
	if [ -n "$$(ls -A "$(VENV)" 2>/dev/null)" ] && [ ! -f "$(VENV)/pyvenv.cfg" ]; then \
	  echo "a2c_pybamm: VENV=$(VENV) holds files and is no virtual environment; name another folder" >&2; exit 1; \
	fi; \
	rm -f "$(VENV)"/.made "$(VENV)"/.installed-*; \
	if ! "$$found" -m venv --clear "$(VENV)"; then \
	  rm -rf "$(VENV)"; echo "a2c_pybamm: $$found -m venv $(VENV) failed (see above)" >&2; exit 1; \
	fi; \
	echo "$(CURDIR)" > "$(VENV)/.made"
