# Two commands do all the set-up: `make demo` and `make test`. Everything lands in this folder (.venv, .demo).
.PHONY: demo test check format lock clean
UV := scripts/uv
RUN := .venv/bin
READY := .venv/.ready

demo: $(READY)            ## the main job on a copy of a project with a real bug
	@scripts/demo

test: $(READY)            ## the tests
	$(RUN)/python -m pytest --numprocesses=auto --dist=loadfile --no-loadscope-reorder

check: $(READY)           ## format, lint, types, the arrows between packages, the lock
	$(RUN)/ruff format --check
	$(RUN)/ruff check
	$(RUN)/pyright
	$(RUN)/lint-imports --no-logo
	$(UV) lock --check

format: $(READY)
	$(RUN)/ruff format
	$(RUN)/ruff check --fix

lock:
	$(UV) lock --upgrade

$(READY): pyproject.toml uv.lock
	$(UV) sync --frozen --compile-bytecode
	@touch $@

clean:
	rm -rf .venv .bootstrap .demo .pytest_cache .ruff_cache .hypothesis .import_linter_cache dist
