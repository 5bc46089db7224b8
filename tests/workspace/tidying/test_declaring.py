from pathlib import Path

import pytest

from codecompanion.domain.tidying import WorkKind
from workspace.tidying.conftest import Tidied, Tidy

pytestmark = pytest.mark.anyio

MANIFEST = '[project]\nname = "shop"\ndependencies = []\n'


async def declared(tidy: Tidy, text: str, manifest: str = MANIFEST, **files: str) -> Tidied:
    """Return what came of the imports in shop/cart.py."""
    package = {"pyproject.toml": manifest, "shop/__init__.py": "", "shop/cart.py": text}
    return await tidy(
        WorkKind.DEPENDENCIES, {**package, **{path.replace("__", "/") + ".py": content for path, content in files.items()}}
    )


async def test_what_is_imported_and_installed_is_declared(tidy: Tidy) -> None:
    tidied = await declared(tidy, "import pydantic\nfrom rich import print\nimport _pytest\n")
    assert [one.message.split("`")[1] for one in tidied.before.asked] == ["_pytest", "pydantic", "rich"]
    assert 'dependencies = ["pydantic", "pytest", "rich"]' in tidied.files["pyproject.toml"]
    assert tidied.after.asked == ()
    assert any("`rich` from rich" in reason for reason in tidied.result.patches[0].reasons)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("import os, json.decoder\n", id="the standard library"),
        pytest.param("import shop.other\nfrom . import cart\nfrom shop import cart\n", id="the project itself"),
        pytest.param("import rich\n", id="declared"),
        pytest.param("import yaml\n", id="declared under its other name"),
        pytest.param("try:\n    import pydantic\nexcept ImportError:\n    pydantic = None\n", id="optional"),
        pytest.param("try:\n    import a\nexcept ImportError:\n    import pydantic\n", id="the alternative"),
        pytest.param("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import pydantic\n", id="for the type checker"),
        pytest.param("import sys\nif sys.version_info < (3, 11):\n    import tomli\n", id="for some versions"),
    ],
)
async def test_what_needs_no_declaration_is_not_found(tidy: Tidy, text: str) -> None:
    manifest = MANIFEST.replace("[]", '["Rich>=1", "PyYAML"]')
    tidied = await declared(tidy, text, manifest, shop__other="")
    assert tidied.before.asked == ()


async def test_imports_of_tests_and_of_projects_within_are_not_the_packages(tidy: Tidy) -> None:
    files = {"tests__test_cart": "import hypothesis\n", "conftest": "import pytest\n", "shop__tests__data": "import rich\n"}
    tidied = await declared(tidy, "", **files, plugins__setup="", plugins__shop_plugin____init__="import rich\n")
    assert tidied.before.asked == ()


async def test_what_is_not_installed_is_listed_with_its_likely_name_and_not_written(tidy: Tidy) -> None:
    tidied = await declared(tidy, "import cv2\nimport rich\nimport no_such_module\n")
    assert 'dependencies = ["rich"]' in tidied.files["pyproject.toml"]
    why = "it is not installed in the project's interpreter: its distribution is probably {}, which is not verified"
    left = {one.message.split("`")[1]: one.why_left for one in tidied.after.asked}
    assert left == {"cv2": why.format("opencv-python"), "no_such_module": why.format("no_such_module")}


async def test_a_lock_file_that_does_not_know_of_it_is_said(tidy: Tidy, tmp_path: Path) -> None:
    (tmp_path / "project/uv.lock").write_text("version = 1\n", encoding="utf-8")
    tidied = await declared(tidy, "import rich\n")
    assert tidied.result.patches[0].reasons[-1] == "uv.lock does not know of it yet: run `uv lock`"


async def test_without_a_manifest_all_is_left_and_said(tidy: Tidy) -> None:
    tidied = await tidy(WorkKind.DEPENDENCIES, {"app.py": "import rich\n"})
    assert tidied.files == {}
    assert (
        tidied.result.left[0].why_left
        == "the project has no pyproject.toml, setup.cfg or requirements.txt that lists dependencies"
    )
