"""Files of a project are read and written through `safe_open`, which leads nowhere else. Ruff knows no types, so this asks."""

import ast
from pathlib import Path

PACKAGE = Path("src/codecompanion")
HOUSES = ("tools", "workspace", "agents", "repair")
OPENING = frozenset({"read_text", "read_bytes", "write_text", "write_bytes", "open", "fdopen"})
A_PROGRAM_IN_THE_CAGE = "runs inside the cage, which holds what it opens"
OWN_FOLDER = "a folder that we made, which no command can write"
ALLOWED = {
    "agents/maintenance/dependencies/vulnerabilities.py": OWN_FOLDER,
    "agents/maintenance/desk.py": OWN_FOLDER,
    "agents/maintenance/environment/python_env.py": "a virtual environment may be a link to one that lies elsewhere",
    "agents/maintenance/inside/installed.py": A_PROGRAM_IN_THE_CAGE,
    "agents/maintenance/inside/web_app.py": A_PROGRAM_IN_THE_CAGE,
    "agents/maintenance/installation/venvs.py": "a virtual environment may be a link to one that lies elsewhere",
    "agents/maintenance/python/importing.py": OWN_FOLDER,
    "agents/maintenance/testing/junit_file.py": "a file that the user named",
    "agents/maintenance/web/proving.py": OWN_FOLDER,
    "agents/prompting.py": "a resource of the package",
    "repair/server/fork.py": A_PROGRAM_IN_THE_CAGE,
    "repair/server/wire.py": A_PROGRAM_IN_THE_CAGE,
    "repair/servers.py": "opens a process of the cage",
    "workspace/delivery.py": OWN_FOLDER,
    "workspace/inside/report.py": A_PROGRAM_IN_THE_CAGE,
    "workspace/interpreter.py": "a virtual environment may be a link to one that lies elsewhere",
    "workspace/merging.py": OWN_FOLDER,
    "workspace/retrieval/index.py": OWN_FOLDER,
    "workspace/packing.py": "git's own folder of a repository that it has just made",
    "workspace/retrieval/symbols.py": "a resource of the package",
    "workspace/run_lock.py": OWN_FOLDER,
    "workspace/suite_command.py": OWN_FOLDER,
    "workspace/suite_log.py": "makes the file itself, and fails when something is there",
    "workspace/tidying/bench.py": OWN_FOLDER,
    "workspace/tidying/formatting.py": OWN_FOLDER,
    "workspace/tidying/importing.py": OWN_FOLDER,
    "workspace/tidying/inside/distributions.py": A_PROGRAM_IN_THE_CAGE,
    "workspace/tidying/inside/importable.py": A_PROGRAM_IN_THE_CAGE,
    "workspace/tidying/inside/library.py": A_PROGRAM_IN_THE_CAGE,
    "workspace/tidying/inside/same_meaning.py": A_PROGRAM_IN_THE_CAGE,
    "workspace/tidying/resolving.py": OWN_FOLDER,
    "workspace/unified_diff.py": OWN_FOLDER,
    "workspace/worktree.py": "git's own folder of the repository",
}
"""Everything else below the four houses opens files through `safe_open`. The sandboxes, which make the cage, are left out."""


def test_files_of_a_project_are_opened_through_safe_open_or_for_a_reason() -> None:
    files = (path for house in HOUSES for path in (PACKAGE / house).rglob("*.py"))
    found = {path.relative_to(PACKAGE).as_posix() for path in files if _opens(path)}
    assert {path for path in found if not path.startswith("workspace/sandboxes/")} == set(ALLOWED)


def _opens(path: Path) -> bool:
    return any(_is_opening(node) for node in ast.walk(ast.parse(path.read_text())))


def _is_opening(node: ast.AST) -> bool:
    match node:
        case ast.Call(func=ast.Attribute(attr=name)):
            return name in OPENING
        case ast.Call(func=ast.Name(id=name)):
            return name == "open"
        case _:
            return False
