import ast
import bisect
import textwrap
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codecompanion.repair.candidates import Generator
from codecompanion.repair.index import FileIndex
from codecompanion.repair.localize import SuspectStatement
from codecompanion.repair.scope import Scope
from codecompanion.repair.source import SourceFile
from codecompanion.repair.templates import TEMPLATES, Site

TABLE = [
    ("comparison operator", "def f(a, b):\n    return a < b\n", "return a <= b"),
    ("swapped comparison", "def f(a, b):\n    return a in b\n", "return b in a"),
    ("boolean logic", "def f(a, b):\n    return a and b\n", "return a or b"),
    ("negation", "def f(a):\n    if not a: return 1\n", "if a: return 1"),
    ("arithmetic operator", "def f(a, b):\n    return (a + b) * 2\n", "return (a - b) * 2"),
    ("augmented assignment", "def f(a):\n    a += 1\n", "a -= 1"),
    ("operand order", "def f(a, b):\n    return a - b\n", "return b - a"),
    ("grouping", "def f(a, b):\n    return a - b // 2\n", "return (a - b) // 2"),
    ("number", "def f(a):\n    return a[1]\n", "return a[0]"),
    ("flag", "def f():\n    return True\n", "return False"),
    ("off by one", "def f(n):\n    return range(n)\n", "return range(n + 1)"),
    ("off by one", "def f(a, n):\n    return a * n\n", "return a * (n + 1)"),
    ("container", "def f(a, b):\n    return (a, b)\n", "return (b, a)"),
    ("string", "def f(a):\n    a = 'x'\n    return a + 'yes'\n", "return a + 'x'"),
    ("string edit", "def f(a):\n    return a + 'Yes'\n", "return a + 'yes'"),
    ("case of strings", "def f(a):\n    return 'yes' if a else 'no'\n", "return 'Yes' if a else 'No'"),
    ("pattern", "def f(a):\n    return r'\\w+'\n", "return r'\\W+'"),
    ("variable", "def f(a, b):\n    return a\n", "return b"),
    ("function", "def g(a):\n    return a\ndef f(a):\n    return len(a)\n", "return g(a)"),
    ("attribute", "def f(a):\n    return a.upper()\n", "return a.lower()"),
    ("surplus argument", "def f(a, b):\n    return g(a, b)\n", "return g(a)"),
    ("argument order", "def f(a, b):\n    return g(a, b)\n", "return g(b, a)"),
    ("missing argument", "def f(a):\n    return sorted(a)\n", "return sorted(a, reverse=True)"),
    ("missing call", "def f(a):\n    return a\n", "return len(a)"),
    ("surplus call", "def f(a):\n    return len(a)\n", "return a"),
    ("missing operand", "def f(a):\n    return a\n", "return a // 2"),
    ("index", "def f(a):\n    return a\n", "return a[0]"),
    ("slice", "def f(a):\n    return a[1:]\n", "return a[1:-1]"),
    ("filter", "def f(a):\n    return [x for x in a]\n", "return [x for x in a if x % 2 == 0]"),
    ("condition", "def f(a, b):\n    if a:\n        return b\n", "if a and not b:\n        return b"),
    ("missing guard", "def f(a, b):\n    if a: pass\n    b.pop()\n", "if a:\n        b.pop()"),
    ("surplus guard", "def f(a):\n    if a:\n        a = 1\n", "a = 1"),
    ("early exit", "def f(a):\n    a.pop()\n", "if not a:\n        return None\n    a.pop()"),
    ("missing statement", "def f(a, i):\n    while a[i]:\n        i += 1\n        a.pop()\n", "a.pop()\n        i += 1"),
    ("other statement", "def f(a, b):\n    pass\n", "return b"),
    ("statement order", "def f(a):\n    a.pop()\n    a.sort()\n", "a.sort()\n    a.pop()"),
    ("result", "def f(a):\n    g(a)\n", "return g(a)"),
    ("exception type", "def f(a):\n    raise ValueError\n", "raise TypeError"),
    ("flag", "def f(a):\n    a = True\n", "a = not a"),
    ("pattern", "def f(a):\n    return r'\\d'\n", "return r'\\d+'"),
    ("attribute", "def f(a):\n    return a.month\n", "return a.day"),
    ("missing call", "def f(a):\n    def g(b):\n        return b\n    return a\n", "return g(a)"),
    ("missing operand", "def f(a, b):\n    return [a]\n", "return b + [a]"),
    ("lower or upper bound", "def f(a, b):\n    return a\n", "return max(b, a)"),
    ("access", "def f(a, k):\n    return a[k]\n", "return a.get(k)"),
    ("access", "def f(a, k):\n    return a[k]\n", "return a.pop(k)"),
    ("access", "def f(a, k):\n    return a.get(k)\n", "return a[k]"),
    ("exchanged variables", "def f(a, b, c):\n    c[a].add(b, a)\n", "c[b].add(a, b)"),
    ("missing update", "def f(a):\n    seen = set()\n    for x in a:\n        x.run()\n", "seen.add(x)"),
    ("missing update", "def f(a):\n    d = {}\n    for x in a:\n        x.run()\n", "d[x] = d.get(x, 0) + 1"),
    ("varied statement", "def g(a):\n    a.n += 1\ndef f(a):\n    a.run()\n", "a.n -= 1"),
    ("varied statement", "def f(a, b):\n    if a:\n        pass\n    else:\n        b = 1 | a\n", "if a:\n        b = a\n"),
    ("missing branch", "def f(a, b, c):\n    if a:\n        b += 1\n    return b - c\n", "b += 1\n    else:\n        c += 1\n"),
    ("missing import", "def f(a):\n    return re.sub('a', 'b', a)\n", "import re\n\n\ndef f"),
    ("early exit", "from m import EmptyError\ndef f(a):\n    a.pop()\n", "if not a:\n        raise EmptyError(a)\n    a.pop()"),
    ("missing import", "import os\ndef f(a):\n    return deque(a)\n", "import os\nfrom collections import deque\ndef f"),
    ("condition", "def f(a):\n    'Skip notes (#).'\n    if not a:\n        return 1\n", "if not a or a.startswith('#'):"),
    ("missing guard", "def f(g, r, c):\n    for y in g:\n        for x in y:\n            x.up()\n", "if (y, x) != (r, c):"),
]


def candidates(code: str, template: str | None = None) -> Iterator[tuple[str, str]]:
    """Yield (template, new text) for the last function of a text."""
    source = SourceFile("m.py", code.encode())
    function = list(source.functions())[-1]
    scope = Scope(FileIndex(source), function)
    for stmt in ast.walk(function):
        if isinstance(stmt, ast.stmt) and stmt is not function:
            for kind in TEMPLATES:
                if template in (None, kind.name):
                    yield from (
                        (kind.name, source.apply((p.edit, *p.more)).decode()) for p in kind.propose(Site(source, stmt, scope))
                    )


@pytest.mark.parametrize(("template", "code", "wanted"), TABLE)
def test_a_template_offers_the_edit_it_is_named_for(template: str, code: str, wanted: str) -> None:
    assert any(wanted in text for _, text in candidates(code, template))


def test_a_call_is_made_as_another_file_makes_it() -> None:
    texts = {"m.py": "def f(row, sep):\n    return row.split(1)\n", "n.py": "def g(row, sep):\n    return row.split(sep, 2)\n"}
    sources = {path: SourceFile(path, text.encode()) for path, text in texts.items()}
    stmt = next(sources["m.py"].functions()).body[0]
    ranked = Generator(sources, []).ranked([SuspectStatement(sources["m.py"], stmt, 1.0, "")])
    found = [c.changed_text() for c in islice(ranked, 2000) if c.template == "call as elsewhere"]
    assert found == ["def f(row, sep):\n    return row.split(sep, 2)\n"]


@pytest.mark.parametrize(
    "code",
    [
        "import re\ndef f(a):\n    return re.sub('a', 'b', a)\n",
        "from math import *\ndef f(a):\n    return sqrt(a)\n",
        "def f(a):\n    try:\n        a()\n    except OSError as error:\n        return error\n",
        "def f(a):\n    return len(a)\n",
    ],
)
def test_what_is_bound_is_not_imported(code: str) -> None:
    assert not list(candidates(code, "missing import"))


def test_a_container_that_is_filled_elsewhere_lacks_no_update() -> None:
    code = "def f(a):\n    seen = set()\n    for x in a:\n        seen.add(x)\n    d = {}\n    d[1] = 2\n"
    assert not list(candidates(code, "missing update"))


def test_a_name_is_imported_as_the_other_files_of_the_project_do_it() -> None:
    sources = {
        "shop/a.py": SourceFile("shop/a.py", b"def f(a):\n    return helper(tz(a))\n"),
        "shop/b.py": SourceFile("shop/b.py", b"from dateutil import tz\ndef helper(a):\n    return tz.x\n"),
    }
    function = next(sources["shop/a.py"].functions())
    ranked = Generator(sources, []).ranked([SuspectStatement(sources["shop/a.py"], function.body[0], 1.0, "")])
    imports = {c.edits[0].text.strip() for c in ranked if c.template == "missing import"}
    assert {"from dateutil import tz", "from shop.b import helper"} <= imports


LIBRARY = [Path(module.__file__ or "").read_text(encoding="utf-8") for module in (textwrap, bisect)]
FUNCTIONS = [
    (source, function, stmt)
    for source in (SourceFile("m.py", text.encode()) for text in LIBRARY)
    for function in source.functions()
    for stmt in ast.walk(function)
    if isinstance(stmt, ast.stmt)
]


@settings(max_examples=12, deadline=None)
@given(st.sampled_from(FUNCTIONS))
def test_every_candidate_differs_parses_and_keeps_the_bytes_around_it(
    place: tuple[SourceFile, ast.FunctionDef | ast.AsyncFunctionDef, ast.stmt],
) -> None:
    source, _, stmt = place
    ranked = Generator({"m.py": source}, []).ranked([SuspectStatement(source, stmt, 1.0, "")])
    for count, candidate in enumerate(ranked):
        text = source.apply(candidate.edits)
        first, last = min(e.start for e in candidate.edits), max(e.end for e in candidate.edits)
        assert text != source.data
        assert text.startswith(source.data[:first])
        assert text.endswith(source.data[last:])
        if count % 61 == 0:
            ast.parse(text)


def test_line_ends_of_windows_are_kept() -> None:
    source = SourceFile("m.py", b"def f(a):\r\n    return a\r\n")
    function = next(source.functions())
    ranked = Generator({"m.py": source}, []).ranked([SuspectStatement(source, function.body[0], 1.0, "")])
    assert all(b"\n" not in source.apply(c.edits).replace(b"\r\n", b"") for c in ranked)
