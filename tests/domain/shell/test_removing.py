import pytest

from codecompanion.domain.shell.expanding import OPEN
from codecompanion.domain.shell.removing import finds_and_removes_everything, removes_everything

ROOT = "/work/run"


@pytest.mark.parametrize("word", [ROOT, f"{ROOT}/", f"{ROOT}/.", f"{ROOT}/*", f"{ROOT}/**", ".", "./", "*"])
@pytest.mark.parametrize("root", [ROOT, f"{ROOT}/"])
def test_the_worktree_is_not_removed_by_any_of_its_names(word: str, root: str) -> None:
    assert removes_everything(("-rf", word), root) == f"it would remove {word!r}, the whole worktree"


def test_the_letters_of_a_worktrees_name_belong_to_it() -> None:
    assert removes_everything(("-rf", "/work/X"), "/work/X") == "it would remove '/work/X', the whole worktree"
    assert removes_everything(("-rf", "/work/runX"), ROOT) is None


@pytest.mark.parametrize(
    "words", [("-rf", "build"), ("-rf", "X"), ("-rf", f"{ROOT}/build"), ("a", "b"), (ROOT,), ("-rf", "a/*")]
)
def test_some_files_may_be_removed(words: tuple[str, ...]) -> None:
    assert removes_everything(words, ROOT) is None


def test_what_another_command_prints_is_not_removed_unseen() -> None:
    assert removes_everything((f"build/{OPEN}",), ROOT) == "it is not known what would be removed"


@pytest.mark.parametrize("between", ["-o", "-or"])
def test_a_find_whose_condition_is_one_of_two_removes_what_the_other_finds(between: str) -> None:
    assert finds_and_removes_everything(("find", ".", "-name", "x", between, "-delete"))


@pytest.mark.parametrize("opposite", ["!", "-not"])
def test_a_find_that_spares_one_name_removes_all_others(opposite: str) -> None:
    assert finds_and_removes_everything(("find", ".", opposite, "-name", "x", "-delete"))


def test_a_find_that_chooses_by_name_removes_what_it_chose() -> None:
    assert not finds_and_removes_everything(("find", ".", "-name", "*.pyc", "-delete"))
    assert not finds_and_removes_everything(("find", ".", "-name", "X", "-delete"))
    assert not finds_and_removes_everything(("find", "."))
