"""Rules of the house that no linter holds."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import codecompanion
from environments import unmeasured

(SOURCES,) = map(Path, codecompanion.__path__)
MARKS = re.compile(r"#.*\b(TODO|FIXME|HACK)\b")
PAUSES = {
    "bus/nats_member.py": "a sign of life while a handler is at work",
    "providers/shared_limits.py": "between two looks at the line, and between two signs of life",
    "bus/outbox.py": "between two looks at a log that grows",
    "bus/redis_member.py": "a sign of life, three times in the time after which others take over",
    "bus/waiting.py": "before a lost server is asked again",
    "cli/dev_server.py": "until the server is stopped",
    "cli/pages.py": "until the pages answer",
    "wiring/providers.py": "the clock that policies are given",
    "providers/dev_server/faults.py": "a provider that is slow, on purpose",
    "repair/search.py": "between two words of progress",
    "routing/cost_governor.py": "the clock that it is given",
    "routing/learning_engine.py": "spreads writers that met",
    "runs/worker.py": "between two signs of life, and between two looks for runs",
    "storage/postgres_database.py": "before a lost connection is tried again",
    "storage/postgres_listening.py": "before a lost connection is made again",
    "storage/sqlite_file.py": "until another process is done with the file",
    "workspace/checks.py": "between two looks at a report that grows",
    "workspace/retrieval/index.py": "until another process is done with the index",
    "workspace/run_lock.py": "between two tries at the lock",
    "workspace/sandboxes/attacks/": "what attacks a cage takes its time",
    "workspace/sandboxes/cgroups.py": "until what was killed is gone",
    "workspace/sandboxes/conversation.py": "the time limit of a program",
    "workspace/sandboxes/launcher/sweep.py": "until what was killed is gone",
    "workspace/sandboxes/memory_sum.py": "between two looks at the memory",
    "workspace/sandboxes/network/proxy.py": "until the system has descriptors again",
    "workspace/sandboxes/quota.py": "between two looks at the disk",
}
"""Where the package waits for time to pass, and why; everywhere else it waits for something to happen."""
RUN_FROM_TEXT = {
    "repair/server/": "the search tries its candidates in the project's own process, which is in the cage",
    "workspace/inside/": "part of the project's test run, in the cage",
}
"""Where code is made from text and executed."""


def sources() -> dict[str, str]:
    return {path.relative_to(SOURCES).as_posix(): path.read_text(encoding="utf-8") for path in SOURCES.rglob("*.py")}


def calls(text: str) -> set[str]:
    """Return what a module calls, as it writes it."""
    return {ast.unparse(node.func) for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)}


def unlisted(found: set[str], listed: dict[str, str]) -> set[str]:
    return {path for path in found if not path.startswith(tuple(listed))}


def test_nothing_is_left_to_do_in_a_comment() -> None:
    assert [path for path, text in sources().items() if MARKS.search(text)] == []


def test_every_pause_has_a_reason() -> None:
    pausing = {path for path, text in sources().items() if re.search(r"\b(?:anyio|asyncio|time)\.sleep", text)}
    assert unlisted(pausing, PAUSES) == set()
    assert {listed for listed in PAUSES if not any(path.startswith(listed) for path in pausing)} == set()


def test_code_is_run_from_text_in_the_listed_places_alone() -> None:
    running = {path for path, text in sources().items() if calls(text) & {"eval", "exec", "os.system", "os.popen"}}
    assert unlisted(running, RUN_FROM_TEXT) == set()
    assert [path for path, text in sources().items() if re.search(r"\bshell=True\b", text)] == []


def test_no_module_is_named_for_a_version() -> None:
    assert [path for path in sources() if re.search(r"_(v\d+|old|new|fixed|improved|final)\.py$", path)] == []


def test_importing_the_package_opens_and_writes_nothing(tmp_path: Path) -> None:
    code = """
import sys
def refuse(event, args):
    if event in ("socket.connect", "socket.bind", "sqlite3.connect", "subprocess.Popen", "os.mkdir"):
        sys.exit(f"{event} while importing: {args}")
    if event == "open" and isinstance(args[1], str) and set(args[1]) & set("wax+"):
        sys.exit(f"writes while importing: {args}")
sys.dont_write_bytecode = True
sys.addaudithook(refuse)
import codecompanion.wiring, codecompanion.cli.verbs, codecompanion.api.serving
"""
    command, env = [sys.executable, "-c", code], unmeasured()
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path, env=env)
    assert (done.returncode, done.stderr) == (0, "")
    assert list(tmp_path.iterdir()) == []


def test_a_run_without_a_model_loads_no_client() -> None:
    code = """
import sys
import codecompanion.cli.beginning, codecompanion.wiring.engines
heavy = "anthropic openai google.genai pydantic_ai mcp fastapi uvicorn streamlit redis nats asyncpg alembic"
print(*[name for name in heavy.split() if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=unmeasured())
    assert done.stdout.strip() == ""
