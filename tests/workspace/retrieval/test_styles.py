"""How a subject is written leads to files, too."""

import numpy as np
import pytest

from codecompanion.workspace.retrieval.corpus import Corpus
from codecompanion.workspace.retrieval.history import Commit
from codecompanion.workspace.retrieval.objective import read_objective
from codecompanion.workspace.retrieval.rank import rank_files
from codecompanion.workspace.retrieval.signals import place_of
from codecompanion.workspace.retrieval.styles import styles_of


@pytest.mark.parametrize(
    ("subject", "styles"),
    [
        ("Round prices, e.g. of well-known goods - once", []),
        ("Add worker_limit", ["~snake"]),
        ("Rename maxAge", ["~camel"]),
        ("Read SHOP_RATE", ["~snake", "~constant"]),
        ("Let --dry-run win", ["~flag"]),
        ("`-h` shows help", ["~flag", "~marked"]),
        ("Speed up shop.cart", ["~dotted"]),
        ("Deprecate total()", ["~call"]),
        ("Answer with 404", ["~number"]),
    ],
)
def test_what_a_subject_is_written_like(subject: str, styles: list[str]) -> None:
    assert styles_of(subject) == styles


def test_a_new_setting_is_sought_where_new_settings_went_before() -> None:
    corpus = Corpus(dict.fromkeys(("shop/cart.py", "shop/defaults.py", "shop/tax.py")))
    past = [
        Commit("2026-01-01", subject, (path,))
        for number in range(20)
        for subject, path in ((f"Use cart_a{number}x", "shop/defaults.py"), (f"Use b{number}x", "shop/tax.py"))
    ]
    place = place_of(corpus, past)
    named, told = (
        rank_files(read_objective(words), place, dict[str, str]().get).parts["usual parts"]
        for words in ("Use zone_map", "Use zone map")
    )
    assert corpus.paths[int(np.argmax(named))] == "shop/defaults.py"
    assert not told.any()
