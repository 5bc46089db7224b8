import pytest

from codecompanion.domain.shell.expanding import OPEN, Command, expand, lists_files
from codecompanion.domain.shell.script_reader import read_script
from codecompanion.domain.shell.words import NotUnderstood


def expanded(line: str) -> list[Command]:
    return expand(read_script(line))


@pytest.mark.parametrize(
    ("argv", "lists"),
    [
        ((), True),
        (("ls", "-l"), True),
        (("cat", "a"), False),
        (("git",), False),
        (("git", "ls-files"), True),
        (("git", "log"), False),
    ],
)
def test_names_of_files_are_told_from_other_output(argv: tuple[str, ...], *, lists: bool) -> None:
    assert lists_files(Command(argv)) is lists


@pytest.mark.parametrize(
    ("line", "started"),
    [
        ("x=a; ls $x", ["", "ls", "ls a"]),
        ("x=a; ls b $x c", ["", "ls b c", "ls b a c"]),
        ('x=a; ls "$x"', ["", "ls ", "ls a"]),
        ("export x=a; ls $x", ["export x=a", "ls", "ls a"]),
        ("for i in a b; do x=$i; done; ls $x", [": a b", "", "", "ls", "ls a", "ls b"]),
        ("x=a; for f in $x b; do ls $f; done", ["", ": b", ": a b", "ls", "ls a", "ls b"]),
        ("for i in a b; do ls $i $i; done", [": a b", "ls a a", "ls b b"]),
        ("for i in a b; do for j in c d; do ls $i$j; done; done", [": a b", ": c d", "ls ac", "ls ad", "ls bc", "ls bd"]),
        ("ls $? $# $$ $! $PWD", ["ls 0 0 1 1 ."]),
        ("PWD=/etc; ls $PWD", ["", "ls", "ls /etc"]),
        ("echo $(cat a)", ["cat a", f"echo {OPEN}"]),
        ("printf %s $(cat a) $(cat b)", ["cat a", "cat b", f"printf %s {OPEN} {OPEN}"]),
        ("ls $(ls $(git ls-files))", ["git ls-files", f"ls {OPEN}", f"ls {OPEN}"]),
        ("ls $(x=a; ls $x)", ["", "ls", "ls a", f"ls {OPEN}"]),
        ("x=a; ls $(ls $x)", ["", "ls", "ls a", f"ls {OPEN}"]),
        ("x='a b'; echo $x", ["", "echo", "echo a b"]),
    ],
)
def test_every_command_that_the_values_allow_is_found(line: str, started: list[str]) -> None:
    found = [" ".join(command.argv) for command in expanded(line)]
    assert found == started


@pytest.mark.parametrize(
    ("line", "assigned"),
    [
        ("X=1 Y=a=b ls", (("X", "1"), ("Y", "a=b"))),
        ("PATH+=:. ls", (("PATH", ":."),)),
        ("export A=1 B=2", (("A", "1"), ("B", "2"))),
        ("export PATH+=:.", (("PATH", ":."),)),
        ("X=1 declare -x A=2", (("X", "1"), ("A", "2"))),
        ("readonly A=1", (("A", "1"),)),
        ("typeset A=1", (("A", "1"),)),
        ("local A=1", (("A", "1"),)),
        ("ls A=1", ()),
        ("'X=1' ls", ()),
    ],
)
def test_all_that_a_command_assigns_is_kept(line: str, assigned: tuple[tuple[str, str], ...]) -> None:
    assert expanded(line)[-1].assignments == assigned


def test_files_and_texts_go_where_the_line_says() -> None:
    (command,) = expanded("cat <<A > a 2>> b < c <<B\nfirst\nA\nsecond $PWD\nB")
    assert command == Command(("cat",), (), ("c",), ("a", "b"), "first\nsecond .\n")
    assert expanded("ls")[0] == Command(("ls",))
    assert expanded("cat <<E\n$(cat a)\nE")[1].stdin == f"{OPEN}\n"
    assert [command.writes for command in expanded("for f in a b; do ls > $f; done")] == [(), ("a",), ("b",)]
    assert expanded("for f in a; do ls; done < x > y")[-1] == Command((), (), ("x",), ("y",))


PRINTED = "an argument is what another command prints"


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("ls $x", "the value of $x is not known"),
        ("x=a; x=b; ls $x", "the value of $x is not known"),
        ("for x in a; do x=b; done; ls $x", "the value of $x is not known"),
        ("x=a; ls $(x=b; ls) $x", "the value of $x is not known"),
        ("PWD=a; PWD=b; ls $PWD", "the value of $PWD is not known"),
        ("echo $(x=a); ls $x", "the value of $x is not known"),
        ("X=1 ls; cat $X", "the value of $X is not known"),
        ("cat $X; X=1", "the value of $X is not known"),
        ("x='a b'; ls $x", "the value of $x is split into words"),
        ("x='a b'; ls > $x", "the value of $x is split into words"),
        ("ls $(cat a)", PRINTED),
        ("ls a $(cat a)", PRINTED),
        ("cat < $(cat a)", PRINTED),
        ("x=$(cat a)", PRINTED),
        ("$(cat a) b", PRINTED),
        ("for f in $(cat a); do ls; done", PRINTED),
        ("x=_1; echo$x $(cat a)", PRINTED),
        ("./echo $(cat a)", PRINTED),
        ("ls $(ls; cat a)", PRINTED),
    ],
)
def test_what_is_not_known_is_not_guessed(line: str, why: str) -> None:
    with pytest.raises(NotUnderstood) as refused:
        expanded(line)
    assert str(refused.value) == why


def looping(values: int, names: str = "a") -> str:
    heads = [f"for {name} in {' '.join(map(str, range(values)))}; do " for name in names]
    return "".join(heads) + "ls " + " ".join(f"${name}" for name in names) + "; done" * len(names)


def test_sixty_four_values_are_tried_and_no_more() -> None:
    assert len(expanded(looping(64))) == 65
    assert len(expanded(looping(8, "ab"))) == 66
    assert len(expanded(looping(4, "abc"))) == 67
    for line in (looping(65), looping(9, "ab"), looping(5, "abc")):
        with pytest.raises(NotUnderstood, match=r"^its variables have too many values$"):
            expanded(line)


def test_two_thousand_commands_are_read_and_no_more_wherever_they_stand() -> None:
    assert len(expanded("ls;" * 2000)) == 2000
    assert len(expanded("ls;" * 999 + f"echo $({'ls;' * 1000})")) == 2000
    for line in ("ls;" * 2001, "ls;" * 1000 + f"echo $({'ls;' * 1000})"):
        with pytest.raises(NotUnderstood, match=r"^it would start too many commands to be read$"):
            expanded(line)
