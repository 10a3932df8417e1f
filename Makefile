# What users and contributors run; `make` alone lists it. Settings are environment variables `EKIBEN_*`, and
# they can be given here too: `make up EKIBEN_SERVER_PORT=3010`.
UV_VERSION := 0.13.9
UV_MINIMUM := 0.9.0
CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/ekiben
UV_HOME := $(CACHE)/uv-$(UV_VERSION)
UV := $(UV_HOME)/bin/uv
BIN := .venv/bin
PYTHON := $(BIN)/python
TOOL := $(UV) tool run --quiet --from
CODE := $(wildcard bentos training loadtests k8s tests)
CHARTS := $(addprefix charts/,platform inference analyst training mlflow postgresql loadtests)

# Where images and charts go, how they are tagged, and what is deployed where.
REGISTRY ?= docker.io/ekiben
TAG ?= dev
ENVIRONMENT ?= dev
CONTEXT ?=
REVISION ?= 0
export REGISTRY TAG
# Load tests: which shape, against which address.
SHAPE ?= steady
HOST ?= http://127.0.0.1:3000
# What `make report` compares with.
BASE ?= main
# How many inputs `make fuzz` feeds to the parsers, and which.
INPUTS ?= 1000000
SEED ?= 1

.DEFAULT_GOAL := help
.PHONY: help up train battles load bench overload soak report test check fix clean charts rules dashboards workflows audit fuzz \
  cluster cluster-tools cluster-down cluster-images secrets first-model ask kind images push sign sbom deploy rollback e2e package publish changelog release scale

help: ## List these targets
	@sed -n 's/^\([a-z0-9-]*\):.*## /\1\t/p' Makefile | expand -t 14

##@ On one machine
up: .venv/.synced ## Train, check, promote and serve battle, then the analyst, with MLflow beside them; Ctrl-C stops it all
	@$(BIN)/ekiben up

train: .venv/.synced ## Train battle and register it as a version; promotes nothing
	$(BIN)/ekiben train battle

battles: .venv/.synced ## Simulate the labelled battles again (long)
	$(PYTHON) -m training.battle.battles generate

load: .venv/.synced ## Put load on HOST in a SHAPE (steady, step, spike, soak) and judge it
	$(PYTHON) -m loadtests.run --shape $(SHAPE) --host $(HOST)

bench: .venv/.synced ## Compare Ekiben with other servers on this machine (20 minutes); writes loadtests/RESULTS.md
	@UV=$(UV) $(PYTHON) -m loadtests.benchmarks.compare

overload: .venv/.synced ## Ask battle up to five times what it can answer (13 minutes); writes loadtests/RESULTS.md
	@UV=$(UV) $(PYTHON) -m loadtests.benchmarks.overload

soak: .venv/.synced ## Ask battle for half an hour and see whether it grows; writes loadtests/RESULTS.md
	@UV=$(UV) $(PYTHON) -m loadtests.benchmarks.soak

report: .venv/.synced ## Train here and at BASE, and write both side by side into build/report
	$(BIN)/ekiben compare battle --base $(BASE)

##@ Checks
test: .venv/.synced ## Run all tests that need no cluster, with coverage
	$(PYTHON) -m pytest --cov --cov-report=term

check: .venv/.synced ## Check format, lint, types, layers, security, lock, secrets and packages; changes nothing
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/ruff check $(CODE)
	$(BIN)/mypy $(CODE)
	$(BIN)/lint-imports --no-logo
	$(TOOL) bandit==1.9.4 bandit --quiet --severity-level medium --recursive bentos training loadtests k8s
	$(UV) lock --check
	git ls-files -z --cached --others --exclude-standard ':!uv.lock' ':!*.sum' | xargs -0 $(BIN)/detect-secrets-hook \
	  --disable-plugin HexHighEntropyString --disable-plugin Base64HighEntropyString --exclude-lines '([sS]ecret(Name|Key)?|passwordKey|privateKey|authKey)["\]]*( ==|:) |existingSecret|[a-z]+:PASSWORD@|user:password@|ann:secret@'
# In continuous integration it has a job of its own.
ifndef CI
	.ci/audit $(UV)
endif

fix: .venv/.synced ## Format, and repair what the linter can repair
	$(BIN)/ruff format $(CODE)
	$(BIN)/ruff check --fix $(CODE)

charts: .venv/.synced ## Judge the charts with Helm 3 and 4, kube-score, checkov and helm-docs
	$(PYTHON) -m pytest tests/charts tests/charts_tools

rules: .venv/.synced ## Test alert rules, routing, dashboards and runbooks (Debian's packages prometheus, prometheus-alertmanager)
	@.ci/install-monitoring-tools
	$(PYTHON) -m pytest tests/rules

dashboards: .venv/.synced ## Write the Grafana dashboards into the charts again
	$(PYTHON) -m k8s.dashboards

workflows: .venv/.synced ## Check the workflows of continuous integration
	$(PYTHON) -m k8s.testcluster build checks
	$(CACHE)/testcluster/bin/actionlint
	$(TOOL) zizmor==1.32.0 zizmor --offline .github

audit: .venv/.synced ## Look every locked package up in a database of known vulnerabilities (asks the network)
	.ci/audit $(UV)

fuzz: .venv/.synced ## Feed the parsers INPUTS odd inputs, led by coverage (long)
	$(UV) run --no-sync --with 'atheris>=3,<4' python -m tests.fuzz --inputs $(INPUTS) --seed $(SEED)

##@ Kubernetes
cluster-tools: .venv/.synced ## Build what that cluster is made of, if it is not built yet (the first time long)
	$(PYTHON) -m k8s.testcluster build cluster

cluster: .venv/.synced ## Start a cluster for tests on this machine, or say that it runs
	$(PYTHON) -m k8s.testcluster up

cluster-down: .venv/.synced ## Stop that cluster
	$(PYTHON) -m k8s.testcluster down

kind: ## Create a cluster of kind for the end-to-end tests
	kind create cluster --config k8s/kind.yaml

images: .venv/.synced ## Build all images, called REGISTRY/NAME:TAG
	$(PYTHON) -m k8s.images build

sbom: .venv/.synced ## List what is in the images, as CycloneDX in build/sbom
	$(PYTHON) -m k8s.images sbom

push: .venv/.synced ## Push the images
	$(PYTHON) -m k8s.images push

sign: .venv/.synced ## Sign the pushed images with cosign
	$(PYTHON) -m k8s.images sign

cluster-images: .venv/.synced ## Start that cluster if need be, build all images and bring them into it
	$(PYTHON) -m k8s.cluster_images

secrets: .venv/.synced ## Make what is missing of keys and passwords in CONTEXT; prints the API key once
	$(PYTHON) -m k8s.bootstrap --context '$(CONTEXT)'

first-model: .venv/.synced ## Run the training CronJob in CONTEXT once, and wait until its model answers
	$(PYTHON) -m k8s.deploy train --context '$(CONTEXT)'

ask: .venv/.synced ## Ask the service in CONTEXT for a prediction
	$(PYTHON) -m k8s.deploy ask --context '$(CONTEXT)'

deploy: .venv/.synced ## Install or upgrade the platform: ENVIRONMENT and CONTEXT; a failure is taken back
	$(PYTHON) -m k8s.deploy upgrade --environment '$(ENVIRONMENT)' --context '$(CONTEXT)' --tag '$(TAG)' \
	  --repository '$(REGISTRY)'

rollback: .venv/.synced ## Take the platform in CONTEXT back to REVISION; 0 is the one before
	$(PYTHON) -m k8s.deploy rollback --context '$(CONTEXT)' --revision '$(REVISION)'

package: ## Package the charts into dist/charts; a TAG such as v1.2.0 is their version
	helm package $(CHARTS) --destination dist/charts $(if $(filter v%,$(TAG)),--version $(TAG:v%=%) --app-version $(TAG))

publish: ## Push the packaged charts to REGISTRY
	@if [ -n "$$REGISTRY_TOKEN" ]; then printf %s "$$REGISTRY_TOKEN" \
	  | helm registry login $(firstword $(subst /, ,$(REGISTRY))) --username "$$REGISTRY_USER" --password-stdin; fi
	for chart in dist/charts/*.tgz; do helm push "$$chart" oci://$(REGISTRY)/charts; done

changelog: .venv/.synced ## Write build/changelog.md for TAG
	$(PYTHON) -m k8s.changelog '$(TAG)' --output build/changelog.md

release: .venv/.synced ## Make a release page for TAG with the charts and the changelog
	gh release create '$(TAG)' --title '$(TAG)' --notes-file build/changelog.md dist/charts/*.tgz

scale: .venv/.synced ## Measure the reconciler with a thousand pretended services (long); writes docs/scale.md
	$(PYTHON) -m k8s.scale --output docs/scale-results.json
	$(PYTHON) -m k8s.scale --render docs/scale-results.json

e2e: .venv/.synced ## Run the end-to-end tests on a real cluster
	$(PYTHON) -m pytest tests/e2e

clean: ## Remove .venv, caches and built files; the registry in .ekiben stays
	rm -rf .venv build dist htmlcov .coverage* .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache

# Compiled once, here: where Python is told to write nothing, each start would compile all it imports.
.venv/.synced: $(UV) pyproject.toml uv.lock
	@$(UV) sync --frozen --compile-bytecode || { echo "No packages could be fetched: is there a network, or a proxy to set?" >&2; exit 1; }
	@touch $@

$(UV):
	@.ci/install-uv $(UV_HOME) $(UV_VERSION) $(UV_MINIMUM)
