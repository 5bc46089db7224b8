import numpy as np

from codecompanion.workspace.retrieval.corpus import Corpus
from codecompanion.workspace.retrieval.history import Commit, History
from codecompanion.workspace.retrieval.objective import read_objective
from codecompanion.workspace.retrieval.rank import rank_files
from codecompanion.workspace.retrieval.signals import place_of

PATHS = ("a.py", "b.py", "c.py", "lib/d.py")


def history(*commits: Commit) -> History:
    return History(commits, Corpus(dict.fromkeys(PATHS)))


LETTERS = read_objective("round prices").letters
WORDS = read_objective("round prices").weights
OTHERS = [Commit("2026-01-01", f"polish {n}", ("lib/d.py",)) for n in range(20)]


def test_a_small_commit_tells_more_than_a_sweep() -> None:
    past = history(
        Commit("2026-01-01", "round prices", ("a.py",)), Commit("2026-01-01", "round prices", ("b.py", "c.py")), *OTHERS
    )
    similar, (best, which) = past.similar(LETTERS), past.most_similar(WORDS)
    for signal in (similar, best):
        assert signal[0] > signal[1] == signal[2] > 0
    assert which.tolist()[:3] == [0, 1, 1]


def test_a_file_that_often_changes_for_other_reasons_is_less_sure() -> None:
    past = history(
        Commit("2026-01-01", "round prices", ("a.py",)),
        Commit("2026-01-01", "round prices", ("b.py",)),
        *[Commit("2026-01-01", "polish", ("b.py",))] * 20,
    )
    similar = past.similar(LETTERS)
    assert similar[0] > similar[1]


def test_what_is_written_another_way_is_similar_by_its_letters() -> None:
    past = history(Commit("2026-01-01", "Rounding of the priced items", ("a.py",)), *OTHERS)
    assert past.similar(LETTERS)[0] > 0
    assert past.similar(read_objective("horses").letters)[0] == 0


def test_the_most_similar_commit_has_two_words_of_the_objective() -> None:
    past = history(
        Commit("2026-01-01", "round the corners", ("a.py",)), Commit("2026-01-01", "prices that are round", ("b.py",)), *OTHERS
    )
    best, which = past.most_similar(WORDS)
    assert best[1] > best[0] == 0
    assert which[1] == 1


def test_words_of_every_commit_tell_little() -> None:
    past = history(*[Commit("2026-01-01", "polish things" if n else "polish taxes", ("a.py",)) for n in range(100)])
    polish, tax, unseen = past.commonness(["polish", "tax", "unseen"])
    assert polish < 0.1 < tax <= unseen == 1


def test_a_short_past_tells_nothing_about_words() -> None:
    assert history(Commit("2026-01-01", "polish", ("a.py",))).commonness(["polish"]).tolist() == [1.0]


def test_what_changed_together_pulls_the_other_files() -> None:
    past = history(*[Commit("2026-01-01", "x", ("a.py", "b.py"))] * 5, Commit("2026-01-01", "x", ("c.py",)))
    pulled = past.together(np.array([1.0, 0.0, 0.0, 0.0]))
    assert pulled[1] > 0
    assert pulled[[0, 2, 3]].tolist() == [0, 0, 0]


def test_a_longer_past_is_believed_more() -> None:
    trusts = [history(*[Commit("2026-01-01", "x", ("a.py",))] * count).trust for count in (0, 10, 300, 3000)]
    assert trusts[0] == 0.5
    assert trusts[2] == 0.75
    assert trusts == sorted(set(trusts))
    assert trusts[-1] < 1


def test_few_commits_say_less_than_many_about_their_files() -> None:
    corpus = Corpus(dict.fromkeys(PATHS))
    past = [Commit("2026-01-01", "round prices", ("a.py",)), *[Commit("2026-01-01", "polish", ("b.py",))] * 999]
    short, long = (
        rank_files(read_objective("round prices"), place_of(corpus, past[:n]), dict[str, str]().get) for n in (2, 1000)
    )
    for signal in ("similar commits", "most similar commit"):
        assert 0 < short.parts[signal][0] < long.parts[signal][0]


def test_a_sweep_over_many_files_pulls_nothing() -> None:
    past = history(Commit("2026-01-01", "reformat", (*PATHS, *(f"gone/{n}.py" for n in range(20)))))
    assert past.together(np.array([1.0, 0.0, 0.0, 0.0])).sum() == 0


def test_a_file_that_has_moved_is_followed_by_its_name() -> None:
    past = history(Commit("2026-01-01", "round prices", ("old/d.py", "gone.py")), Commit("2026-01-01", "polish", ("a.py",)))
    assert past.similar(LETTERS).nonzero()[0].tolist() == [3]


def test_what_changes_often_and_lately_is_known() -> None:
    past = history(
        *[Commit("2026-01-01", "x", ("a.py",))] * 3, Commit("2026-01-01", "x", ("b.py",)), Commit("2020-01-01", "x", ("c.py",))
    )
    often = past.habit()
    assert often[0] > often[1] > often[2] > often[3] == 0


def test_no_past_is_no_error() -> None:
    past = history()
    assert past.habit().sum() == past.similar(LETTERS).sum() == past.together(np.ones(4) / 4).sum() == 0
    assert past.most_similar(WORDS)[1].tolist() == [-1] * 4
