import time
from contextlib import suppress

import pytest

from codecompanion.domain.shell.words import NotUnderstood
from codecompanion.domain.shell.wrappers import started_by


@pytest.mark.parametrize(
    ("line", "started"),
    [
        ("ls -l 'a b' \"c d\"", ["ls -l a b c d"]),
        ("ls && cat a | head; wc b &", ["ls", "cat a", "head", "wc b"]),
        ("sh -c 'env X=1 ls a'", ["sh -c env X=1 ls a", "env X=1 ls a", "ls a"]),
        ("timeout -k 1 5 nice -n 3 ls", ["timeout -k 1 5 nice -n 3 ls", "nice -n 3 ls", "ls"]),
        ("for f in a b; do cat $f; done", [": a b", "cat a", "cat b"]),
        ("x=a; ls $x", ["", "ls", "ls a"]),  # what assigns may not be reached
        ("ls $(git ls-files)", ["git ls-files", "ls \0"]),
        ("find . -exec grep x {} +", ["find . -exec grep x {} +", "grep x \0"]),
        ("/usr/bin/ls", ["ls"]),
        ("l\\\ns", ["ls"]),
    ],
)
def test_all_that_a_line_can_start_is_found(line: str, started: list[str]) -> None:
    assert [" ".join(command.argv) for command in started_by(line)] == started


def test_assignments_files_and_input_are_kept() -> None:
    (command,) = started_by("X=1 cat < a > b 2>&1 <<'E'\ntext $x\nE")
    assert (command.assignments, command.reads, command.writes, command.stdin) == ((("X", "1"),), ("a",), ("b",), "text $x\n")


@pytest.mark.parametrize("line", ["ls 'a", "ls $(", "ls $x", "f() { ls; }", "ls {a,b}", "$(cat a)", 'ls `ls \\"`', "ls $((1))"])
def test_what_cannot_be_told_is_refused(line: str) -> None:
    with pytest.raises(NotUnderstood):
        started_by(line)


ASSIGNED = "for a in 1 2 3 4 5 6 7 8; do for b in 1 2 3 4 5 6 7 8; do "
NESTED = "$(echo $a$b " * 10 + "x" + ")" * 10


@pytest.mark.parametrize(
    "line",
    [
        "echo " + "$(echo " * 11 + "x" * 15_000 + ")" * 11,
        f"{ASSIGNED}echo {NESTED}; done; done",
        "echo {" + "," * 19_000,
        "echo " + "{" * 19_000,
        "sed -n '" + "/a" * 9_000 + "' x",
        "(" * 19_000,
        "`" * 19_000,
        "sh -c '" * 4000,
    ],
    ids=["deep", "wide", "commas", "braces", "sed", "parentheses", "backticks", "quotes"],
)
@pytest.mark.attack("A94")
def test_a_line_that_is_made_to_be_slow_to_read_is_not(line: str) -> None:
    started = time.monotonic()
    with suppress(NotUnderstood):
        started_by(line)
    assert time.monotonic() - started < 5
