import time
from contextlib import suppress

import pytest

from codecompanion.domain.shell.words import NotUnderstood
from codecompanion.domain.shell.wrappers import base_name, started_by


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
        ("trap 'ls a' EXIT", ["trap ls a EXIT", "ls a"]),
        ("trap ls", ["trap ls", "ls"]),
        ("trap '' INT", ["trap  INT", ":"]),
        ("trap", ["trap"]),
        ("command -V ls", ["command -V ls"]),
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


@pytest.mark.parametrize(
    ("line", "last"),
    [
        ("env -- ls", "ls"),
        ("env -i A=b ls", "ls"),
        ("env --unset=A ls", "ls"),
        ("nice -n10 ls", "ls"),
        ("nice -5 ls", "ls"),
        ("nice --adjustment=5 ls", "ls"),
        ("timeout -k5 3 ls", "ls"),
        ("timeout --signal=KILL 5 ls", "ls"),
        ("timeout --foreground 5 ls", "ls"),
        ("nice -n", "nice -n"),
        ("ls | xargs grep x", "grep x \0"),
        ("ls | xargs -n 1 grep x", "grep x \0"),
        ("ls | sort -k 2 | uniq -f 1 | head -n 3 | tail -2 | xargs grep x", "grep x \0"),
        ("ls | xargs -n1 -0 grep x", "grep x \0"),
        ("ls | xargs -I {} grep x {}", "grep x \0"),
        ("ls | xargs -I{} grep x {}/a", "grep x \0/a"),
        ("ls | xargs -I F grep x F", "grep x \0"),
        ("find . -exec grep x", "grep x"),
        ("find -exec grep x {} +", "grep x \0"),
        ("find . -exec wc {} \\; -exec grep x {} +", "grep x \0"),
        ("find . -exec wc {} + -exec grep x {} +", "grep x \0"),
        ("bash -eu run.sh a", "bash -eu run.sh a"),
        ("command -v ls", "command -v ls"),
        ("command -p ls", "ls"),
        ("poetry run ls", "ls"),
    ],
)
def test_what_a_wrapper_starts_is_found_behind_its_options(line: str, last: str) -> None:
    assert " ".join(started_by(line)[-1].argv) == last


def test_what_is_given_to_a_wrapper_reaches_what_it_starts() -> None:
    wrapper, inner = started_by("env A=b=c B= python - <<'E'\nimport x\nE")
    assert (wrapper.wraps, inner.wraps) == (True, False)
    assert inner.assignments == (("A", "b=c"), ("B", ""))
    assert inner.stdin == "import x\n"


@pytest.mark.parametrize("wrap", ["eval ", "nohup ", "env ", "nice "])
def test_twelve_wrappers_around_a_command_are_read_and_no_more(wrap: str) -> None:
    assert started_by(wrap * 12 + "ls")[-1].argv == ("ls",)
    with pytest.raises(NotUnderstood, match="too deeply nested to be read"):
        started_by(wrap * 13 + "ls")


def test_what_a_script_substitutes_counts_with_the_levels_around_it() -> None:
    assert started_by("eval 'echo " + "$(echo " * 11 + "x" + ")" * 11 + "'")
    with pytest.raises(NotUnderstood, match="too deeply nested to be read"):
        started_by("eval 'echo " + "$(echo " * 12 + "x" + ")" * 12 + "'")


@pytest.mark.parametrize("feeding", ["xargs grep x", "find . -exec grep x +"])
def test_what_is_fed_counts_as_one_level_more(feeding: str) -> None:
    assert started_by("nohup " * 11 + feeding)[-1].argv[0] == "grep"
    with pytest.raises(NotUnderstood, match=r"^it is too deeply nested to be read$"):
        started_by("nohup " * 12 + feeding)


FED = "xargs takes its arguments from what another command prints"
TEXT = "xargs takes its arguments from a text or a file"
ELSEWHERE = "a shell is started that reads its commands from elsewhere"
WHICH = "it is not known which program is started"


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("sh", ELSEWHERE),
        ("sh -c", ELSEWHERE),
        ("bash +e run.sh", ELSEWHERE),
        ("bash -s", ELSEWHERE),
        ("eval $(git ls-files)", "a script is built from what another command prints"),
        ("watch ls", "what 'watch' would start is not read"),
        ("env -S ls", "the option -S of env is not read"),
        ("nice -x5 ls", "the option -x5 of nice is not read"),
        ("timeout --what=1 ls", "the option --what of timeout is not read"),
        ("echo /etc/passwd | xargs grep root", FED),
        ("cat list | xargs grep root", FED),
        ("head list | xargs grep root", FED),
        ("head -n 3 list | xargs grep root", FED),
        ("tail -3 list | xargs grep root", FED),
        ("sort -k 2 list | xargs grep root", FED),
        ("uniq list | xargs grep root", FED),
        ("frob | xargs grep root", FED),
        ("ls | xargs", FED),
        ("xargs grep root < list", TEXT),
        ("xargs grep root <<< /etc/passwd", TEXT),
        ("ls | xargs touch", "'touch' would be started with arguments that are not known"),
        ("find . -exec touch {} +", "'touch' would be started with arguments that are not known"),
        ("find . -execdir touch {} +", "'touch' would be started with arguments that are not known"),
        ("find . -ok touch {} +", "'touch' would be started with arguments that are not known"),
        ("find . -okdir touch {} +", "'touch' would be started with arguments that are not known"),
        ("find . -exec env cat {} +", "'env' would be started with arguments that are not known"),
        ("find . -exec grep x {} \\; -exec touch {} +", "'touch' would be started with arguments that are not known"),
        ("-x ls", WHICH),
        ("+x ls", WHICH),
        ("env !", WHICH),
        ("env '{'", WHICH),
        ("env '}'", WHICH),
        ("env '('", WHICH),
        ("env ')'", WHICH),
        ("l? a", WHICH),
        ("$(git ls-files)", WHICH),
    ],
)
def test_a_person_is_told_why_it_cannot_be_known_what_is_started(line: str, why: str) -> None:
    with pytest.raises(NotUnderstood) as refused:
        started_by(line)
    assert str(refused.value) == why


def test_a_bracket_is_a_program() -> None:
    assert started_by("[ -f a ]")[0].program == "["


def test_a_command_of_assignments_only_starts_no_program() -> None:
    (command,) = started_by("X=1")
    assert command.program == base_name(command.argv) == ""


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
    started = time.process_time()
    with suppress(NotUnderstood):
        started_by(line)
    assert time.process_time() - started < 5
