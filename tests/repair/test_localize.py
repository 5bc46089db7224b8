from codecompanion.repair.localize import localize, suspects_of
from codecompanion.repair.source import SourceFile
from codecompanion.repair.spectrum import TracedTest, spectrum_of

CODE = b"""\
LIMIT = 3

def bad(n):
    if n > LIMIT:
        return 1
    return 2

def good(n):
    return n
"""


def traced(name: str, *lines: int, passed: bool, frames: tuple[tuple[str, int, str], ...] = ()) -> TracedTest:
    return TracedTest(name, passed, "", {"m.py": lines}, frames)


def test_a_line_that_only_failing_tests_run_is_the_most_suspicious() -> None:
    spectrum = spectrum_of([traced("a", 1, 2, passed=False), traced("b", 1, passed=True)])
    assert spectrum.score(("m.py", 2)) > spectrum.score(("m.py", 1)) > spectrum.score(("m.py", 3)) == 0


def test_statements_are_ranked_by_spectrum_and_stack() -> None:
    tests = [
        traced("fails", 4, 5, 9, passed=False, frames=(("m.py", 5, "bad"),)),
        traced("passes", 4, 6, 9, passed=True),
        traced("passes too", 9, passed=True),
    ]
    ranked = localize({"m.py": SourceFile("m.py", CODE)}, tests)
    lines = [suspect.stmt.lineno for suspect in ranked]
    assert lines[:2] == [5, 4]
    assert lines.index(9) > lines.index(4)
    assert 1 in lines, "the constant that the suspicious function reads is a suspect too"


def test_a_person_is_told_why_a_place_is_suspicious() -> None:
    tests = [traced("fails", 4, 5, passed=False, frames=(("m.py", 5, "bad"),)), traced("passes", 4, 6, passed=True)]
    first = suspects_of(localize({"m.py": SourceFile("m.py", CODE)}, tests))[0]
    assert (first.path, first.line, first.function, first.score) == ("m.py", 5, "bad", 1.0)
    assert first.reason == "run by 1 of 1 failing and 0 passing tests; the error was raised here"
