# Targets a student types; `make help` lists them.  The commands behind each stand in README.md.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/installed

.DEFAULT_GOAL := help
.PHONY: help lenet demo test test-all test-gpu gradcheck doctor summary draw slides profile augment experiments bench docs lint clean

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(STAMP): setup.cfg pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable '.[test]'
	touch $(STAMP)

lenet: $(STAMP)  ## train LeNet-5 on handwritten digits, with pictures in out/lenet/
	$(BIN)/python examples/lenet_mnist.py $(ARGS)

test: $(STAMP)  ## run the test suite, five to eight minutes; needs neither network nor GPU
	$(BIN)/python -m pytest -q -n auto -m "not slow" $(ARGS)

test-all: $(STAMP)  ## the same and the slow tests: full-size networks, an installation
	$(BIN)/python -m pytest -q -n auto $(ARGS)

test-gpu: $(STAMP)  ## the tests that touch arrays, on CuPy; needs a GPU and pip install -e '.[cuda13]'
	$(BIN)/python -m pytest -q --need-gpu $(ARGS)

gradcheck: $(STAMP)  ## check every gradient and print the table
	$(BIN)/python -m minicnn gradcheck $(ARGS)

doctor: $(STAMP)  ## what is installed, what this machine can do, how to mend what is wrong
	$(BIN)/python -m minicnn doctor

demo: $(STAMP)  ## a page in the browser: draw a digit, see every layer, watch LeNet learn
	$(BIN)/python -m minicnn demo $(ARGS)

summary: $(STAMP)  ## the lecture's table of LeNet-5
	$(BIN)/python -m minicnn summary lenet5 $(ARGS)

draw: $(STAMP)  ## ResNet-18 as the slides draw it, from the network itself: out/resnet18.svg
	$(BIN)/python -m minicnn draw resnet18 $(ARGS)

slides: $(STAMP)  ## every number of the slides computed again, with a verdict
	$(BIN)/python -m minicnn slides $(ARGS)

profile: $(STAMP)  ## where the time of a LeNet-5 step goes, layer by layer, and why
	$(BIN)/python -m minicnn profile lenet5 $(ARGS)

augment: $(STAMP)  ## a picture of every augmentation, in out/augment.png
	$(BIN)/python -m minicnn augment $(ARGS)

experiments: $(STAMP)  ## the lectures' experiments in their quick form, ten minutes on two cores
	$(BIN)/python -m minicnn experiment --all $(ARGS)

bench: $(STAMP)  ## time the workloads; ARGS='--against torch' compares
	$(BIN)/python -m benchmarks $(ARGS)

docs: $(STAMP)  ## build the book, docs/_build/html/index.html
	$(BIN)/python -m pip install --quiet --editable '.[docs]'
	$(BIN)/python -m sphinx -W --keep-going -b html docs docs/_build/html

lint: $(STAMP)  ## ruff and mypy
	$(BIN)/python -m pip install --quiet --editable '.[lint]'
	$(BIN)/ruff check .
	$(BIN)/mypy minicnn

clean:  ## remove the environment and everything that was made
	rm -rf $(VENV) out build *.egg-info docs/_build docs/made .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
