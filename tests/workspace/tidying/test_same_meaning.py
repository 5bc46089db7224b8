import json
import subprocess
import sys
from pathlib import Path

import pytest

from codecompanion.workspace.tidying import inside

PROGRAM = Path(inside.__file__).with_name("same_meaning.py")


def different(tmp_path: Path, before: str, after: str) -> bool:
    for name, text in (("before", before), ("after", after)):
        (tmp_path / name / "pkg").mkdir(parents=True)
        (tmp_path / name / "pkg/m.py").write_text(text, encoding="utf-8")
    command = [sys.executable, "-I", str(PROGRAM), str(tmp_path / "before"), str(tmp_path / "after")]
    return json.loads(subprocess.run(command, check=True, capture_output=True).stdout) == ["pkg/m.py"]


@pytest.mark.parametrize(
    ("before", "after", "differs"),
    [
        ("x = 'a'\n", 'x = "a"\n', False),
        ("f(1,\n  2)", "f(1, 2)  # why\n", False),
        ('def f():\n  """a\n     b  """\n', 'def f():\n    """a\n    b"""\n', False),
        ("x = u'a'\n", 'x = "a"\n', False),
        ("del (a, b)\n", "del a, b\n", False),
        ("class A:\n  a = 1\n  'Why.   '\n", 'class A:\n    a = 1\n    "Why."\n', False),
        ('def f():\n  """>>> f( \'a\')"""\n', 'def f():\n  """>>> f("a")"""\n', False),
        ("x = 'a'\n", 'x = "b"\n', True),
        ("'a'\n", '"b"\n', True),
        ("x = b'a'\n", "x = 'a'\n", True),
        ("if a:\n  b\n  c\n", "if a:\n  b\nc\n", True),
        ("x = '''a\n  b'''\n", "x = '''a\n b'''\n", True),
        ("def f(:\n", "def f(:\n", True),
    ],
)
def test_only_looks_may_differ(tmp_path: Path, before: str, after: str, differs: bool) -> None:  # noqa: FBT001 - a table
    assert different(tmp_path, before, after) is differs
