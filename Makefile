# make run     sets up serving and serves on http://127.0.0.1:8000 (HOST and PORT override)
# make test    sets up all that the tests need and runs every one of them
# make bench   measures speed and memory on this machine, beside what one would take instead; fills docs/speed.md
# make translations  collects what can be translated and compiles the catalogues of app/web/translations
# make lint    ruff and mypy; make format  ruff's formatter; make clean  removes the environments

PYTHON ?= $(shell for name in python3.11 python3.12 python3.13 python3; do \
	$$name -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null \
	&& command -v $$name && break; done)
HOST ?= 127.0.0.1
PORT ?= 8000
export HOST PORT

SERVE := .venv
TEST := .venv-test
SERVING_REQUIREMENTS := requirements.txt
HUB_REQUIREMENTS := requirements-keras-hub.txt
TEST_REQUIREMENTS := $(SERVING_REQUIREMENTS) requirements-extras.txt requirements-training.txt requirements-test.txt $(HUB_REQUIREMENTS)

.PHONY: run test bench test-env translations lint format clean python

run: python $(SERVE)/ready
	@echo "Lesion Screening: http://$(HOST):$(PORT)  (Ctrl-C stops it)"
	@exec $(SERVE)/bin/gunicorn wsgi:app

# Two sessions: TensorFlow, imported first, breaks tflite-runtime in the same process.
test: $(TEST)/ready lint
	$(TEST)/bin/pytest tests/app tests/e2e tests/browser tests/deploy
	$(TEST)/bin/pytest tests/training

# On a machine that does nothing else, about seven minutes; what it finds goes into docs/speed.md and docs/operations.md.
bench: $(TEST)/ready $(SERVE)/ready
	$(TEST)/bin/python -m bench.speed
	$(TEST)/bin/python -m bench.memory
	$(TEST)/bin/python -m training report


test-env: $(TEST)/ready

CATALOGUES := app/web/translations
translations: $(TEST)/ready
	$(TEST)/bin/pybabel -q extract --keyword N_ --no-location --sort-output --omit-header --mapping babel.cfg \
		--output-file $(CATALOGUES)/messages.pot app
	$(TEST)/bin/pybabel -q update --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date --width 120 \
		--input-file $(CATALOGUES)/messages.pot --output-dir $(CATALOGUES)
	$(TEST)/bin/pybabel -q compile --statistics --directory $(CATALOGUES)

lint: $(TEST)/ready
	$(TEST)/bin/ruff check .
	$(TEST)/bin/ruff format --check .
	$(TEST)/bin/mypy

format: $(TEST)/ready
	$(TEST)/bin/ruff check --fix .
	$(TEST)/bin/ruff format .

clean:
	rm -rf $(SERVE) $(TEST) .pytest_cache .mypy_cache .ruff_cache

# A whole environment ends with its file `ready`; one that was interrupted or whose requirements changed is made anew.
$(SERVE)/ready: $(SERVING_REQUIREMENTS) | python
	$(call environment,$(SERVE),requirements.txt)

$(TEST)/ready: $(TEST_REQUIREMENTS) | python
	$(call environment,$(TEST),requirements-test.txt,$(HUB_REQUIREMENTS))

define environment
	@echo "Setting up $(1) with $(PYTHON) ..."
	@rm -rf $(1)
	@$(PYTHON) -m venv $(1) || { echo "Python's venv module is missing (on Debian: apt-get install python3-venv)."; \
		rm -rf $(1); exit 1; }
	@$(1)/bin/pip install --quiet --disable-pip-version-check --only-binary :all: -r $(2) || { \
		echo "The packages of $(2) could not be installed; the lines above say why (is there a network?)."; exit 1; }
	@$(if $(3),$(1)/bin/pip install --quiet --disable-pip-version-check --only-binary :all: --no-deps -r $(3) \
		|| { echo "The packages of $(3) could not be installed; the lines above say why."; exit 1; })
	@touch $(1)/ready
endef

python:
	@test -n "$(PYTHON)" || { \
		echo "Python 3.11, 3.12 or 3.13 is needed and was not found; name one with: make $(MAKECMDGOALS) PYTHON=..."; \
		exit 1; }
