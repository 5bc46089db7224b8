import pytest

from codecompanion.workspace.retrieval.corpus import Corpus
from codecompanion.workspace.retrieval.mentions import mentioned, traced
from codecompanion.workspace.retrieval.objective import read_objective

PATHS = ("shop/cart.py", "shop/cart/__init__.py", "web/cart.ts", "web/cart.css", "lib/tax.go", "core/tax.go")
CORPUS = Corpus(dict.fromkeys(PATHS))


@pytest.mark.parametrize(
    ("objective", "paths"),
    [
        ("see shop/cart.py", {"shop/cart.py": 1.0}),
        ("see `./shop/cart.py`.", {"shop/cart.py": 1.0}),
        (r"see shop\cart.py", {"shop/cart.py": 1.0}),
        ("see cart.ts", {"web/cart.ts": 0.8}),
        ("see shop.cart", {"shop/cart.py": 1.0}),
        ("shop.cart.total fails", {"shop/cart.py": 0.6}),
        ("see tax.go", {"lib/tax.go": 0.8, "core/tax.go": 0.8}),
        ("see other/cart.py", {}),
        ("the cart", {}),
    ],
)
def test_a_file_is_mentioned_by_its_path_or_module(objective: str, paths: dict[str, float]) -> None:
    found = mentioned(read_objective(objective), CORPUS)
    assert {PATHS_SORTED[n]: clarity for n, clarity in enumerate(found.tolist()) if clarity} == paths


PATHS_SORTED = sorted(PATHS)


@pytest.mark.parametrize(
    ("trace", "lines"),
    [
        ('File "/usr/src/app/shop/cart.py", line 12, in total', {"shop/cart.py": [12]}),
        ("at total (/app/web/cart.ts:7:13)", {"web/cart.ts": [7]}),
        ("panic: /build/core/tax.go:44 +0x1d", {"core/tax.go": [44]}),
        ("tax.go:3: undefined", {"core/tax.go": [3], "lib/tax.go": [3]}),
        ("elsewhere.py:3: no", {}),
    ],
)
def test_a_stack_trace_leads_to_files_and_lines(trace: str, lines: dict[str, list[int]]) -> None:
    found = traced(read_objective(trace), CORPUS)
    assert {PATHS_SORTED[n]: at for n, at in found.items()} == lines
