# make run     sets up serving and serves on http://127.0.0.1:8000 (HOST and PORT override)
# make test    sets up all that the tests need and runs every one of them
# make bench   measures speed and memory on this machine, beside what one would take instead; fills docs/speed.md
# make soak    tries faults, many at once and MINUTES=20 of traffic, and writes what docs/security.md says
# make bulk-bench  measures the screening of archives: some minutes on an idle machine, all of HAM10000 among it
# make lock    resolves requirements/*.in anew into requirements*.txt: every package with its version and hashes.
#              Nothing moves that need not; LOCK=--upgrade takes the newest, LOCK="--upgrade-package NAME" one of them
# make sbom    writes what serving installs: docs/sbom.json (CycloneDX) and docs/licences.md
# make audit   asks the vulnerability service about every locked package; says so where it cannot be reached
# make attack  sends everything hostile to a running server, and measures; make fuzz  damages files for five minutes
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
TOOLS := .venv-tools
# What serving has: `make run SERVING="requirements-extras.txt requirements-oidc.txt"` adds what is off by default.
SERVING ?= requirements.txt
HUB_REQUIREMENTS := requirements-keras-hub.txt

.PHONY: run test bench bulk-bench attack fuzz soak test-env lock sbom audit translations lint format clean python anew

run: python $(SERVE)/ready
	@echo "Lesion Screening: http://$(HOST):$(PORT)  (Ctrl-C stops it)"
	@exec $(SERVE)/bin/gunicorn wsgi:app

# Two sessions: TensorFlow, imported first, breaks tflite-runtime in the same process.
test: $(TEST)/ready lint
	$(TEST)/bin/pytest tests/app tests/e2e tests/browser tests/deploy
	$(TEST)/bin/pytest tests/training -n 2 --dist loadfile

# On a machine that does nothing else, about seven minutes; what it finds goes into docs/speed.md and docs/operations.md.
bench: $(TEST)/ready $(SERVE)/ready
	$(TEST)/bin/python -m bench.speed
	$(TEST)/bin/python -m bench.memory
	$(TEST)/bin/python -m training report

MINUTES ?= 20
SECURITY_TESTS := tests/app/ops/test_faults.py tests/app/ops/test_clock.py tests/app/screening/test_bundle_damage.py \
	tests/e2e/test_faults.py tests/e2e/test_gone.py tests/e2e/test_traces.py tests/e2e/test_concurrency.py
soak: $(TEST)/ready
	LESION_RECORD=1 LESION_PICTURES=500 $(TEST)/bin/pytest $(SECURITY_TESTS)
	$(TEST)/bin/python -m bench.soak --minutes $(MINUTES)
	$(TEST)/bin/python -m training report

bulk-bench: $(TEST)/ready
	$(TEST)/bin/python -m bench.bulk speed
	$(TEST)/bin/python -m bench.bulk speed
	$(TEST)/bin/python -m bench.bulk speed memory ham10000

attack: $(TEST)/ready
	$(TEST)/bin/python -m bench.attack
	$(TEST)/bin/python -m training report

fuzz: $(TEST)/ready
	LESION_FUZZ_SECONDS=150 $(TEST)/bin/pytest tests/app/test_fuzz.py

test-env: $(TEST)/ready

# The tests' lock is the widest; what others share with it has the same version there.
UV = $(TOOLS)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --only-binary :all: \
	--custom-compile-command "make lock" $(LOCK)
lock: $(TOOLS)/ready
	$(UV) requirements/test.in --output-file requirements-test.txt
	$(UV) --constraints requirements-test.txt requirements/serving.in --output-file requirements.txt
	$(UV) --constraints requirements-test.txt requirements/extras.in --output-file requirements-extras.txt
	$(UV) --constraints requirements-test.txt requirements/oidc.in --output-file requirements-oidc.txt
	$(UV) --constraints requirements-test.txt requirements/bulk.in --output-file requirements-bulk.txt
	$(UV) --constraints requirements-test.txt requirements/cluster.in --output-file requirements-cluster.txt
	$(UV) --constraints requirements-test.txt requirements/training.in --output-file requirements-training.txt
	$(UV) --constraints requirements-test.txt --no-deps requirements/keras-hub.in --output-file $(HUB_REQUIREMENTS)
	$(UV) requirements/tools.in --output-file requirements-tools.txt

sbom: $(SERVE)/ready $(TOOLS)/ready
	$(TOOLS)/bin/cyclonedx-py environment --output-reproducible --spec-version 1.6 --pyproject pyproject.toml \
		--output-file docs/sbom.json $(SERVE)/bin/python
	$(SERVE)/bin/python -m supply_chain licences

audit: $(TOOLS)/ready
	$(TOOLS)/bin/python -m supply_chain audit

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
	rm -rf $(SERVE) $(TEST) $(TOOLS) .pytest_cache .mypy_cache .ruff_cache

# A whole environment ends with its file `ready`; one that was interrupted or whose requirements changed is made anew.
# Nothing is installed whose hash does not stand in its lock. Serving keeps no pip: nothing there installs anything.
ifneq ($(SERVING),$(shell cat $(SERVE)/ready 2>/dev/null))
$(SERVE)/ready: anew
endif
$(SERVE)/ready: $(SERVING) | python
	$(call environment,$(SERVE),$(SERVING))
	@$(SERVE)/bin/python -m pip uninstall --quiet --quiet --yes setuptools pip
	@echo "$(SERVING)" > $@

$(TEST)/ready: requirements-test.txt $(HUB_REQUIREMENTS) | python
	$(call environment,$(TEST),requirements-test.txt)
	$(call packages,$(TEST),$(HUB_REQUIREMENTS),--no-deps)
	@touch $@

$(TOOLS)/ready: requirements-tools.txt | python
	$(call environment,$(TOOLS),requirements-tools.txt)
	@touch $@

define environment
	@echo "Setting up $(1) with $(PYTHON) ..."
	@rm -rf $(1)
	@$(PYTHON) -m venv $(1) || { echo "Python's venv module is missing (on Debian: apt-get install python3-venv)."; \
		rm -rf $(1); exit 1; }
	$(call packages,$(1),$(2))
endef

define packages
	@$(1)/bin/pip install --quiet --disable-pip-version-check --only-binary :all: --require-hashes $(3) \
		$(addprefix -r ,$(2)) || { \
		echo "The packages of $(2) could not be installed; the lines above say why (is there a network?)."; exit 1; }
endef

python:
	@test -n "$(PYTHON)" || { \
		echo "Python 3.11, 3.12 or 3.13 is needed and was not found; name one with: make $(MAKECMDGOALS) PYTHON=..."; \
		exit 1; }
