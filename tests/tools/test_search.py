import time

import pytest
from pydantic_ai import ModelRetry

import projects
from agent_world import SECRET, World
from codecompanion.tools.search import matches, search

pytestmark = pytest.mark.anyio


async def test_hits_name_file_and_line(world: World) -> None:
    assert await world.call(search, r"def \w+\(count") == "shop.py:4: def discount(count):\n[1 hit in 3 files searched]"
    assert await world.call(search, "DISCOUNT\\(9", "tests", ignore_case=True) == (
        "tests/test_shop.py:5:     assert discount(9) == 0\n[1 hit in 1 file searched]"
    )
    assert await world.call(search, "nowhere") == "No hit in 3 files."
    assert await world.call(search, "a", "*.rs") == "No file is like '*.rs'."


async def test_lines_around_a_hit_are_shown_once(world: World) -> None:
    projects.write(world.root, {"n.txt": "".join(f"{number}\n" for number in range(1, 21))})
    assert (await world.call(search, "^(3|5|15)$", "n.txt", 1)).split("\n") == [
        *("n.txt", "2- 2", "3: 3", "4- 4", "5: 5", "6- 6", "--"),
        *("14- 14", "15: 15", "16- 16", "[3 hits in 1 file searched]"),
    ]


async def test_with_lines_around_a_file_is_named_once_before_its_hits(world: World) -> None:
    projects.write(world.root, {"a.txt": "one\nkey\n", "b.txt": "key\ntwo\n"})
    assert (await world.call(search, "^key$", "*.txt", 1)).split("\n") == [
        *("a.txt", "1- one", "2: key", "3- ", "b.txt", "1: key", "2- two", "[2 hits in 2 files searched]"),
    ]


async def test_at_most_sixty_hits_are_shown(world: World) -> None:
    projects.write(world.root, {"n.txt": "same\n" * 100})
    text = await world.call(search, "same")
    assert text.count("same") == 60
    assert text.endswith("[only the first 60 hits are shown: narrow the pattern or path_glob]")


async def test_a_pattern_that_never_ends_is_stopped_and_what_was_found_stands(world: World) -> None:
    projects.write(world.root, {"a.txt": "aab\n", "z.txt": "a" * 60 + "c\n"})
    started = time.monotonic()
    text = await world.call(search, "(a+)+b", "*.txt")
    assert time.monotonic() - started < 20
    assert text.startswith("a.txt:1: aab\n[stopped: the pattern took more than 10 s")


async def test_a_broken_pattern_is_for_the_model_to_mend(world: World) -> None:
    with pytest.raises(ModelRetry, match="unterminated"):
        await world.call(search, "(")


async def test_binary_large_ignored_and_linked_files_are_passed_over(world: World) -> None:
    projects.write(world.root, {"large.txt": "needle\n" * 200_000, "a.log": "needle\n", ".gitignore": "*.log\n"})
    projects.write(world.root.parent, {"outside.txt": "needle\n"})
    (world.root / "binary").write_bytes(b"\0needle\n")
    (world.root / "link.txt").symlink_to("../outside.txt")
    assert await world.call(search, "needle") == "No hit in 6 files."


async def test_secrets_are_masked_and_long_lines_cut(world: World) -> None:
    projects.write(world.root, {"a.txt": f"needle {SECRET} {'x' * 1000}\n"})
    text = await world.call(search, "needle")
    assert "needle [redacted] xxx" in text
    assert "x [...]" in text


@pytest.mark.parametrize(
    ("path", "glob", "like"),
    [
        ("src/a/b.py", "*.py", True),
        ("src/a/b.py", "src", True),
        ("src/a/b.py", "src/", True),
        ("src/a/b.py", "src/**/*.py", True),
        ("src/b.py", "src/**/*.py", True),
        ("b.py", "**/*.py", True),
        ("src/a/b.py", "a", False),
        ("srcs/b.py", "src", False),
        ("b.pyc", "*.py", False),
        ("anything", "", True),
    ],
)
async def test_globs(path: str, glob: str, like: bool) -> None:  # noqa: FBT001 - a column of the table
    assert matches(path, glob) is like
