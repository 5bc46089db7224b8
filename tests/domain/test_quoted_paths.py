"""Paths come back from git's quotes byte for byte."""

import pytest

from codecompanion.domain.quoted_paths import unquoted


@pytest.mark.parametrize(
    ("written", "path"),
    [
        ("a.py", "a.py"),
        (" a.py\n", "a.py"),
        ('"a b.py"', "a b.py"),
        (r'"a\tb\nc\rd"', "a\tb\nc\rd"),
        (r'"\a\b\f\v"', "\a\b\f\v"),
        (r'"say \"no\""', 'say "no"'),
        (r'"back\\slash"', "back\\slash"),
        (r'"b\303\274cher.py"', "bücher.py"),
        (r'"\1\0019\777"', "\x01\x019\udcff"),
        ('"bücher"', "bücher"),
        (r'"\X"', "X"),
        (r'"\377"', "\udcff"),
        ('"', '"'),
        ('""', ""),
        ('"open', '"open'),
        ('closed"', 'closed"'),
        ("'a'", "'a'"),
        (r"a\tb", r"a\tb"),
        ('"\udcff"', "\udcff"),
        ('"a\\\nb"', "a\nb"),
    ],
)
def test_a_path_is_what_git_meant(written: str, path: str) -> None:
    assert unquoted(written) == path


def test_bytes_that_are_no_text_become_what_was_asked_for() -> None:
    assert unquoted(r'"a\377"', "replace") == "a\ufffd"
    with pytest.raises(UnicodeDecodeError):
        unquoted(r'"a\377"', "strict")
