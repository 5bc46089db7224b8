"""Where lines come from, whatever edits there were."""

import difflib

from hypothesis import given
from hypothesis import strategies as st

from codecompanion.domain.hunks import hunks, sections
from codecompanion.domain.line_origins import line_origins

TEXTS = st.lists(st.lists(st.sampled_from(["a\n", "b\n", "c\n", "\n"]), max_size=8).map("".join), min_size=1, max_size=5)


def test_each_version_owns_the_lines_that_it_wrote_and_those_that_it_took_away() -> None:
    found = line_origins(["1\n2\n3\n", "1\ntwo\n3\n", "1\ntwo\n3\n4\n", "two\n3\n4"])
    assert found.written == (1, 0, 3)
    assert found.removed == (3, 1, None)


def test_lines_that_are_often_the_same_are_still_those_that_were_there() -> None:
    found = line_origins(["a\n" + "x\n" * 250 + "b\n", "c\n" + "x\n" * 250 + "d\n"])
    assert (len(found.written), found.written[0], {*found.written[1:-1]}, found.written[-1]) == (252, 1, {0}, 1)
    assert (len(found.removed), found.removed[0], {*found.removed[1:-1]}, found.removed[-1]) == (252, 1, {None}, 1)


def test_a_line_of_many_that_are_the_same_is_counted_once() -> None:
    assert line_origins(["a\na\n", "a\n"]).written == (0,)
    assert line_origins(["a\na\n", "a\n"]).removed == (None, 1)
    assert line_origins(["a\n", "a\na\n"]).written == (0, 1)
    assert line_origins(["a\n", "a\na\n"]).removed == (None,)


@given(TEXTS)
def test_a_line_belongs_to_a_version_that_has_it(texts: list[str]) -> None:
    found = line_origins(texts)
    lines = [text.splitlines(keepends=True) for text in texts]
    assert len(found.written) == len(lines[-1])
    assert len(found.removed) == len(lines[0])
    assert all(line in lines[version] for line, version in zip(lines[-1], found.written, strict=True))
    assert found.written.count(0) == found.removed.count(None)


@given(TEXTS)
def test_versions_in_between_that_change_nothing_change_nothing(texts: list[str]) -> None:
    twice = line_origins([one for text in texts for one in (text, text)])
    once = line_origins(texts)
    assert [number // 2 for number in twice.written] == list(once.written)


def test_a_hunk_names_the_lines_that_it_takes_away_and_brings() -> None:
    old, new = [f"{n}\n" for n in range(30)], [f"{n}\n" for n in range(30)]
    new[2:3] = ["two\n", "and a half\n"]
    del new[-5:-3]
    diff = "diff --git a/x b/x\n" + "".join(difflib.unified_diff(old, new, "a/x", "b/x"))
    (section,) = sections(diff)
    first, second = hunks(section)
    assert (first.removed, first.added) == ((2,), (2, 3))
    assert (second.removed, second.added) == ((25, 26), ())
    assert first.text.startswith("@@ -1,6 +1,7 @@")
