# The daily commands, from nothing: `make` lists them. On Windows, do the same two steps by hand (README).
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
PIP := $(RUN) -m pip install --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help lab explore explorer.html test bench build site progress doctor clean
.SILENT:
# Two pips in one environment would fight.
.NOTPARALLEL:

help: ## list these commands
	echo "make COMMAND [ARGS=\"...\"] [PYTHON=python3.12]"
	awk -F ':.*## ' '/^[a-z.]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' Makefile

lab: $(VENV)/.lab ## open the lessons in JupyterLab
	$(RUN) -m capsule_tutor lab $(ARGS)

explore: $(VENV)/.lab ## turn the knobs of a capsule in the browser
	$(RUN) -m capsule_tutor explore $(ARGS)

explorer.html: $(VENV)/.lab ## write the theatre as one file that needs no Python
	$(RUN) -m capsule_tutor explore --export $@ $(ARGS)

test: $(VENV)/.test ## run every check and test (ARGS="--list" names them)
	$(RUN) tests/run.py $(ARGS)

bench: $(VENV)/.test ## time routing, lessons, training and the explorer
	$(RUN) -m pytest tests/benchmarks tests/browser --benchmark-only $(ARGS)

build: $(VENV)/.test ## make lessons and solutions from their sources
	$(RUN) -m capsule_tutor build $(ARGS)

site: $(VENV)/.test ## build the course as web pages, into the folder site
	$(RUN) -m capsule_tutor site $(ARGS)

progress: $(VENV)/.lab ## show which exercises you have passed
	$(RUN) -m capsule_tutor progress $(ARGS)

# Needs no finished installation: it is for the unfinished ones.
doctor: ## say what is installed, what is missing and how to fix it
	if [ -x $(RUN) ]; then $(RUN) -m capsule_tutor doctor $(ARGS); \
	else echo "There is no $(VENV) yet: make lab sets it up" >&2; exit 1; fi

clean: ## remove .venv and the caches, so that the next command starts again; keeps all notebooks
	rm -rf $(VENV) .pytest_cache .ruff_cache .hypothesis .benchmarks

# Each stamp is written last: an interrupted step leaves none, and the next call carries on from there.
# Tests of Python come before anything is written, so that a refusal leaves no half-made .venv.
$(VENV)/.made:
	command -v $(PYTHON) >/dev/null || { \
	  echo "$(PYTHON) is not there: install Python 3.11 to 3.14, or name one: make PYTHON=python3.12" >&2; exit 1; }
	$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' || { \
	  echo "$(PYTHON) is too old or too new: Python 3.11 to 3.14 is needed; name one: make PYTHON=python3.12" >&2; exit 1; }
	$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "$(PYTHON) cannot make environments: install its venv module (Debian, Ubuntu: sudo apt install python3-venv)" >&2; exit 1; }
	echo "Setting up $(VENV) (once; torch is several GB on Linux unless you choose a CPU build, see README)"
	$(PYTHON) -m venv $(VENV)
	touch $@

$(VENV)/.lab: $(VENV)/.made pyproject.toml
	echo "Installing what the lessons need"
	$(PIP) -e ".[lab]"
	touch $@

# The test extra holds the lab extra, hence both stamps.
$(VENV)/.test: $(VENV)/.made pyproject.toml
	echo "Installing what the lessons and the tests need"
	$(PIP) -e ".[test]"
	touch $(VENV)/.lab $@
