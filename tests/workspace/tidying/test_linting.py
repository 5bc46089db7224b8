from pathlib import Path

import pytest

from codecompanion.domain.errors import EnvironmentBroken
from codecompanion.domain.tidying import WorkKind, added
from codecompanion.workspace.tidying.tidier import ToolTidier
from workspace.tidying.conftest import Place, Tidy

pytestmark = pytest.mark.anyio

MESSY = """import os
import sys


def f(value):
    if value == None:
        return f"nothing"
    return sys.argv
"""
RULES = '[tool.ruff.lint]\nselect = ["F", "E7"]\n'


async def test_safe_fixes_are_made_and_the_rest_is_left_with_the_reason(tidy: Tidy) -> None:
    tidied = await tidy(WorkKind.LINT, {"m.py": MESSY, "pyproject.toml": RULES})
    assert tidied.before.by_rule == {"E711": 1, "F401": 1, "F541": 1}
    assert "import os" not in tidied.files["m.py"]
    assert [(one.rule, one.why_left) for one in tidied.after.asked] == [("E711", "its only fix may change what the code does")]
    assert added(tidied.before, tidied.after) == ()


async def test_the_projects_own_configuration_decides(tidy: Tidy) -> None:
    files = {"m.py": MESSY, "generated.py": MESSY, "ruff.toml": 'exclude = ["generated.py"]\nlint.select = ["F541"]\n'}
    tidied = await tidy(WorkKind.LINT, files)
    assert tidied.found() == {("m.py", "F541")}
    assert tidied.files == {"m.py": MESSY.replace('f"nothing"', '"nothing"')}


async def test_unsafe_fixes_are_not_made_even_when_the_project_turns_them_on(tidy: Tidy) -> None:
    config = '[tool.ruff]\nfix = true\nunsafe-fixes = true\n[tool.ruff.lint]\nselect = ["E711"]\n'
    tidied = await tidy(WorkKind.LINT, {"m.py": MESSY, "pyproject.toml": config})
    assert (tidied.found(), tidied.files) == ({("m.py", "E711")}, {})


async def test_only_the_rules_that_the_objective_names_are_asked(tidy: Tidy) -> None:
    tidied = await tidy(WorkKind.LINT, {"m.py": MESSY, "pyproject.toml": RULES}, "fix the F541 findings")
    assert tidied.found() == {("m.py", "F541")}
    assert "import os" in tidied.files["m.py"]


async def test_a_second_patch_spares_the_imports_that_others_may_rely_on(tidy: Tidy) -> None:
    tidied = await tidy(WorkKind.LINT, {"m.py": MESSY, "pyproject.toml": RULES})
    assert ["import os" in patch.files["m.py"] for patch in tidied.result.patches] == [False, True]
    assert 'f"' not in tidied.result.patches[1].files["m.py"]


async def test_a_module_that_cannot_be_imported_any_more_is_a_new_finding(tidy: Tidy) -> None:
    files = {"shop/__init__.py": "", "shop/a.py": "import os\n", "shop/b.py": "from shop.a import os\n\nprint(os.sep)\n"}
    tidied = await tidy(WorkKind.LINT, {**files, "pyproject.toml": RULES})
    assert tidied.before.others == ()
    assert added(tidied.before, tidied.after) == ("shop/b.py: cannot-be-imported (ImportError)",)


async def test_the_projects_other_fixers_run_when_it_configures_them(tidy: Tidy) -> None:
    source = "import sys\nimport os\n\nprint(sys, os)\n"
    files = {"m.py": source, ".isort.cfg": "[settings]\n", "pyproject.toml": '[tool.ruff.lint]\nselect = ["F"]\n'}
    tidied = await tidy(WorkKind.LINT, files)
    assert tidied.found() == {("m.py", "unsorted-imports")}
    assert tidied.files["m.py"].startswith("import os\nimport sys\n")
    assert tidied.left() == set()


async def test_autoflake_runs_with_its_own_configuration(tidy: Tidy) -> None:
    config = '[tool.autoflake]\nremove-unused-variables = true\n[tool.ruff.lint]\nselect = ["E7"]\n'
    tidied = await tidy(WorkKind.LINT, {"m.py": "def f():\n    x = 1\n    return 2\n", "pyproject.toml": config})
    assert tidied.found() == {("m.py", "unused-code")}
    assert "x = 1" not in tidied.files["m.py"]


async def test_a_file_that_cannot_be_parsed_remains_and_the_others_are_mended(tidy: Tidy) -> None:
    tidied = await tidy(WorkKind.LINT, {"broken.py": "def f(:\n", "m.py": "import os\n", "pyproject.toml": RULES})
    assert tidied.files == {"m.py": ""}
    assert {path for path, _ in tidied.left()} == {"broken.py"}


async def test_line_ends_are_kept(tidy: Tidy) -> None:
    tidied = await tidy(WorkKind.LINT, {"m.py": b"import os\r\nimport sys\r\nprint(sys)\r\n", "pyproject.toml": RULES})
    assert tidied.files == {"m.py": "import sys\r\nprint(sys)\r\n"}


async def test_a_configuration_that_ruff_cannot_read_is_named(place: Place) -> None:
    place.restore({"m.py": "", "ruff.toml": "lint.select = ['NOPE']\n"})
    with pytest.raises(EnvironmentBroken, match="ruff check could not do its work") as raised:
        await ToolTidier(place.sandbox).inspect(place.task(WorkKind.LINT))
    assert "NOPE" in raised.value.cause


async def test_our_own_ruff_is_asked_when_the_projects_interpreter_has_none(place: Place, empty_venv: Path) -> None:
    place.restore({"m.py": "import os\n"})
    without = place.interpreter.model_copy(
        update={"executable": str(empty_venv / "bin/python"), "prefixes": (str(empty_venv),)}
    )
    task = place.task(WorkKind.LINT).model_copy(update={"interpreter": without})
    inspection = (await ToolTidier(place.sandbox).inspect(task)).inspection
    assert [one.rule for one in inspection.asked] == ["F401"]
    assert "the project's interpreter has none" in inspection.notes[0]
