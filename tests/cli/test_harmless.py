import pytest

from codecompanion.cli.harmless import harmless


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("\x1b[31mred", "\\x1b[31mred"),
        ("\x1b]8;;http://evil\x07here", "\\x1b]8;;http://evil\\x07here"),
        ("\x9b2J", "\\x9b2J"),
        ("abc\rxyz", "abc\\rxyz"),
        ("gnp.\u202etxt", "gnp.\\u202etxt"),
        ("pass\u200bword\ufeff", "pass\\u200bword\\ufeff"),
        ("fine\U000e0072\U000e006d", "fine\\U000e0072\\U000e006d"),
    ],
)
@pytest.mark.attack("A66", "A67")
def test_what_steers_a_terminal_or_hides_is_written_out(said: str, shown: str) -> None:
    assert harmless(said) == shown


@pytest.mark.parametrize("text", ["one\ntwo\tthree\r\n", "größer, 日本語, \u00a0, 👩\u200d💻, \u0645\u06cc\u200c\u062e", ""])
def test_other_text_is_the_same(text: str) -> None:
    assert harmless(text) == text
