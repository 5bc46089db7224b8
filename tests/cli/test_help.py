import re
import subprocess
import sys
from pathlib import Path

import pytest

from command_line import Cli, Golden
from environments import unmeasured

GOLDEN = Path(__file__).parent / "golden"
VERBS = (
    *("run", "chat", "resume", "list", "show", "diff", "apply", "undo", "cancel", "replay", "fork", "locate", "cost", "doctor"),
    *("budget", "budget show", "budget set"),
    *("audit", "audit verify", "audit export", "audit import", "config", "config show", "patch", "patch apply"),
    *("models", "models list", "models check", "dev-server"),
    *("router", "router replay", "router stats", "router simulate"),
    *("learn", "learn sync", "learn insights", "learn rebuild", "learn export", "learn import", "learn reset"),
    *("cache", "cache stats", "cache clear"),
    *("mcp", "mcp list", "mcp trust", "mcp forget"),
    *("memory", "memory search", "memory show", "memory forget"),
    *("agents", "agents list", "agents run"),
    *("sandbox", "sandbox test", "sandbox run"),
    *("worker", "attach", "status"),
    *("serve", "up", "ui", "trace", "auth", "auth token create"),
)


@pytest.mark.parametrize("verb", ["", *VERBS])
def test_help_is_as_reviewed(cli: Cli, golden: Golden, verb: str) -> None:
    done = cli(*verb.split(), "--help", env={"TERMINAL_WIDTH": "80", "COLUMNS": "80"})
    assert done.exit_code == 0
    assert done.stderr == ""
    golden(GOLDEN / f"help {verb or 'codecompanion'}.txt", done.stdout)


def test_an_interruption_while_the_command_line_is_loaded_is_answered() -> None:
    code = """
import runpy, sys
class Interrupting:
    def find_spec(self, name, *_):
        if name == "codecompanion.cli.main":
            raise KeyboardInterrupt
sys.meta_path.insert(0, Interrupting())
runpy.run_module("codecompanion", run_name="__main__")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, env=unmeasured())
    assert (done.returncode, done.stderr) == (130, "interrupted: nothing was begun\n")


def test_no_arguments_are_answered_with_help(cli: Cli) -> None:
    assert cli().stdout == cli("--help").stdout


def test_the_version_is_the_packages(cli: Cli) -> None:
    assert re.fullmatch(r"codecompanion \d+\.\d+\.\d+\n", cli("--version").stdout)


def test_help_loads_no_sdk_no_web_framework_and_no_heavy_library() -> None:
    code = (
        "import sys\n"
        "sys.argv = ['codecompanion', '--help']\n"
        "from codecompanion.cli.main import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=unmeasured())
    loaded = set(done.stderr.split())
    heavy = {"anthropic", "openai", "google", "pydantic_ai", "fastapi", "streamlit", "pandas", "numpy", "tree_sitter", "mcp"}
    drivers = {"asyncpg", "redis", "nats", "alembic", "sqlite3", "uvicorn"}
    assert not loaded & (
        heavy | drivers | {"pydantic", "anyio", "asyncio", "rich", "structlog", "prometheus_client", "opentelemetry"}
    )


def test_every_verb_is_in_the_documentation() -> None:
    text = (Path(__file__).parents[2] / "docs/CLI.md").read_text(encoding="utf-8")
    for verb in VERBS:
        assert f"`{verb}" in text or f"`{verb.split()[0]} " in text, verb
