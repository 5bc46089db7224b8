import pytest
from pydantic_ai import ModelRetry

import projects
from agent_world import SECRET, World
from codecompanion.tools.read_file import read_file

pytestmark = pytest.mark.anyio


async def test_a_window_has_numbers_and_says_how_to_go_on(world: World) -> None:
    text = await world.call(read_file, "shop.py", 4, 3)
    assert text == (
        "shop.py, lines 4 to 6 of 14\n"
        "    4 | def discount(count):\n"
        '    5 |     """Return the discount in per cent: from ten pieces on there is one."""\n'
        "    6 |     if count > 10:\n"
        "[8 more lines: go on with first_line=7]"
    )
    assert (await world.call(read_file, "./shop.py", 14)).endswith(
        "   14 |     return full - full * discount(len(prices)) // 100"
    )


async def test_an_absolute_path_below_the_root_is_read(world: World) -> None:
    assert (await world.call(read_file, f"{world.root}/shop.py")).startswith("shop.py, lines 1 to 14")


async def test_beyond_the_end_the_number_of_lines_is_said(world: World) -> None:
    assert await world.call(read_file, "shop.py", 99) == "shop.py has only 14 lines: read it from an earlier line."


async def test_a_missing_file_is_answered_with_those_like_it(world: World) -> None:
    assert (
        await world.call(read_file, "src/shop.py")
        == "There is no file 'src/shop.py'. Did you mean 'shop.py' or 'tests/test_shop.py'?"
    )
    assert "is a folder" in await world.call(read_file, "tests")


async def test_large_binary_empty_and_long_lines_are_said_so(world: World) -> None:
    projects.write(world.root, {"large.txt": "x\n" * 600_000, "empty.txt": "", "long.txt": "y" * 5000 + "\nend\n"})
    (world.root / "binary.bin").write_bytes(b"\0\1\2")
    assert "has 1.2 MB, too much to show" in await world.call(read_file, "large.txt")
    assert "is binary (3 B)" in await world.call(read_file, "binary.bin")
    assert await world.call(read_file, "empty.txt") == "empty.txt is empty."
    long = await world.call(read_file, "long.txt")
    assert "y [... 3000 more characters]\n    2 | end" in long


async def test_a_file_of_1_mb_is_read_and_one_byte_more_is_not(world: World) -> None:
    megabyte = 1_000_000
    (world.root / "just.txt").write_bytes(b"a\n" * (megabyte // 2 - 2) + b"end\n")
    (world.root / "more.txt").write_bytes(b"a\n" * (megabyte // 2 - 2) + b"end.\n")
    last = megabyte // 2 - 1
    assert await world.call(read_file, "just.txt", last) == (f"just.txt, lines {last} to {last} of {last}\n{last:>5} | end")
    assert await world.call(read_file, "more.txt", last) == (
        "'more.txt' has 1.0 MB, too much to show: look for lines with search, or cut some out with a command."
    )


async def test_many_lines_are_cut_at_the_caps(world: World) -> None:
    projects.write(world.root, {"short.txt": "a\n" * 5000, "wide.txt": f"{'b' * 1000}\n" * 100})
    assert "lines 1 to 500 of 5000" in await world.call(read_file, "short.txt", lines=10_000)
    wide = await world.call(read_file, "wide.txt")
    assert "lines 1 to 29 of 100" in wide
    assert "go on with first_line=30" in wide


@pytest.mark.parametrize("path", ["../secret", "/etc/passwd", "a/../../secret", ".git/config", "~/x", "out/passwd", "link"])
async def test_nothing_outside_is_read(world: World, path: str) -> None:
    projects.write(world.root.parent, {"secret": "the secret\n"})
    (world.root / "out").symlink_to("/etc")
    (world.root / "link").symlink_to("../secret")
    text = await world.call(read_file, path)
    assert "root:" not in text
    assert "the secret" not in text
    assert "outside the worktree" in text or "git's own" in text or "leads out of the worktree" in text


async def test_a_symlink_within_the_worktree_is_followed(world: World) -> None:
    (world.root / "alias.py").symlink_to("shop.py")
    assert (await world.call(read_file, "alias.py", 4, 1)).startswith("shop.py, lines 4 to 4 of 14\n    4 | def discount")


async def test_what_agents_shall_not_read_is_not_shown(world: World) -> None:
    projects.write(world.root, {".agentsignore": "private/\n", ".gitignore": "*.log\n", "private/a.py": "1\n", "b.log": "2\n"})
    for path in ("private/a.py", "b.log"):
        assert await world.call(read_file, path) == f"{path!r} is ignored by .gitignore or .agentsignore and is not shown."


async def test_secrets_and_escape_sequences_do_not_reach_the_model(world: World) -> None:
    projects.write(world.root, {"a.txt": f"key={SECRET}\n\x1b[31mred\x1b[0m\x07\n"})
    assert await world.call(read_file, "a.txt") == "a.txt, lines 1 to 2 of 2\n    1 | key=[redacted]\n    2 | red"


async def test_lines_are_counted_from_one(world: World) -> None:
    with pytest.raises(ModelRetry):
        await world.call(read_file, "shop.py", 0)
