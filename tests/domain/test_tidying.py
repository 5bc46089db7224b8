"""What a tree has more of than another, and what of a tree cannot be imported."""

import pytest

from codecompanion.domain.tidying import Diagnostic, Inspection, added, not_importable, remain


def found(rule: str, path: str = "a.py", line: int = 1) -> Diagnostic:
    return Diagnostic(rule=rule, path=path, line=line, message="m")


def test_what_is_to_be_mended_is_counted_by_rule() -> None:
    inspection = Inspection(asked=(found("F401"), found("E1"), found("F401", "b.py")), others=(found("X"),))
    assert list(inspection.by_rule.items()) == [("E1", 1), ("F401", 2)]


@pytest.mark.parametrize(("count", "words"), [(0, "0 findings remain"), (1, "1 finding remains"), (2, "2 findings remain")])
def test_how_many_findings_remain_is_said_in_words(count: int, words: str) -> None:
    assert remain(count) == words


def test_only_what_cannot_be_imported_is_told_of_modules() -> None:
    broken = found("cannot-be-imported:ImportError")
    others = (found("F401"), broken, found("not-cannot-be-imported"))
    assert not_importable(Inspection(asked=(broken,), others=others)) == (broken,)


def test_a_finding_that_moved_is_not_new_and_one_more_of_its_kind_is() -> None:
    before = Inspection(asked=(found("F401", line=1),), others=(found("E1", "b.py"),))
    moved = Inspection(asked=(found("F401", line=9),), others=())
    more = Inspection(asked=(found("F401"), found("F401", line=2)), others=(found("E1", "b.py"), found("E1", "a.py")))
    assert added(before, moved) == ()
    assert added(before, more) == ("a.py: E1", "a.py: F401")
    assert added(before, Inspection(others=(found("F401"), found("E1", "b.py")))) == ()
