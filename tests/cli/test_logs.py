import json
from pathlib import Path

import pytest

from codecompanion.cli.logging_up import logged
from codecompanion.domain.errors import BadInput
from codecompanion.observability.logs import ERRORS_FILE
from codecompanion.settings import Settings
from command_line import Cli

CREATE = ("auth", "token", "create", "somebody")


def test_nothing_is_logged_unless_it_is_asked_for(cli: Cli) -> None:
    assert "TokenCreated" not in cli(*CREATE).stderr


def test_v_logs_what_is_recorded_as_json_where_stderr_is_no_terminal(cli: Cli) -> None:
    lines = [json.loads(line) for line in cli("-v", *CREATE).stderr.splitlines() if line.startswith("{")]
    (line,) = [line for line in lines if line["event"] == "TokenCreated"]
    assert (line["level"], line["seq"]) == ("info", 1)


def test_the_trace_of_the_caller_is_on_every_line(cli: Cli) -> None:
    trace = "0af7651916cd43dd8448eb211c80319c"
    done = cli(*CREATE, "-v", "--log-format", "text", env={"TRACEPARENT": f"00-{trace}-b7ad6b7169203331-01"})
    (line,) = [line for line in done.stderr.splitlines() if "TokenCreated" in line]
    assert f"trace_id={trace}" in line


def test_a_format_that_does_not_exist_is_bad_input(cli: Cli) -> None:
    done = cli("list", "--log-format=xml")
    assert done.exit_code == 2
    assert "log_format" in done.stderr


def test_a_fault_is_kept_with_its_traceback_and_an_error_of_the_user_is_not(tmp_path: Path) -> None:
    settings = Settings(state_dir=tmp_path)
    with pytest.raises(BadInput), logged(settings, str, ""):
        raise BadInput("no such thing")
    assert not (tmp_path / ERRORS_FILE).exists()
    with pytest.raises(ZeroDivisionError), logged(settings, str, ""):
        _ = 1 / 0
    line = json.loads((tmp_path / ERRORS_FILE).read_text(encoding="utf-8"))
    assert "ZeroDivisionError" in line["exception"]
