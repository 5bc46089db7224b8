"""What is written where: to readers that go away, when interrupted, and when something fails half way."""

import json
import os
import signal
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path

import pytest

from codecompanion.ports import Sandbox
from codecompanion.runs.doctor import examine
from codecompanion.settings import Settings
from codecompanion.wiring import App, open_app
from codecompanion.workspace.sandboxes.rlimits import rlimits_sandbox
from command_line import COMMAND, Cli, installed
from projects import SHOP, TESTS, repository

FIX = "fix the failing tests"
SLOW_TEST = "import time\n\ndef test_slow():\n    time.sleep(4)\n"


@pytest.fixture
def slow_shop(tmp_path: Path) -> Path:
    return repository(tmp_path / "slow", {**SHOP, "tests/test_slow.py": SLOW_TEST})


@contextmanager
def begun(environ: dict[str, str], *args: str) -> Generator[subprocess.Popen[str]]:
    command = [*installed(environ), *args]
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def rest_of_stderr(process: subprocess.Popen[str]) -> str:
    assert process.stderr is not None
    return process.stderr.read()


def test_a_run_goes_on_when_nobody_reads_its_events_any_more(cli: Cli, environ: dict[str, str], shop: Path) -> None:
    with begun(environ, "run", FIX, "-C", str(shop), "--output-format", "stream-json", "-q") as process:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["type"] == "RunStarted"
        process.stdout.close()
        assert rest_of_stderr(process) == "note: nobody reads the events any more; the run goes on\n"
        assert process.wait() == 0
    assert cli("list", "--json").json["runs"][0]["status"] == "verified"


def test_a_run_goes_on_when_nobody_reads_its_progress_any_more(environ: dict[str, str], shop: Path) -> None:
    with begun(environ, "run", FIX, "-C", str(shop), "--json") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stderr.close()
        assert json.loads(process.stdout.read())["status"] == "verified"
        assert process.wait() == 0


def test_a_run_whose_events_cannot_be_written_is_paused_and_says_how_to_go_on(
    cli: Cli, environ: dict[str, str], shop: Path
) -> None:
    command = [COMMAND, "run", FIX, "-C", str(shop), "--output-format", "stream-json"]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(command, env=environ, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60, check=False)
    row = cli("list", "--json").json["runs"][0]
    assert (done.returncode, row["status"]) == (6, "paused")
    assert "Traceback" not in done.stderr
    assert f"codecompanion resume {row['run_id']}" in done.stderr
    assert cli("resume", row["run_id"], "--json").json["status"] == "verified"


def test_an_answer_that_cannot_be_written_is_an_environment_error(environ: dict[str, str]) -> None:
    for words in (["list", "--json"], ["--help"], ["show", "no-such-run", "--json"]):
        with Path("/dev/full").open("wb") as full:
            done = subprocess.run([COMMAND, *words], env=environ, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
        assert done.returncode in (1, 6), words
        assert done.stderr.startswith("error[CC-"), words
        assert "Traceback" not in done.stderr
        assert "Exception ignored" not in done.stderr


def test_an_interrupted_run_answers_with_one_json_result_that_says_paused(
    cli: Cli, environ: dict[str, str], slow_shop: Path
) -> None:
    with begun(environ, "run", FIX, "-C", str(slow_shop), "--json") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        while "running the tests" not in (line := process.stderr.readline()):
            assert line, "the run ended before its tests ran"
        process.send_signal(signal.SIGINT)
        result = json.loads(process.stdout.read())
        stderr = rest_of_stderr(process)
        assert process.wait() == 130
    assert (result["status"], result["exit_code"], result["error"]) == ("paused", None, None)
    assert stderr.strip() == f"paused; go on with: codecompanion resume {result['run_id']}"
    assert cli("show", result["run_id"], "--json").json["status"] == "paused"


def test_an_interrupted_search_keeps_what_it_found(cli: Cli, environ: dict[str, str], tmp_path: Path) -> None:
    waiting = TESTS.replace("    assert discount(10)", "    time.sleep(0.4)\n    assert discount(10)")
    shop = repository(tmp_path / "waiting", {**SHOP, "tests/test_shop.py": f"import time\n{waiting}"})
    with begun(environ, "run", FIX, "-C", str(shop)) as process:
        assert process.stderr is not None
        while "a patch passes the tests" not in (line := process.stderr.readline()):
            assert line, "the run ended before a patch was found"
        process.send_signal(signal.SIGINT)
        run_id = rest_of_stderr(process).split()[-1]
        assert process.wait() == 130
    resumed = cli("resume", run_id, "--json")
    assert resumed.exit_code == 0, resumed.stderr
    assert resumed.json["status"] == "verified"
    assert cli("replay", run_id).stdout.count(" SearchCompleted ") == 1
    assert cli("replay", run_id, "--offline").exit_code == 0


@pytest.mark.parametrize("flags", [[], ["--json"]], ids=["text", "json"])
def test_an_early_interruption_says_that_nothing_was_begun(
    cli: Cli, environ: dict[str, str], shop: Path, tmp_path: Path, flags: list[str]
) -> None:
    objective = tmp_path / "objective"
    os.mkfifo(objective)
    with begun(environ, "run", "--file", str(objective), "-C", str(shop), *flags) as process, objective.open("wb"):
        process.send_signal(signal.SIGINT)  # it has opened the file and waits for words
        stdout, stderr = process.communicate(timeout=30)
    assert process.returncode == 130
    assert stderr.strip() == "interrupted: nothing was begun"
    if flags:
        result = json.loads(stdout)
        assert (result["run_id"], result["status"], result["exit_code"]) == (None, "failed", 130)
    else:
        assert stdout == ""
    assert cli("list", "--json").json["runs"] == []


def test_an_error_after_the_start_names_the_run_and_how_to_go_on(cli: Cli, shop: Path, tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state/locks").write_text("", encoding="utf-8")
    done = cli("run", FIX, "-C", str(shop), "--json")
    run_id = cli("list", "--json").json["runs"][0]["run_id"]
    assert (done.exit_code, done.json["run_id"], done.json["error"]["code"]) == (6, run_id, "CC-6000")
    assert f"codecompanion resume {run_id}" in done.json["error"]["fix"]
    assert f"codecompanion resume {run_id}" in done.stderr
    (tmp_path / "state/locks").unlink()
    assert cli("resume", run_id, "--json").json["status"] == "verified"


def test_a_bug_outside_the_steps_is_an_error_and_not_a_pause(cli: Cli, shop: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    # Only the engine's recovery is broken; what is around it is real.
    (broken / "sitecustomize.py").write_text(
        "from codecompanion.execution.engine import RealExecutionEngine\n"
        "async def recover(self, state):\n    raise RuntimeError('recovery is broken')\n"
        "RealExecutionEngine.recover = recover\n",
        encoding="utf-8",
    )
    done = cli("run", FIX, "-C", str(shop), "--json", env={"PYTHONPATH": str(broken)})
    assert (done.exit_code, done.json["exit_code"]) == (1, 1)
    assert "recovery is broken" in done.json["error"]["what"]
    assert cli("resume", done.json["run_id"], "--json").json["status"] == "verified"


def test_an_error_that_ended_the_run_is_told_on_stderr(cli: Cli, tmp_path: Path) -> None:
    files = {**SHOP, "tests/test_more.py": "import no_such_module_anywhere\n\ndef test_x(): ...\n"}
    done = cli("run", FIX, "-C", str(repository(tmp_path / "shop2", files)))
    assert done.exit_code == 6
    assert "error[CC-6000]" in done.stderr
    assert "pip install" in done.stderr


@pytest.mark.parametrize("args", [["--debug", "show", "nope"], ["show", "--debug", "nope"], ["show", "nope", "--debug"]])
def test_tracebacks_are_shown_for_debug_wherever_it_stands(cli: Cli, args: list[str]) -> None:
    done = cli(*args)
    assert done.exit_code == 2
    assert "Traceback" in done.stderr
    assert "error[CC-2000]: there is no run" in done.stderr
    assert "Traceback" not in cli("show", "nope").stderr


class WeakApp(App):
    """An app on a machine where nothing better holds."""

    async def sandbox(self) -> Sandbox:
        return rlimits_sandbox()


@pytest.mark.anyio
async def test_a_weak_sandbox_is_no_healthy_one(tmp_path: Path) -> None:
    async with open_app(Settings(state_dir=tmp_path / "state", allow_weak_sandbox=True), {}) as app:
        weak = WeakApp(**{field.name: getattr(app, field.name) for field in fields(app)})
        (sandbox,) = (check for check in await examine(weak, {}) if check.name == "sandbox")
    assert not sandbox.ok
    assert "can read your files and use the network" in sandbox.found
    assert "bubblewrap" in sandbox.fix
