# What people type. `make run` and `make test` set up what they need; `make check` needs neither root nor engines.
.PHONY: run stop test check bench lab drills lock
.DEFAULT_GOAL := run

PROVIDER ?= yes

run: ## set up, make the demo system, run it until Ctrl-C; PROVIDER=no leaves the demo provider's port free
	@sh setup/install.sh run && exec bin/carillon --dir var/demo demo run --provider $(PROVIDER)

stop: ## stop the demo from elsewhere
	@bin/carillon --dir var/demo down

test: ## set up, then everything: lint, types, pure tests, tests on the real engines
	@sh setup/install.sh test
	@$(MAKE) --no-print-directory lint BIN=$$(sh setup/python.sh test --where)/bin
	@PYTHONPATH=src:. $$(sh setup/python.sh test --where)/bin/python -m tests.suite

check: .venv/stamp ## lint, types and pure tests, on any Python from 3.11
	@$(MAKE) --no-print-directory lint BIN=.venv/bin
	PYTHONPATH=src .venv/bin/python -m pytest -m "not engines" --numprocesses=auto \
	  --ignore=tests/live --ignore=tests/phones --ignore=tests/lab

.PHONY: lint
lint:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	PYTHONPATH=src $(BIN)/lint-imports

.venv/stamp: requirements/check.lock
	@python=; for one in python3.13 python3.12 python3.11 python3; do \
	  if $$one -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then python=$$one; break; fi; done; \
	if [ -z "$$python" ]; then echo "make check: needs Python 3.11 or newer; install python3 and python3-venv." >&2; exit 1; fi; \
	rm -rf .venv && $$python -m venv .venv && \
	.venv/bin/pip install --disable-pip-version-check --quiet --require-hashes -r requirements/check.lock
	@touch $@

bench: ## what calls, registrations and people cost; QUICK=yes, ONLY="calls node", JSON=yes (docs/figures.md)
	@sh setup/install.sh test >&2
	@PYTHONPATH=src $$(sh setup/python.sh test --where)/bin/python -m bench $(ONLY) \
	  $(if $(filter yes,$(QUICK)),--quick) $(if $(filter yes,$(JSON)),--json)

lab: ## two mains, two satellites and phones in network namespaces of this machine, until Ctrl-C (docs/nodes.md)
	@sh setup/install.sh test >&2
	@PYTHONPATH=src:. $$(sh setup/python.sh test --where)/bin/python -m tests.lab

drills: ## drills that take many minutes: a rolling upgrade, deaths and thin links of a branch (docs/crashes.md)
	@sh setup/install.sh test >&2
	@PYTHONPATH=src:. $$(sh setup/python.sh test --where)/bin/python -m pytest -p no:xdist drills

lock: ## pin the versions of pyproject.toml anew (needs uv)
	sh setup/lock.sh
