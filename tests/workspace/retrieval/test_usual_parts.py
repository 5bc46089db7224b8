import numpy as np

from codecompanion.workspace.retrieval.corpus import Corpus
from codecompanion.workspace.retrieval.history import Commit, History

PATHS = ("net/client.py", "net/retry.py", "shop/cart.py", "shop/client.py", "shop/tax.py")
FILLING = (Commit("2026-01-01", "tidy up", ("shop/tax.py",)),) * 30
"""Enough of a past to tell anything."""


def scores(*commits: Commit, words: tuple[str, ...] = ("retry",)) -> dict[str, float]:
    history = History([*commits, *FILLING], Corpus(dict.fromkeys(PATHS)))
    return dict(zip(PATHS, history.usual(words, np.ones(len(words))).tolist(), strict=True))


def test_words_lead_to_files_that_no_commit_with_them_changed_but_whose_neighbours_it_did() -> None:
    found = scores(*[Commit("2026-01-01", "retries wait longer", ("net/client.py",))] * 3)
    assert found["net/client.py"] > found["net/retry.py"] > 0 == found["shop/tax.py"]
    assert found["net/client.py"] > found["shop/client.py"] > 0


def test_a_part_that_every_commit_changes_says_nothing() -> None:
    found = scores(Commit("2026-01-01", "retries wait longer", ("shop/tax.py",)))
    assert found["shop/tax.py"] < 0.2
    assert found["net/retry.py"] == 0


def test_a_sweep_says_less_of_a_part_than_a_small_commit() -> None:
    alone = scores(Commit("2026-01-01", "retries", ("net/client.py",)))
    sweep = scores(Commit("2026-01-01", "retries", ("net/client.py", *(f"gone/{n}.py" for n in range(9)))))
    assert alone["net/client.py"] > sweep["net/client.py"] > 0


def test_words_without_a_past_and_a_short_past_say_nothing() -> None:
    assert set(scores(words=("unseen",)).values()) == {0.0}
    assert set(scores(words=()).values()) == {0.0}
    short = History([Commit("2026-01-01", "retries", ("net/client.py",))], Corpus(dict.fromkeys(PATHS)))
    assert short.usual(["retry"], np.ones(1)).tolist() == [0.0] * len(PATHS)


def test_it_is_what_counting_one_by_one_gives() -> None:
    past = [
        Commit("2026-01-01", "retry the client", ("net/client.py", "net/retry.py")),
        Commit("2026-01-01", "client of the shop", ("shop/client.py", "gone.py")),
        Commit("2026-01-01", "retry", ("net/retry.py",)),
    ]
    terms = {"net": 0, "client": 1, "retry": 2, "shop": 3, "cart": 4, "tax": 5}
    of_path = [{"net", "client"}, {"net", "retry"}, {"shop", "cart"}, {"shop", "client"}, {"shop", "tax"}]
    shares, holding = np.zeros((2, len(terms))), np.zeros(2)
    all_shares = np.zeros(len(terms))
    for commit in [*past, *FILLING]:
        for path in set(commit.paths) & set(PATHS):
            for term in of_path[PATHS.index(path)]:
                all_shares[terms[term]] += 1 / len(commit.paths)
                for number, word in enumerate(("retry", "client")):
                    shares[number, terms[term]] += (word in commit.subject) / len(commit.paths)
        holding += [word in commit.subject for word in ("retry", "client")]
    usual = all_shares / (len(past) + len(FILLING)) + 1e-4
    lift = np.log((shares + 2 * usual) / (holding + 2)[:, None] / usual).clip(min=0)
    expected = [sum(lift[:, terms[t]] @ [1.0, 3.0] for t in path) / len(path) ** 0.5 for path in of_path]
    history = History([*past, *FILLING], Corpus(dict.fromkeys(PATHS)))
    assert np.allclose(history.usual(["retry", "client"], np.array([1.0, 3.0])), expected)
