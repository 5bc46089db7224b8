import pytest

from codecompanion.domain.shell.paths import gits_own, outside


@pytest.mark.parametrize(
    ("argument", "found"),
    [
        ("-I/etc", "/etc"),
        ("-C~/x", "~/x"),
        ("-C../x", "../x"),
        ("--root/etc", "/etc"),
        ("/dev/null:/etc/passwd", "/etc/passwd"),
        ("/opt/python:/etc/passwd", "/etc/passwd"),
        ("src:/dev/null", None),
        ("-Isrc", None),
    ],
)
def test_the_first_path_beyond_the_worktree_is_found_wherever_it_stands_in_an_argument(
    argument: str, found: str | None
) -> None:
    assert outside(argument, "/work/run", ("/opt/python",)) == found


def test_no_absolute_path_is_inside_while_the_worktree_is_not_known() -> None:
    assert outside("/work/run/a") == "/work/run/a"


@pytest.mark.parametrize(
    ("path", "root", "inside"),
    [
        ("/work/run", "/work/run", True),
        ("/work/run/a", "/work/run/", True),
        ("/work/run-2/a", "/work/run", False),
        ("/work/run/./a//b", "/work/run", True),
        ("/work/BO/a", "/work/BOX", False),
        ("/work/a", "/work/X", False),
        ("/a", "/", True),
    ],
)
def test_a_path_is_inside_when_the_whole_of_the_worktrees_is_in_front_of_it(path: str, root: str, *, inside: bool) -> None:
    assert outside(path, root) == (None if inside else path)


@pytest.mark.parametrize(("argument", "own"), [("a/.git", True), ("--to=.GIT/x", True), ("git~1/x", True), (".github", False)])
def test_gits_own_files_are_known_wherever_they_stand(argument: str, *, own: bool) -> None:
    assert gits_own(argument) is own
