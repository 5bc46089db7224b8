"""Real projects in real git repositories, for the tests to work on."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

IDENTITY = {
    "GIT_AUTHOR_NAME": "user",
    "GIT_AUTHOR_EMAIL": "user@example.invalid",
    "GIT_COMMITTER_NAME": "user",
    "GIT_COMMITTER_EMAIL": "user@example.invalid",
    "GIT_AUTHOR_DATE": "2026-01-01T00:00:00Z",
    "GIT_COMMITTER_DATE": "2026-01-01T00:00:00Z",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
}

BUGGY = '''"""Shop."""


def discount(count):
    """Return the discount in per cent: from ten pieces on there is one."""
    if count > 10:
        return 5
    return 0


def total(prices):
    """Return the sum of prices after the discount."""
    full = sum(prices)
    return full - full * discount(len(prices)) // 100
'''

TESTS = """from shop import discount, total


def test_few_pieces_have_no_discount():
    assert discount(9) == 0


def test_ten_pieces_have_a_discount():
    assert discount(10) == 5


def test_many_pieces_have_a_discount():
    assert discount(11) == 5


def test_a_total_is_discounted():
    assert total([100] * 20) == 1900
"""

SHOP = {"shop.py": BUGGY, "tests/test_shop.py": TESTS, "conftest.py": ""}


def git(repo: Path, *args: str) -> str:
    """Run git in a repository and return its output."""
    done = subprocess.run(["git", *args], cwd=repo, env={**os.environ, **IDENTITY}, check=True, capture_output=True, text=True)
    return done.stdout


def write(root: Path, files: Mapping[str, str]) -> None:
    """Write files below a folder."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def repository(root: Path, files: Mapping[str, str] = SHOP) -> Path:
    """Make a repository with one commit; the same files give the same commit id."""
    root.mkdir(parents=True)
    write(root, files)
    return commit_all(root)


def commit_all(root: Path) -> Path:
    """Make a repository of a folder with its files in one commit; the same files give the same commit id."""
    git(root, "init", "--quiet", "--initial-branch=main")
    (root / ".git/info/exclude").write_text("__pycache__/\n", encoding="utf-8")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "base")
    return root
