import pytest

from codecompanion.domain.shell.script_reader import read_script
from codecompanion.domain.shell.words import Literal, NotUnderstood, SimpleCommand, Variable, Word


def shown(word: Word) -> str:
    """Its text, with variables as they are written and what other commands print as `(...)`."""
    texts: list[str] = []
    for part in word:
        match part:
            case Literal(text=text):
                texts.append(text)
            case Variable(name=name):
                texts.append(f"${name}")
            case _:
                texts.append("(...)")
    return "".join(texts)


def commands(line: str) -> list[list[str]]:
    return [[shown(word) for word in command.words] for command in read_script(line)]


@pytest.mark.parametrize("mark", ["&&", "||", "|&", ";", "&", "|", "\n"])
def test_each_separator_ends_a_command(mark: str) -> None:
    assert commands(f"ls a{mark}wc b") == [["ls", "a"], ["wc", "b"]]


@pytest.mark.parametrize(
    ("line", "read"),
    [
        ("(ls; wc)", [["ls"], ["wc"]]),
        ("ls\t a", [["ls", "a"]]),
        ("ls # a\nwc # b\ncat", [["ls"], ["wc"], ["cat"]]),
        ("# a", []),
        ("#a\nls", [["ls"]]),
        ("ls a#b", [["ls", "a#b"]]),
        ("ls \\\n a", [["ls", "a"]]),
        ("if ! ls; then { wc; } fi", [["ls"], ["wc"]]),
        ("if ls; then wc; elif cat; then nl; else od; fi", [["ls"], ["wc"], ["cat"], ["nl"], ["od"]]),
        ("while ls; do wc; done", [["ls"], ["wc"]]),
        ("until ls; do wc; done", [["ls"], ["wc"]]),
        ("if (ls) then wc; fi", [["ls"], ["wc"]]),
        ("'if' ls", [["if", "ls"]]),
        ("ls if", [["ls", "if"]]),
        ("for x in a b; do ls $x; done", [["a", "b"], ["ls", "$x"]]),
        ("for x in; do ls; done", [[], ["ls"]]),
        ("cat <<E\na\nE\nls", [["cat"], ["ls"]]),
        ("cat <<E && wc\na\nE\nls", [["cat"], ["wc"], ["ls"]]),
    ],
)
def test_a_script_is_read_into_its_commands(line: str, read: list[list[str]]) -> None:
    assert commands(line) == read


def test_the_head_of_a_loop_names_its_variable() -> None:
    assert [command.loop for command in read_script("for x in a; do ls; done")] == ["x", None]


def files(line: str) -> list[tuple[bool, str]]:
    (command,) = read_script(line)
    return [(redirect.writes, shown(redirect.target)) for redirect in command.redirects]


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("ls > a", [(True, "a")]),
        ("ls >a", [(True, "a")]),
        ("ls >\t a", [(True, "a")]),
        ("ls >> a", [(True, "a")]),
        ("ls >| a", [(True, "a")]),
        ("ls &> a", [(True, "a")]),
        ("ls &>> a", [(True, "a")]),
        ("ls <> a", [(True, "a")]),
        ("ls < a", [(False, "a")]),
        ("ls 2> a", [(True, "a")]),
        ("ls 12>> a 0< b", [(True, "a"), (False, "b")]),
        ("ls a2> b", [(True, "b")]),
        ("ls > 1", [(True, "1")]),
        ("ls >& X", [(True, "X")]),
        ("ls >& a", [(True, "a")]),
        ("ls <& a", [(False, "a")]),
        ("ls >& '1'", [(True, "1")]),
        ("ls >& $x", [(True, "$x")]),
        ("ls 2>&1", []),
        ("ls >&-", []),
        ("ls <&3", []),
        ("ls 3>&1-", []),
        ("> a", [(True, "a")]),
    ],
)
def test_every_file_that_a_command_is_directed_to_is_found(line: str, named: list[tuple[bool, str]]) -> None:
    assert files(line) == named


def test_a_number_in_front_of_a_redirection_is_no_argument() -> None:
    assert commands("ls 2> a b") == [["ls", "b"]]
    assert commands("ls 2 > a") == [["ls", "2"]]
    assert commands("ls a2> b") == [["ls", "a2"]]


def bodies(line: str) -> list[tuple[bool, str]]:
    """Whether each text is literal as a whole, and the text."""
    redirects = [redirect for command in read_script(line) for redirect in command.redirects]
    assert not any(redirect.writes or redirect.target for redirect in redirects)
    return [
        (all(isinstance(part, Literal) and part.quoted for part in body), shown(body))
        for body in (redirect.body for redirect in redirects)
        if body is not None
    ]


@pytest.mark.parametrize(
    ("line", "texts"),
    [
        ("cat <<E\na\nb\nE", [(True, "a\nb\n")]),
        ("cat <<E\nE", [(True, "")]),
        ("cat <<E\na $x\nE\n", [(False, "a $x\n")]),
        ("cat <<'E'\na $x\nE", [(True, "a $x\n")]),
        ('cat <<E"F"\na $x\nEF', [(True, "a $x\n")]),
        ("cat <<\\E\n$(ls)\nE", [(True, "$(ls)\n")]),
        ("cat <<E\n$(ls) \\$x 'a\nE", [(False, "(...) $x 'a\n")]),
        ("cat <<A <<'B'\na\nA\n$b\nB\n", [(True, "a\n"), (True, "$b\n")]),
        ("cat <<A\na\nA\nwc <<A\nb\nA", [(True, "a\n"), (True, "b\n")]),
        ("cat <<E\n E\nE \nE", [(True, " E\nE \n")]),
        ("cat <<< a$x", [(False, "a$x")]),
        ("cat <<< 'a b'", [(True, "a b")]),
    ],
)
def test_a_text_that_is_fed_to_a_command_is_found(line: str, texts: list[tuple[bool, str]]) -> None:
    assert bodies(line) == texts


LONG = "it is too long or too deeply nested to be read"


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("ls (a)", "a parenthesis within a command is not read"),
        ("f() { ls; }", "a parenthesis within a command is not read"),
        ("((1))", "arithmetic is not read"),
        ("ls; ((1))", "arithmetic is not read"),
        ("case x in x) ls;; esac", "'case' is not read"),
        ("alias a=b", "'alias' is not read"),
        ("if [[ -f x ]]; then ls; fi", "'[[' is not read"),
        ("for x; do ls; done", "a loop over what is not listed is not read"),
        ("for x of a; do ls; done", "a loop over what is not listed is not read"),
        ("for 'x' in a; do ls; done", "a loop over what is not listed is not read"),
        ("for x 'in' a; do ls; done", "a loop over what is not listed is not read"),
        ("for x-y in a; do ls; done", "a loop over what is not listed is not read"),
        ("for", "a loop over what is not listed is not read"),
        ("ls >", "after > a word is missing"),
        ("ls 2>> ; wc", "after >> a word is missing"),
        ("ls <<- E\nE", "this kind of here-document is not read"),
        ("ls << $x\n$x", "this kind of here-document is not read"),
        ("ls << a$(ls)\na", "this kind of here-document is not read"),
        ("cat <<E", "a here-document has no body"),
        ("cat <<E; ls", "a here-document has no body"),
        ("cat <<E\na", "a here-document is not closed"),
        ("cat <<E\n", "a here-document is not closed"),
        ("ls \u200b", "it holds invisible characters"),
        ("ls \x00", "it holds invisible characters"),
        ("ls \r", "it holds invisible characters"),
        ("#" + "a" * 20_000, LONG),
        ("echo " + "$(echo " * 13 + "x" + ")" * 13, LONG),
    ],
)
def test_a_person_is_told_why_a_script_is_not_read(line: str, why: str) -> None:
    with pytest.raises(NotUnderstood) as refused:
        read_script(line)
    assert str(refused.value) == why


def test_twenty_thousand_characters_and_twelve_levels_are_read_and_no_more() -> None:
    assert read_script("#" + "a" * 19_999) == ()
    assert commands("echo " + "$(echo " * 12 + "x" + ")" * 12) == [["echo", "(...)"]]
    assert read_script("ls", 12) == (SimpleCommand(((Literal("ls"),),)),)
    with pytest.raises(NotUnderstood, match=f"^{LONG}$"):
        read_script("ls", 13)
