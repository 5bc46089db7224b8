import os
from collections.abc import Callable
from pathlib import Path

import pytest

from edit_workspace import PYTHON, Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    root = tmp_path / "workspace"
    root.mkdir()
    return Workspace(root)


@pytest.fixture
def reader(workspace: Workspace) -> Workspace:
    """A workspace with one Python file."""
    workspace.write({"src/reader.py": PYTHON})
    return workspace


@pytest.fixture
def executable(workspace: Workspace) -> Callable[[str], bool]:
    return lambda path: os.access(workspace.root / path, os.X_OK)
