# One place that runs each thing. `make help` lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# The data that some tests read; they skip, saying so, where it is missing.
export MRFED_TEST_DATA ?= $(abspath ../shared/data)

.DEFAULT_GOAL := help
.PHONY: help setup demo demo-network test test-fast test-attacks fuzz lint bench validate-maps validate-imaging validate-radiomics validate-privacy validate-learning validate-networks docs-contract constraints clean

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --upgrade 'pip>=25'
	@# torch first and by exact version: asked for loosely it arrives with several GB of CUDA
	$(BIN)/pip install --quiet --constraint constraints.txt torch==2.13.0
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $@

setup: $(VENV)/.installed  ## make .venv with everything in it

demo: setup  ## four simulated hospitals, from DICOM to out/demo/report.html
	$(BIN)/mrfed-simulate cohort --out out/demo/cohort
	$(BIN)/mrfed-simulate run demo --cohort out/demo/cohort --out out/demo

demo-network: setup  ## the same over a network on loopback: proxy, TLS, a process a site
	rm -rf out/demo-network
	$(BIN)/mrfed-simulate cohort --out out/demo/cohort
	$(BIN)/python -m deploy.demo_network out/demo/cohort out/demo-network

# Two workers on two cores: one thread each.
test test-fast test-attacks: export OMP_NUM_THREADS = 1
# Two workers and hundreds of processes import the project: it is compiled once.
test test-fast test-attacks: export PYTHONDONTWRITEBYTECODE =

test-fast: setup  ## the tests that need neither real data nor other processes
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -m 'not real and not processes and not network and not browser and not slow'

test: setup  ## all tests
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

test-attacks: setup  ## each attack without and with its defence, as a table
	$(BIN)/python -m pytest -q -m attack tests

fuzz: setup  ## 100,000 bad inputs for every parser of foreign bytes; what breaks one is kept in tests/fuzz/seeds
	$(BIN)/python -m tests.fuzz --inputs 100000

lint: setup  ## style, docstrings, types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: setup  ## measure, print one table, write out/bench.json
	$(BIN)/python -m tests.bench

docs-contract: setup  ## write docs/contract.md, the page of what leaves, from the declarations
	$(BIN)/python -m shared.contract.page docs/contract.md

validate-maps: setup  ## fit simulated and reference tissue, write docs/validation-maps.md
	$(BIN)/python -m tests.validation.maps

validate-imaging: setup  ## read inputs with a known right value, write docs/validation-imaging.md
	$(BIN)/python -m tests.validation.imaging

validate-radiomics: setup  ## radiomics against IBSI, MIRP and PyRadiomics, write docs/validation-radiomics.md
	$(BIN)/python -m tests.conformance

validate-privacy: setup  ## what differential privacy costs in AUC, write docs/validation-privacy.md
	$(BIN)/python -m tests.validation.privacy

validate-learning: setup  ## models, local / pooled / federated, chance and cost; write docs/validation-learning.md; resumable
	$(BIN)/python -m tests.validation.learning

validate-networks: setup  ## train on the real slices, write docs/validation-networks.md; resumable
	$(BIN)/python -m tests.validation.network_planted
	$(BIN)/python -m tests.validation.networks

constraints: setup  ## write down what is installed
	(head -1 constraints.txt; $(BIN)/pip freeze --exclude-editable | sed 's/+cpu//') > constraints.tmp && mv constraints.tmp constraints.txt

clean:  ## remove what commands made
	rm -rf out build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
