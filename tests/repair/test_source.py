import ast

from hypothesis import given
from hypothesis import strategies as st

from codecompanion.repair.source import Edit, SourceFile
from codecompanion.repair.units import Candidate, first_line, unit_of

CODE = """\
from __future__ import annotations

class Box:
    if True:
        @property
        def größe(self) -> int:
            return self._größe + 1
"""


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40), st.text("abü\n", max_size=3)), max_size=4))
def test_edits_that_do_not_overlap_can_be_given_in_any_order(spans: list[tuple[int, int, str]]) -> None:
    source = SourceFile("m.py", b"x = 1  # " + b"-" * 40)
    edits: list[Edit] = []
    for start, end, text in sorted(spans):
        if start <= end and (not edits or edits[-1].end < start):
            edits.append(Edit(start, end, text))
    assert source.apply(tuple(edits)) == source.apply(tuple(reversed(edits)))


def test_positions_count_bytes_not_letters() -> None:
    source = SourceFile("m.py", "ä = 'ü' + b\n".encode())
    names = [node for node in ast.walk(source.tree) if isinstance(node, ast.Name) and node.id == "b"]
    assert source.segment(names[0]) == "b"


def test_a_unit_is_the_function_inside_its_classes_with_its_line_kept() -> None:
    source = SourceFile("m.py", CODE.encode())
    at = CODE.encode().index(b"+ 1")
    unit = unit_of(Candidate(source, (Edit(at, at + 3, "+ 2"),), "number", 1.0, 7, "Box.größe", ""), "/root")
    assert unit is not None
    assert unit["names"] == ["Box", "größe"]
    assert unit["line"] == first_line(next(source.functions())) == 5
    tree = ast.parse(unit["source"])
    function = next(node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))
    assert function.lineno == 6
    assert ast.unparse(function.body[0]) == "return self._größe + 2"
    assert unit["flags"] != 0


def test_an_edit_outside_of_functions_has_no_unit() -> None:
    source = SourceFile("m.py", b"a = 1\ndef f():\n    return a\n")
    assert unit_of(Candidate(source, (Edit(4, 5, "2"),), "number", 1.0, 1, "", ""), "/root") is None
