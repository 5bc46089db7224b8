# Two commands do all the set-up: `make demo` and `make test`. Everything lands in this folder (.venv, .demo).
.PHONY: demo test coverage mutate check code configs docs pages package image security audit bench format lock requirements clean
OUT :=
MODULE :=
CHILDREN := 2
UV := scripts/uv
RUN := .venv/bin
READY := .venv/.ready
WORKFLOWS := $(wildcard .github/workflows/*.yml examples/github/*.yml)

demo: $(READY)            ## the main job on a copy of a project with a real bug
	@scripts/demo

test: $(READY)            ## the tests; what fails in up to three files is tried once more, alone, and told
	@scripts/test

coverage: $(READY)        ## the tests, and at least 90 % of the lines and branches
	$(RUN)/python -m pytest --numprocesses=auto --dist=loadfile --no-loadscope-reorder \
		--cov --cov-report=xml --cov-report=term:skip-covered --cov-fail-under=90

mutate: $(READY)          ## the rules of domain/, each changed in one place after the other: what no test of tests/domain notices is left to read (docs/TESTING.md); MODULE=codecompanion.domain.budget: of one module
	CI=true $(UV) run --frozen --with mutmut==3.8.1 mutmut run --max-children $(CHILDREN) $(if $(MODULE),'$(MODULE).*')
	$(UV) run --frozen --with mutmut==3.8.1 mutmut results $(if $(MODULE),| grep -F '$(MODULE).' || true)

check: $(READY)           ## format, lint, types, the arrows between packages, the lock, the configuration, the documents, safety
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target code configs pages security

code: $(READY)            ## format, lint, types, the arrows between packages, the lock
	$(RUN)/ruff format --check
	$(RUN)/ruff check
	$(RUN)/lint-imports --no-logo
	$(UV) lock --check
	$(RUN)/pyright

configs: $(READY)         ## what Docker, Compose, Kubernetes, GitHub and pre-commit are told, by their own rules
	$(RUN)/yamllint --strict .
	$(RUN)/hadolint Dockerfile
	$(RUN)/check-jsonschema --quiet --builtin-schema vendor.compose-spec compose.yaml
	$(RUN)/compose-lint check --quiet --fail-on medium compose.yaml
	$(RUN)/kubernetes-validate --strict --quiet $(filter-out %/kustomization.yaml,$(wildcard deploy/kubernetes/*.yaml))
	$(RUN)/check-jsonschema --quiet --builtin-schema vendor.github-workflows $(WORKFLOWS)
	$(RUN)/check-jsonschema --quiet --builtin-schema custom.github-workflows-require-timeout $(WORKFLOWS)
	$(RUN)/check-jsonschema --quiet --builtin-schema vendor.github-actions action.yml
	$(RUN)/check-jsonschema --quiet --builtin-schema vendor.dependabot .github/dependabot.yml
	$(RUN)/zizmor --offline --quiet . examples/github
	$(RUN)/pre-commit validate-config
	scripts/requirements --check

docs: $(READY)            ## the documents as pages in site/, with their diagrams
	scripts/mermaid
	$(MAKE) --no-print-directory pages

pages: $(READY)           ## as `docs`, with diagrams only when they were fetched before: needs no network
	NO_MKDOCS_2_WARNING=1 $(RUN)/mkdocs build

package: $(READY)         ## the sdist and the wheel, installed and tried in an environment of their own; kept in OUT
	scripts/check-package $(OUT)

image: $(READY)           ## the steps of the Dockerfile, and what they make, without Docker
	scripts/image-steps check

requirements:             ## the lock for those who install without uv
	scripts/requirements

security: $(READY)        ## bandit, the licences of what is installed, secrets in the repository; and what it is made of, in dist/
	$(RUN)/python security/check.py
	@mkdir -p dist
	$(RUN)/cyclonedx-py environment --pyproject pyproject.toml --output-reproducible --of JSON -o dist/sbom.cdx.json .venv

audit: $(READY)           ## known holes in what is installed; asks pypi.org
	$(RUN)/pip-audit --strict --skip-editable --progress-spinner off

bench: $(READY)           ## the benchmarks beside their peers, into benchmarks/RESULTS.md: some minutes on a machine that does nothing else
	scripts/bench

format: $(READY)
	$(RUN)/ruff format
	$(RUN)/ruff check --fix

lock:
	$(UV) lock --upgrade
	scripts/requirements

$(READY): pyproject.toml uv.lock
	$(UV) sync --frozen --compile-bytecode
	@touch $@

clean:
	rm -rf .venv .bootstrap .demo .bench mutants site .pytest_cache .ruff_cache .hypothesis .import_linter_cache dist
