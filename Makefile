# make demo: lint a broken job   make test: check everything   make bench: measure   make cards: rewrite printed texts
# make planted: plant mistakes in the trees that PLANTED_TREES names, and see which are found (bench/planted.py)
# make fog: hide each leaf of each example of every card, which `make test` does with some
# make vscode: compile, try and pack the extension for VS Code (editors/vscode), with packages from npm
# make lsp-fuzz: 100,000 random edits in the language server, which must neither go wrong nor grow
# make oracle-manifests CRDS=FOLDER: hold manifests of examples, and what tests/admitted.py takes, against the definitions
# of the operators (tests/oracle_manifests.py says which the folder has to hold)
# make proofs: compare predictions with what torchrun, accelerate, deepspeed and mpirun do, and run cards' examples with them
# (docs/proofs.md), with JAX and Ray; it installs them in .venv-proofs (2.1 GB with a CPU build of torch, more with CUDA;
# PIP_EXTRA_INDEX_URL says where that build is)

PYTHON ?= python3
JOB ?= fixtures/broken/pretrain
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PROOFS := .venv-proofs

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_CONSTRAINT := $(CURDIR)/constraints.txt
export PIP_BUILD_CONSTRAINT := $(CURDIR)/constraints.txt

.PHONY: demo test fog lsp-fuzz vscode oracle-manifests proofs bench planted cards clean

demo: $(READY)
	@echo '$$ dtlint check $(JOB)'
	@$(BIN)/dtlint check --exit-zero $(JOB)

test: $(READY)
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/pytest -n 2 --dist loadgroup

fog: $(READY)
	$(BIN)/pytest -n 2 --dist loadgroup --every-leaf tests/test_cards.py -k knowing_less

lsp-fuzz: $(READY)
	$(BIN)/python tests/random_edits.py 100000

vscode: $(READY)
	cd editors/vscode && npm ci --no-audit --no-fund --ignore-scripts && npm run compile
	cd editors/vscode && DTLINT_PYTHON=$(CURDIR)/$(BIN)/python npm test
	cd editors/vscode && npm run package

oracle-manifests: $(READY)
	$(BIN)/python -m tests.oracle_manifests $(or $(CRDS),$(error CRDS=FOLDER is missing))

proofs: $(PROOFS)/.ready
	$(PROOFS)/bin/python -m pytest -m proofs tests/test_proofs.py tests/test_proofs_ranks.py tests/test_proofs_cards.py tests/test_proofs_slurm.py

bench: $(READY)
	$(BIN)/python bench/run.py

planted: $(READY)
	$(BIN)/python bench/planted.py

cards: $(READY)
	$(BIN)/dtlint cards --write
	$(BIN)/python tests/readme.py

clean:
	rm -rf $(VENV) $(PROOFS) dist build editors/vscode/dist editors/vscode/node_modules

# One environment for all, with the versions of constraints.txt; made anew when these or the dependencies change.
$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("dtlint needs Python 3.11 or newer: make PYTHON=python3.11")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo 'setting up $(VENV)'
	@$(BIN)/python -m pip install --quiet pip
	@$(BIN)/python -m pip install --quiet --editable . --group dev
	@$(BIN)/python -m compileall -q dtlint  # as an install of a wheel does: without it every start may compile anew
	@touch $@

$(PROOFS)/.ready: pyproject.toml constraints.txt constraints-proofs.txt
	@test -x $(PROOFS)/bin/python || $(PYTHON) -m venv $(PROOFS)
	@$(PROOFS)/bin/python -m pip install --quiet pip
	@PIP_CONSTRAINT='$(CURDIR)/constraints.txt $(CURDIR)/constraints-proofs.txt' \
		$(PROOFS)/bin/python -m pip install --quiet --editable . --group proofs
	@touch $@
