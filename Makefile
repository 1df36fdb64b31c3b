# Every command sets up a virtual environment by itself, and installs again only when pyproject.toml, the Python or the place has changed.
#
#   make lab  [PORT=8899] [BROWSER=no]    open the course
#   make test                             check the code, run every test and every notebook
#   make lessons                          rebuild the learners' notebooks from the solved ones
#   make bench                            measure the speed against peers, and print the ratios
#   make fuzz                             put random inputs to every reader of foreign data
#   make controls                         put known bugs back into the core, and see the tests go red
#   make mutants                          change every solution, or the core, in small ways, and see each change refused
#   make faults                           let every client meet every faulty server, and the other way round
#   make interrupts                       stop the core at every line, and see that the next run works
#   make crowd                            run lessons in sixty kernels at once, beside a hostile neighbour
#   make clients                          attack forty libraries, with pins and without, in .venv-clients
#
# The last eight take words for their command: make fuzz WORDS="--seconds 600 keys", make bench WORDS=--help.
# PYTHON=python3.12 chooses the Python, VENV=folder another place for the environment.

PYTHON ?= python3
VENV ?= .venv
PORT ?=
BROWSER ?= yes
IN_VENV = "$(VENV)/bin/python" -m

WORDS ?=

.PHONY: help lab test lessons bench fuzz controls mutants faults interrupts crowd clients set-up-lab set-up-test set-up-clients

help:
	@sed -n 's/^#   //p' Makefile

lab: set-up-lab
	@$(IN_VENV) certpin_lab start $(if $(PORT),--port "$(PORT)") $(if $(filter no,$(BROWSER)),--no-browser)

test: set-up-test
	$(IN_VENV) ruff check .
	$(IN_VENV) ruff format --check .
	$(IN_VENV) mypy
	$(IN_VENV) codespell_lib
	$(IN_VENV) pytest --nbval --nbval-current-env --nbval-cell-timeout=600 --nbval-kernel-startup-timeout=600 -n 2 --dist loadscope

lessons: set-up-test
	$(IN_VENV) certpin_lab.authoring.build

bench: set-up-test
	$(IN_VENV) benchmarks $(WORDS)

fuzz controls mutants faults interrupts crowd: set-up-test
	$(IN_VENV) tests.hard.$@ $(WORDS)

clients: set-up-clients
	$(IN_VENV) tests.hard.clients $(WORDS)

clients set-up-clients: VENV = .venv-clients
set-up-clients: REQUIREMENTS = tests/hard/clients/requirements.txt

set-up-lab set-up-test set-up-clients: set-up-%:
	@"$(PYTHON)" -c "" 2>/dev/null || { echo "$(PYTHON) does not run here. Install Python 3.11 or newer, or name another one: make PYTHON=python3.12 ..." >&2; exit 1; }; \
	"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$$("$(PYTHON)" -V 2>&1) is too old. Install Python 3.11 or newer, and name it: make PYTHON=python3.11 ..." >&2; exit 1; }; \
	"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || { echo "This Python has no venv module. On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }; \
	version="$$("$(PYTHON)" -V)"; wanted="$$version, $$(cat pyproject.toml $(REQUIREMENTS) | cksum), $$(pwd -P)"; \
	ready() { test "$$(cat "$(VENV)/ready-$$1" 2>/dev/null)" = "$$wanted" && "$(VENV)/bin/python" -c "" 2>/dev/null; }; \
	if ready $* || { test "$*" = lab && ready test; }; then exit 0; fi; \
	echo "Setting up $(VENV), which takes a minute or two the first time ..."; \
	{ test "$$("$(VENV)/bin/python" -V 2>/dev/null)" = "$$version" && "$(VENV)/bin/python" -c "import pip" 2>/dev/null; } || \
		"$(PYTHON)" -m venv $$(test ! -f "$(VENV)/pyvenv.cfg" || echo --clear) "$(VENV)" || exit 1; \
	$(IN_VENV) pip install --quiet --disable-pip-version-check --editable "$(if $(filter test,$*),.[test],.)" $(addprefix --requirement ,$(REQUIREMENTS)) || { echo "The installation failed: see above. Is this machine online? The next try starts where this one ended." >&2; exit 1; }; \
	"$(VENV)/bin/python" -c "import matplotlib.font_manager" && \
	echo "$$wanted" > "$(VENV)/ready-$*"
