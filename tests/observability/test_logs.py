import json
import logging
import stat
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from codecompanion.observability.log_fields import log_fields
from codecompanion.observability.logs import ERRORS_FILE, Logging, open_logs
from codecompanion.observability.redaction import MASK, Redactor

SECRET = 'wh"ät-no\nbody-may-see'
log = logging.getLogger("asyncpg")  # as a library does


class _Written:
    """What was written to stderr so far."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self._so_far = ""

    def getvalue(self) -> str:
        self._so_far += self._capsys.readouterr().err
        return self._so_far

    def objects(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.getvalue().splitlines()]


@pytest.fixture
def stderr(capsys: pytest.CaptureFixture[str]) -> _Written:
    return _Written(capsys)


@contextmanager
def _logged(folder: Path) -> Generator[None]:
    with open_logs(Logging(logging.INFO, as_json=True), folder, Redactor([SECRET]).text):
        yield


def _fail() -> None:
    raise ValueError(f"the key is {SECRET}")


def test_a_line_is_one_object_with_its_time_level_words_and_place(stderr: _Written, tmp_path: Path) -> None:
    with _logged(tmp_path), log_fields(run_id="r1", request_id="q1"), log_fields(step="make_plan", task=""):
        log.warning("%d rows", 3, extra={"ms": 1.5})
    (line,) = stderr.objects()
    assert list(line)[:3] == ["ts", "level", "event"]
    assert line.pop("ts").endswith("Z")
    assert {name: line.pop(name) for name in ("level", "event", "logger", "ms")} == {
        "level": "warning",
        "event": "3 rows",
        "logger": "asyncpg",
        "ms": 1.5,
    }
    assert line == {"run_id": "r1", "request_id": "q1", "step": "make_plan"}


def test_fields_end_with_their_block(stderr: _Written, tmp_path: Path) -> None:
    with _logged(tmp_path):
        with log_fields(run_id="r1"):
            pass
        log.info("after")
    assert "run_id" not in stderr.objects()[0]


@pytest.mark.parametrize("as_json", [True, False])
@pytest.mark.attack("A92")
def test_what_steers_a_terminal_or_forges_a_line_is_written_out(stderr: _Written, tmp_path: Path, *, as_json: bool) -> None:
    with open_logs(Logging(logging.INFO, as_json=as_json), tmp_path, str):
        log.info('a\r\n{"level": "critical"}\x1b[2J\x9b\u202e', extra={"path": "b\nc\x07"})
    written = stderr.getvalue()
    assert written.endswith("\n")
    assert written[:-1].isprintable()


@pytest.mark.parametrize("as_json", [True, False])
def test_a_secret_is_in_no_part_of_a_line(stderr: _Written, tmp_path: Path, *, as_json: bool) -> None:
    with (
        open_logs(Logging(logging.INFO, as_json=as_json), tmp_path, Redactor([SECRET]).text),
        log_fields(request_id=SECRET),
    ):
        log.info(
            "got %s, %r",
            SECRET,
            {"key": SECRET},
            extra={"one": SECRET, "more": [SECRET], "url": "redis://me:hunter2hunter@host"},
        )
        try:
            _fail()
        except ValueError:
            log.exception("failed with %s", SECRET)
    written = stderr.getvalue() + (tmp_path / ERRORS_FILE).read_text(encoding="utf-8")
    assert MASK in written
    for part in ('wh"', 'wh\\"', "t-no", "body-may-see", "hunter2"):
        assert part not in written, written


def test_errors_alone_are_kept_beside_the_state_with_their_tracebacks_for_the_owners_eyes(
    stderr: _Written, tmp_path: Path
) -> None:
    with _logged(tmp_path):
        log.warning("not this")
        try:
            _fail()
        except ValueError:
            log.exception("a fault")
    kept = tmp_path / ERRORS_FILE
    (line,) = map(json.loads, kept.read_text(encoding="utf-8").splitlines())
    assert line["event"] == "a fault"
    assert "in _fail" in line["exception"]
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert [one["event"] for one in stderr.objects()] == ["not this", "a fault"]


def test_the_kept_errors_do_not_grow_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("codecompanion.observability.logs.MOST_BYTES", 2000)
    with open_logs(Logging(None, as_json=True), tmp_path, str):
        for number in range(100):
            log.error("error %d", number)
    kept = sorted(tmp_path.glob(f"{ERRORS_FILE}*"))
    assert len(kept) == 4
    assert all(file.stat().st_size <= 2000 and stat.S_IMODE(file.stat().st_mode) == 0o600 for file in kept)


def test_without_an_error_there_is_no_file_and_nothing_on_stderr(stderr: _Written, tmp_path: Path) -> None:
    with open_logs(Logging(None, as_json=True), tmp_path, str):
        log.warning("nobody asked")
    assert not stderr.getvalue()
    assert not list(tmp_path.iterdir())


def test_text_for_people_is_one_line_and_the_traceback_below(stderr: _Written, tmp_path: Path) -> None:
    with open_logs(Logging(logging.INFO, as_json=False), tmp_path, str), log_fields(run_id="r1"):
        log.info("two words", extra={"why": "a b"})
        try:
            _fail()
        except ValueError:
            log.exception("a fault")
    first, second, *trace = stderr.getvalue().splitlines()
    assert first.partition(" ")[2] == 'INFO    two words  run_id=r1 logger=asyncpg why="a b"'
    assert second.partition(" ")[2].startswith("ERROR   a fault")
    assert trace[0] == "Traceback (most recent call last):"
