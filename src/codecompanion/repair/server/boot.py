"""Start a test server: `python boot.py '{"mode": "warm", ...}'`; it answers JSON lines on standard output.

The folder is loaded as a package under a private name, so that none of its modules can shadow one of the project's.
"""
# pyright: basic
# It handles what has no types: frames, code objects, items of a test framework that may be missing.

import importlib.util
import json
import os
import sys
from typing import Any

NAME = "_codecompanion_repair_server"


def load(name: str) -> Any:
    """Return a module of this folder as a part of the private package."""
    folder = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120 - pathlib costs start-up time
    if NAME not in sys.modules:
        first = folder + os.sep + "__init__.py"
        spec = importlib.util.spec_from_file_location(NAME, first, submodule_search_locations=[folder])
        assert spec is not None
        assert spec.loader is not None
        package = importlib.util.module_from_spec(spec)
        sys.modules[NAME] = package
        spec.loader.exec_module(package)
    return importlib.import_module(NAME + "." + name)


if __name__ == "__main__":
    del sys.path[0]  # this script's own folder
    load("serve").main(json.loads(sys.argv[1]))
