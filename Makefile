# What users and contributors run; `make` alone lists it. Settings are environment variables `EKIBEN_*`, and
# they can be given here too: `make up EKIBEN_SERVER_PORT=3001`.
UV_VERSION := 0.13.9
UV_MINIMUM := 0.9.0
UV_HOME := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/ekiben/uv-$(UV_VERSION)
UV := $(UV_HOME)/bin/uv
BIN := .venv/bin
CODE := $(wildcard bentos training tests loadtests)

.DEFAULT_GOAL := help
.PHONY: help up train battles test check fix clean

help: ## List these targets
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | expand -t 12

up: .venv/.synced ## Train, check, promote and serve battle, with MLflow beside it; Ctrl-C stops it all
	@$(BIN)/ekiben up

train: .venv/.synced ## Train battle and register it as a version; promotes nothing
	$(BIN)/ekiben train battle

battles: .venv/.synced ## Simulate the labelled battles again (long)
	$(BIN)/python -m training.battle.battles generate

test: .venv/.synced ## Run all tests with coverage
	$(BIN)/python -m pytest --cov --cov-report=term

check: .venv/.synced ## Check format, lint, types, layers, lock and secrets; changes nothing
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/ruff check $(CODE)
	$(BIN)/mypy $(CODE)
	$(BIN)/lint-imports --no-logo
	$(UV) lock --check
	git ls-files -z --cached --others --exclude-standard ':!uv.lock' | xargs -0 $(BIN)/detect-secrets-hook \
	  --disable-plugin HexHighEntropyString --disable-plugin Base64HighEntropyString

fix: .venv/.synced ## Format, and repair what the linter can repair
	$(BIN)/ruff format $(CODE)
	$(BIN)/ruff check --fix $(CODE)

clean: ## Remove .venv, caches and built files; the registry in .ekiben stays
	rm -rf .venv build dist htmlcov .coverage* .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache

.venv/.synced: $(UV) pyproject.toml uv.lock
	@$(UV) sync --frozen || { echo "No packages could be fetched: is there a network, or a proxy to set?" >&2; exit 1; }
	@touch $@

$(UV):
	@.ci/install-uv $(UV_HOME) $(UV_VERSION) $(UV_MINIMUM)
