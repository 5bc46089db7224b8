import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codecompanion.workspace.tidying.modules import Imported, Module, parse
from codecompanion.workspace.tidying.placing import with_import

JSON = Imported("json", "", "json", 0, optional=False)
PATH = Imported("pathlib", "Path", "Path", 0, optional=False)
OWN = Imported("shop.prices", "Price", "Price", 0, optional=False)


def module(text: str) -> Module:
    parsed = parse("shop/cart.py", text.encode(), (".",))
    assert parsed is not None
    return parsed


@pytest.mark.parametrize(
    ("imported", "before", "after"),
    [
        pytest.param(JSON, "x = 1\n", "import json\n\nx = 1\n", id="no imports yet"),
        pytest.param(JSON, "def f():\n    pass\n", "import json\n\n\ndef f():\n    pass\n", id="before a definition"),
        pytest.param(JSON, "@d\ndef f():\n    pass\n", "import json\n\n\n@d\ndef f():\n    pass\n", id="before its decorators"),
        pytest.param(JSON, '"""Doc."""\n\nx = 1\n', '"""Doc."""\n\nimport json\n\nx = 1\n', id="after the docstring"),
        pytest.param(JSON, "#!/bin/x\nx = 1\n", "#!/bin/x\nimport json\n\nx = 1\n", id="after the first comments"),
        pytest.param(JSON, "import os\nx = 1\n", "import os\nimport json\nx = 1\n", id="beside its kind"),
        pytest.param(
            JSON,
            "from __future__ import annotations\n\nx = 1\n",
            "from __future__ import annotations\n\nimport json\n\nx = 1\n",
            id="after the future",
        ),
        pytest.param(JSON, "import numpy\n", "import json\n\nimport numpy\n", id="before what is installed"),
        pytest.param(
            OWN, "import os\n\nx = 1\n", "import os\n\nfrom shop.prices import Price\n\nx = 1\n", id="after other kinds"
        ),
        pytest.param(
            PATH, "from pathlib import PurePath\n", "from pathlib import Path, PurePath\n", id="into an import that is there"
        ),
        pytest.param(
            PATH, "import os\r\nx = 1\r\n", "import os\r\nfrom pathlib import Path\r\nx = 1\r\n", id="with the file's line ends"
        ),
        pytest.param(JSON, "import os", "import os\nimport json\n", id="after a last line without an end"),
    ],
)
def test_an_import_is_put_where_a_person_would(imported: Imported, before: str, after: str) -> None:
    assert with_import(module(before), imported, ("shop",)) == after


LINES = st.sampled_from(
    [
        "import os",
        "from . import a",
        "import numpy as np",
        "# why",
        "\x0c",
        "",
        "x = 1",
        "def f(): pass",
        "from pathlib import (\n    PurePath,\n)",
        "if x:\n    import re",
        "import a; import b",
    ]
)


@given(st.booleans(), st.lists(LINES, max_size=7), st.sampled_from([JSON, PATH, OWN]))
def test_the_rest_of_the_file_stays_as_it_is(documented: bool, lines: list[str], imported: Imported) -> None:  # noqa: FBT001 - generated
    text = "\n".join(['"""Doc."""', *lines] if documented else lines)
    after = with_import(module(text), imported, ("shop",))
    before_tree, after_tree = ast.parse(text), ast.parse(after)
    assert others(after_tree) == others(before_tree)
    assert ast.get_docstring(after_tree) == ast.get_docstring(before_tree)
    assert bound(after_tree) == sorted([*bound(before_tree), imported.bound])


def others(tree: ast.Module) -> list[str]:
    return [ast.dump(node) for node in tree.body if not isinstance(node, ast.Import | ast.ImportFrom)]


def bound(tree: ast.Module) -> list[str]:
    imports = (node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom))
    return sorted(alias.asname or alias.name for node in imports for alias in node.names)
