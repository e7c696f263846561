PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --disable-pip-version-check --quiet -c constraints.txt
TORCH := $(shell grep '^torch==' constraints.txt)

WORKERS ?= 2

READY := $(VENV)/.ready
DOCS_READY := $(VENV)/.docs-ready
BENCH := $(VENV)/bench
BENCH_READY := $(BENCH)/.ready
PEERS := $(abspath $(VENV)/peers)
CTGAN := $(PEERS)/ctgan/bin/python
MOSTLY := $(PEERS)/mostly/bin/python
BENCHMARKS := "adult_quality.py" "diabetes_fidelity.py" "diabetes_fidelity.py --all" \
	"fairness_comparison.py --data adult --official-split" \
	"fairness_comparison.py --data diabetes" "fairness_comparison.py --data icu" \
	"fair_utility.py" "small_groups.py" "paper_tables.py" \
	"flip_quality.py" "flip_quality.py --epsilons none --network" \
	"flip_quality.py --engine dp-sgd --epsilons 2" \
	"flip_quality.py --data support2 rhc diabetes130 --epsilons 2 --seeds 3" \
	"flip_fairness.py --seeds 3" "flip_plans.py" \
	"causal_rows.py" "causal_rows.py --data compas --remove indirect" \
	"causal_rows.py --data compas_score berkeley --remove direct" \
	"causal_rows.py --data compas --n-rows 300" "causal_rows.py --data compas --n-rows 1000" \
	"scratch_language_model.py" "causally_fair_classifier.py" \
	"reader_speed.py" "generation_speed.py" "training_speed.py" "weight_search.py" \
	"training_precision.py" "training_precision.py --data patients" \
	"cluster_search.py" "large_table.py" "patients_scale.py" "adult_peer.py --peer $(MOSTLY)" \
	"scale.py --peer ctgan=$(CTGAN) --peer mostly=$(MOSTLY) --picture bench-results/scale.png"

.DEFAULT_GOAL := help
.PHONY: help install demo test audit slow lint format docs notebooks bench clean

help: ## Show this list
	@grep -E '^[a-z]+: .*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+): [^#]*## (.*)/make \1\t\2/' | expand -t 18

install: $(READY) ## Make .venv with what constraints.txt pins

demo: $(READY) ## Compare real, over-sampled and fair synthetic training data
	$(BIN)/python -m fairsample demo

test: $(READY) ## Run all tests (ARGS="tests/metrics -x" for some, WORKERS=0 for one process)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile $(ARGS)

audit: $(READY) ## Attack the privacy guarantee with canaries (minutes)
	$(BIN)/python -m pytest -m audit tests

slow: $(READY) ## Run the tests that take minutes: coverage of intervals, a model server
	$(BIN)/python -m pytest -m slow

lint: $(READY) ## Check style and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: $(READY) ## Format, and fix what can be fixed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(DOCS_READY) ## Build the documentation into docs/_build/html
	$(BIN)/python -m sphinx -W --keep-going -b html docs docs/_build/html

notebooks: $(READY) ## Execute the notebooks in place
	$(BIN)/jupyter execute --inplace notebooks/*.ipynb

bench: $(BENCH_READY) $(PEERS)/.ready ## Run the benchmarks, peers beside us (hours, on real data)
	set -e; for run in $(BENCHMARKS); do \
		echo "== $$run"; $(BENCH)/bin/python tests/benchmarks/$$run; done

clean: ## Remove .venv and what was built
	rm -rf $(VENV) docs/_build docs/api/generated docs/auto_gallery build dist

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("fairsample needs Python 3.11 or later; name one: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)

$(READY): pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) $(TORCH)
	$(PIP) -e '.[test]'
	touch $@

$(DOCS_READY): $(READY)
	$(PIP) -e '.[docs]'
	touch $@

# sdmetrics asks for pandas < 3: the benchmarks have an environment of their own.
$(BENCH_READY): $(READY)
	$(BIN)/python -m venv $(BENCH)
	sed 's/^pandas==.*/pandas==2.3.3/' constraints.txt > $(BENCH)/constraints.txt
	$(BENCH)/bin/python -m pip install --quiet -c $(BENCH)/constraints.txt $(TORCH)
	$(BENCH)/bin/python -m pip install --quiet -c $(BENCH)/constraints.txt -e '.[test,bench]'
	touch $@

# Each peer has pins of its own. What mostlyai-engine asks for of torch's companions is not
# needed for tables, and has to fit the build of torch exactly where it is there.
$(PEERS)/.ready: $(BENCH_READY)
	$(BIN)/python -m venv $(PEERS)/ctgan
	$(CTGAN) -m pip install --quiet $(TORCH)
	$(CTGAN) -m pip install --quiet $(TORCH) ctgan==0.12.1 pyarrow
	$(BIN)/python -m venv $(PEERS)/mostly
	$(MOSTLY) -m pip install --quiet $(TORCH)
	$(MOSTLY) -m pip install --quiet $(TORCH) mostlyai-engine==2.7.3
	$(MOSTLY) -m pip uninstall --quiet --yes torchvision torchaudio
	touch $@
