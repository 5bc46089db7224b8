import pytest

from codecompanion.domain.shell.script_reader import read_script
from codecompanion.domain.shell.words import Literal, NotUnderstood, SimpleCommand, Substitution, Variable, Word, plain


def quoted(text: str) -> Literal:
    return Literal(text, quoted=True)


def printed_by(*words: str) -> Substitution:
    return Substitution((SimpleCommand(tuple((Literal(word),) for word in words)),))


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("abc", (Literal("abc"),)),
        ("a'b c'd", (Literal("a"), quoted("b c"), Literal("d"))),
        ("''", (quoted(""),)),
        ('""', (quoted(""),)),
        ("'a''b'", (quoted("ab"),)),
        ("'a\\'", (quoted("a\\"),)),
        ("a\\ b", (Literal("a"), quoted(" "), Literal("b"))),
        ("a\\\nb", (Literal("ab"),)),
        ("$x", (Variable("x"),)),
        ('"$x"', (quoted(""), Variable("x", quoted=True))),
        ('"a${x_1}b"', (quoted("a"), Variable("x_1", quoted=True), quoted("b"))),
        ("${x}${10}$10", (Variable("x"), Variable("10"), Variable("1"), Literal("0"))),
        ("$x1-$?$@", (Variable("x1"), Literal("-"), Variable("?"), Variable("@"))),
        ("$", (Literal("$"),)),
        ("a$/", (Literal("a$/"),)),
        ('"$"', (quoted("$"),)),
        ("\"$'a'\"", (quoted("$'a'"),)),
        ('"\\$\\`\\"\\\\\\a\\\nb"', (quoted('$`"\\\\a'), Literal(""), quoted("b"))),
        ('"\'"', (quoted("'"),)),
        ("$(ls)", (printed_by("ls"),)),
        ('"$(ls)"', (quoted(""), printed_by("ls"))),
        ("$(ls a)b", (printed_by("ls", "a"), Literal("b"))),
        ("`ls a`b", (printed_by("ls", "a"), Literal("b"))),
        ('"`ls`"', (quoted(""), printed_by("ls"))),
        ("$( (ls) )", (printed_by("ls"),)),
        ("$( (ls) )b", (printed_by("ls"), Literal("b"))),
        ("$('ls')", (Substitution((SimpleCommand(((quoted("ls"),),)),)),)),
        ("$()", (Substitution(()),)),
        ("`echo \\`ls\\``", (Substitution((SimpleCommand(((Literal("echo"),), (printed_by("ls"),))),)),)),
        ("`ls \\$x`", (Substitution((SimpleCommand(((Literal("ls"),), (Variable("x"),))),)),)),
        ("`ls \\\\a`", (Substitution((SimpleCommand(((Literal("ls"),), (quoted("a"),))),)),)),
        ("$(ls ')')", (Substitution((SimpleCommand(((Literal("ls"),), (quoted(")"),))),)),)),
        ("$(ls \\))", (Substitution((SimpleCommand(((Literal("ls"),), (quoted(")"),))),)),)),
        ("{a}", (Literal("{a}"),)),
        ("a,b..c", (Literal("a,b..c"),)),
        ("'{a,b}'", (quoted("{a,b}"),)),
        ("{}", (Literal("{}"),)),
    ],
)
def test_a_word_is_read_into_its_parts(text: str, word: Word) -> None:
    (command,) = read_script(f"ls {text}")
    assert command.words[1:] == (word,)


@pytest.mark.parametrize("mark", [" ", "\t", "\n", ";", "&", "|", "<", ">"])
def test_what_stands_within_parentheses_belongs_to_the_substitution(mark: str) -> None:
    (command,) = read_script(f"echo $(ls a {mark} wc)b c")
    assert len(command.words) == 3
    assert command.words[1][1:] == (Literal("b"),)
    assert command.words[2] == (Literal("c"),)


def test_a_substitution_within_a_substitution_is_read() -> None:
    (command,) = read_script('echo $(ls $(wc) "$(cat)" `nl`) a')
    (outer,) = command.words[1]
    assert isinstance(outer, Substitution)
    (inner,) = outer.commands
    assert inner.words[1:] == ((printed_by("wc"),), (quoted(""), printed_by("cat")), (printed_by("nl"),))
    assert command.words[2] == (Literal("a"),)


@pytest.mark.parametrize("end", [" ", "\t", "\n", ";", "&", "|", "<b", ">b"])
def test_a_word_ends_where_the_shell_ends_it(end: str) -> None:
    assert read_script(f"ls a{end}")[0].words == ((Literal("ls"),), (Literal("a"),))


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("ls \\", "the line ends in a backslash"),
        ('ls "\\', 'the quote " is not closed'),
        ("ls 'a", "the quote ' is not closed"),
        ("ls 'a' '", "the quote ' is not closed"),
        ('ls "a', 'the quote " is not closed'),
        ("ls ${x:-a}", "an expansion of the kind ${...} is not read"),
        ("ls ${!x}", "an expansion of the kind ${...} is not read"),
        ("ls ${", "an expansion of the kind ${...} is not read"),
        ("ls $'a'", "a quote after $ is not read"),
        ('ls $"a"', "a quote after $ is not read"),
        ("ls $((1))", "arithmetic is not read"),
        ("ls $(ls # a\n)", "a # within parentheses is not read"),
        ("ls $(cat <<E\na\nE\n)", "a here-document within parentheses is not read"),
        ("ls $(wc", "a parenthesis is not closed"),
        ("ls $(wc $(cat)", "a parenthesis is not closed"),
        ("ls `wc", "a backtick is not closed"),
        ("ls `wc\\`", "a backtick is not closed"),
        ('ls `wc \\"a\\"`', 'what \\" means within backticks depends on where they stand'),
        ("ls {a,b}", "braces with several values are not read"),
        ("ls {1..3}", "braces with several values are not read"),
        ("ls {'a',b}", "braces with several values are not read"),
        ("ls x{$a,b}", "braces with several values are not read"),
        ("ls {a}{b,c}", "braces with several values are not read"),
    ],
)
def test_a_person_is_told_why_a_word_is_not_read(line: str, why: str) -> None:
    with pytest.raises(NotUnderstood) as refused:
        read_script(line)
    assert str(refused.value) == why


def test_only_a_word_without_quotes_and_expansions_is_plain() -> None:
    assert plain((Literal("if"),)) == "if"
    assert plain((quoted("if"),)) is None
    assert plain((Variable("x"),)) is None
    assert plain((Literal("a"), Variable("x"))) is None
