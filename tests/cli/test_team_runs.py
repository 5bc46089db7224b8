"""A team at work from outside: a server that plays the provider, one command, and what can be asked of it afterwards."""

import os
import re
import signal
import subprocess
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

from command_line import Cli, installed
from projects import git
from team_runs import OBJECTIVES, SCRIPTS, stockroom


@contextmanager
def dev_server(script: Path) -> Generator[dict[str, str]]:
    """Serve a script on a free port and return the variables that it prints."""
    command = [*installed(os.environ), "dev-server", "--port", "0", "--script", str(script)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=dict(os.environ)) as server:
        try:
            assert server.stdout is not None
            lines = [server.stdout.readline() for _ in range(5)]
            yield dict(re.findall(r"([A-Z_]+)=(\S+)", "".join(lines)))
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(10)


def only(environ: Mapping[str, str], provider: str) -> dict[str, str]:
    return {name: value for name, value in environ.items() if name.startswith(provider)}


def test_a_bug_is_mended_through_a_server_and_everything_can_be_looked_up_afterwards(cli: Cli, tmp_path: Path) -> None:
    repo = stockroom(tmp_path / "stockroom")
    with dev_server(SCRIPTS / "bug.json") as printed:
        env = {**only(printed, "OPENAI"), "CODECOMPANION_FIRST_WAIT_S": "0.01"}
        done = cli("run", OBJECTIVES["bug"], "-C", str(repo), "--model", "openai-chat:gpt-6.1-sol", env=env)
    assert done.exit_code == 0, done.stderr
    assert "verified: " in done.stdout
    assert "project_manager: a request to openai-chat:gpt-6.1-sol failed (rate_limit)" in done.stdout
    assert "survived: edits were refused: block 1, src/stockroom/deliveries.py: its old" in done.stdout
    assert re.search(r"cost      \$0\.\d\d, 10 model calls", done.stdout)
    assert "counts[article] = counts.get(article, 0) + count" in git(repo, "diff", "main", cli("show", "--json").json["branch"])
    assert cli("replay", "last", "--offline").exit_code == 0
    assert cli("audit", "verify").exit_code == 0
    assert float(cli("cost", "last", "--json").json["total"]["spent_usd"]) > 0


def test_a_run_is_handed_out_and_replayed_where_nothing_else_of_it_is(cli: Cli, tmp_path: Path) -> None:
    repo = stockroom(tmp_path / "stockroom")
    model = f"scripted:{SCRIPTS / 'refactor.json'}"
    assert cli("run", OBJECTIVES["refactor"], "-C", str(repo), "--model", model, "--json").json["status"] == "verified"
    assert cli("audit", "export", "last", "-o", str(tmp_path / "run.tar.gz")).exit_code == 0
    elsewhere = {"CODECOMPANION_STATE_DIR": str(tmp_path / "elsewhere")}
    repo.rename(tmp_path / "gone")
    taken = cli("audit", "import", str(tmp_path / "run.tar.gz"), env=elsewhere)
    assert (taken.exit_code, " ok: " in taken.stdout) == (0, True)
    replayed = cli("replay", "last", "--offline", env=elsewhere)
    assert replayed.exit_code == 0, replayed.stderr
    assert cli("audit", "import", str(tmp_path / "none"), env=elsewhere).exit_code == 2
