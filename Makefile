# make run    execute the whole series; copies, figures and networks are written to build/
# make test   prove that everything does what it shows
# make lab    read and try the notebooks in JupyterLab
# make app    draw a digit on a web page; with LAN=1 on a phone in the same network
# make doctor tell whether this machine is ready for a class
#
# Each makes the environment .venv on first use, with the exact versions in requirements.lock;
# `make test` adds the tools of requirements-dev.lock. CONTRIBUTING.md names what else authors need.

# The first of these that is Python 3.11, 3.12 or 3.13; `make PYTHON=/path/to/python3.12 run` says it.
PYTHON ?= $(shell for candidate in python3 python3.13 python3.12 python3.11 python; do \
	if $$candidate -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' \
		2> /dev/null; then echo $$candidate; break; fi; done)
# A folder that `python -m helpers wheels` has filled, to install from without a network.
WHEELS ?=

# What students need, and on top of it what only the tests and tools do.
ENVIRONMENT := .venv/installed
TOOLS := .venv/installed-for-tests
IN_ENVIRONMENT := .venv/bin
NODE_TOOLS := tests/web/node_modules/.package-lock.json
INSTALL := $(IN_ENVIRONMENT)/python -m pip install --disable-pip-version-check --quiet \
	$(if $(WHEELS),--no-index --find-links "$(WHEELS)")
PORT ?= 8000

.DEFAULT_GOAL := help
.PHONY: help run coverage test quick style lab app book slides doctor store models readme links lock clean unfit

help:
	@sed -n 's/^# make/make/p' Makefile

# An environment that another Python made (an editor, a command, a system's Python before it was
# renewed), or that has no pip, can't take the packages: it is made anew. Which Python somebody names
# with PYTHON=... is the one that it gets.
RIGHT_PYTHON := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))
FIT := import os, sys, sysconfig; from importlib.util import find_spec; \
	sys.exit(not ((3, 11) <= sys.version_info[:2] < (3, 14) and find_spec("pip") \
	and os.path.isdir(sysconfig.get_path("purelib")) \
	and sys.argv[1] in ("", "%d.%d" % sys.version_info[:2])))
NAMED := $(if $(filter command line,$(origin PYTHON)),$(shell "$(PYTHON)" -c \
	'import sys; print("%d.%d" % sys.version_info[:2])' 2> /dev/null))
ifeq ($(shell [ ! -d .venv/bin ] || .venv/bin/python -c '$(FIT)' '$(NAMED)' 2> /dev/null || echo no),no)
$(ENVIRONMENT): unfit
endif

unfit:
	@echo "The environment .venv is not one for the series: made by another Python, or without pip."
	@"$(PYTHON)" -c '$(RIGHT_PYTHON)' 2> /dev/null || { \
		echo "The series needs Python 3.11, 3.12 or 3.13: make PYTHON=/path/to/python3.12 run" >&2; \
		exit 1; }
	@echo "It is made anew."
	@rm -rf .venv

# The stamps are written last, so that an interrupted installation is taken up again.
$(ENVIRONMENT): requirements.lock pyproject.toml
	@if [ -z "$(PYTHON)" ]; then \
		echo "The series needs Python 3.11, 3.12 or 3.13; python3 here is: $$(python3 --version 2>&1)." >&2; \
		echo "Install one of these, or name it: make PYTHON=/path/to/python3.12 run" >&2; exit 1; fi
	@"$(PYTHON)" -c '$(RIGHT_PYTHON)' 2> /dev/null || { \
		echo "The series needs Python 3.11, 3.12 or 3.13; $(PYTHON) is" \
			"$$("$(PYTHON)" --version 2>&1 || true)." >&2; exit 1; }
	@echo "Making the environment .venv (once; some minutes, about 3 GB) ..."
	@[ -x $(IN_ENVIRONMENT)/python ] || "$(PYTHON)" -m venv .venv
	@$(INSTALL) --require-hashes --requirement requirements.lock
	@$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(TOOLS): $(ENVIRONMENT) requirements-dev.lock
	@echo "Adding to .venv what the tests need (once) ..."
	@$(INSTALL) --require-hashes --requirement requirements-dev.lock
	@touch $@

run: $(ENVIRONMENT)
	@$(IN_ENVIRONMENT)/python -m helpers run

# Two processes: each notebook's tests, and each test file, stay together in one of them.
test: style
	$(IN_ENVIRONMENT)/python -m pytest -n 2 --dist loadscope --nbval-lax --nbval-current-env \
		--nbval-kernel-startup-timeout 180 notebooks tests

# Style, types and the tests that take no time: what to run before a commit.
quick: style
	$(IN_ENVIRONMENT)/python -m pytest -n 2 --dist loadscope -m "not slow" tests

# Which lines of helpers/ the tests reach, the notebooks' own kernels apart; it has a floor.
coverage: $(TOOLS)
	$(IN_ENVIRONMENT)/python -m pytest -n 2 --dist loadscope --cov --cov-report=term tests

style: $(TOOLS)
	$(IN_ENVIRONMENT)/ruff check .
	$(IN_ENVIRONMENT)/ruff format --check .
	$(IN_ENVIRONMENT)/mypy
	$(IN_ENVIRONMENT)/lint-imports --no-cache
	@if command -v npm > /dev/null && $(MAKE) --silent --no-print-directory $(NODE_TOOLS); \
		then cd tests/web && npm run --silent check; \
		else echo "Without Node.js and its packages: style and types of pad.js are not checked."; fi

# Only for authors: what checks pad.js. Students and the page need none of it.
$(NODE_TOOLS): tests/web/package-lock.json
	@cd tests/web && npm ci --silent --no-audit --no-fund

lab: $(ENVIRONMENT)
	@env $$($(IN_ENVIRONMENT)/python -m helpers.machine.memory) \
		$(IN_ENVIRONMENT)/jupyter lab --ServerApp.root_dir="$(CURDIR)" \
		--LabApp.default_url=/lab/tree/notebooks/01_exploration.ipynb

app: $(ENVIRONMENT)
	@$(IN_ENVIRONMENT)/python -m helpers serve --port $(PORT) $(if $(LAN),--lan)

# The doctor starts without an environment, too: it then says that there is none.
doctor:
	@if [ -x $(IN_ENVIRONMENT)/python ]; then $(IN_ENVIRONMENT)/python -m helpers doctor; \
		elif [ -n "$(PYTHON)" ]; then "$(PYTHON)" -m helpers doctor; \
		else python3 -m helpers doctor; fi

# The web book, from what the notebooks store: build/book/index.html, and any web server's folder.
# Sphinx and the rest are among the tools; Node.js brings MathJax and the bundler.
book: $(TOOLS)
	@$(IN_ENVIRONMENT)/python -m helpers.authoring.book

# A deck of slides for each lesson: build/slides/index.html.
slides: $(TOOLS)
	@$(IN_ENVIRONMENT)/python -m helpers.authoring.slides

# --- for authors of the series --------------------------------------------------------------------

# Execute the notebooks and keep their outputs in the repository.
store: $(ENVIRONMENT)
	@$(IN_ENVIRONMENT)/python -m helpers run --store

# Train the networks that ship, and write down what they reach.
models: $(ENVIRONMENT)
	@$(IN_ENVIRONMENT)/python -m helpers.authoring.release

# Write the results of the networks that ship into the README, measured times into GUIDE.md.
readme: $(ENVIRONMENT)
	@$(IN_ENVIRONMENT)/python -m helpers.authoring.readme
	@$(IN_ENVIRONMENT)/python -m helpers.authoring.guide

# Write the repository's address, from pyproject.toml, into README, guide and notebooks.
links: $(ENVIRONMENT)
	@$(IN_ENVIRONMENT)/python -m helpers.authoring.links

# Choose anew, within requirements.txt and requirements-dev.txt, the exact versions that everybody
# installs: the students' are those among all that they need.
PIN = build/lock/bin/uv pip compile --quiet --universal --python-version 3.11 \
	--fork-strategy fewest --generate-hashes --no-annotate --no-emit-package handwritten-digits \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"

lock:
	@"$(PYTHON)" -m venv build/lock && build/lock/bin/python -m pip install --quiet uv
	@$(PIN) requirements-dev.txt --upgrade --output-file requirements-dev.lock
	@$(PIN) requirements.txt --constraint requirements-dev.lock --output-file requirements.lock

clean:
	rm -rf build tests/web/node_modules
