"""Misspelt words of an objective are read as the words that the code has."""

import pytest

from codecompanion.workspace.retrieval.analysis import analyse
from codecompanion.workspace.retrieval.corpus import Corpus
from codecompanion.workspace.retrieval.history import Commit, History
from codecompanion.workspace.retrieval.misspelt import corrected
from codecompanion.workspace.retrieval.objective import read_objective
from codecompanion.workspace.retrieval.rank import rank_files
from codecompanion.workspace.retrieval.signals import place_of

FILES = {
    "shop/cart.py": "def total(items): return sum(items)\n",
    "shop/till.py": "from checkout import pay  # any quantity, which we quantify\n",
    "shop/tax.py": "accommodation = 7\n",
}
CORPUS = Corpus({path: analyse(path, text) for path, text in FILES.items()})
HISTORY = History([Commit("2026-01-01", "Acommodation", ("shop/tax.py",))], CORPUS)


@pytest.mark.parametrize("typo", ["checkoud", "checkot", "chekckout", "chekcout"])
def test_a_word_that_is_one_letter_off_finds_its_file(typo: str) -> None:
    ranking = rank_files(read_objective(f"Upgrade {typo}"), place_of(CORPUS, HISTORY.commits), FILES.get)
    assert CORPUS.paths[ranking.order[0]] == "shop/till.py"
    assert ranking.objective.weights == read_objective("Upgrade checkout").weights


@pytest.mark.parametrize(
    "objective",
    ["quantisy", "Checkout", "acommodation", "carrt"],
    ids=["near two words", "right", "written so by earlier commits", "short"],
)
def test_other_words_stay_as_they_are(objective: str) -> None:
    read = read_objective(objective)
    assert corrected(read, CORPUS, HISTORY).weights == read.weights
