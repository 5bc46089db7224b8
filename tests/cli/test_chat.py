"""A conversation about a repository: asked, changed, undone, applied, resumed, killed, replayed."""

import json
import os
import pty
import re
import select
import signal
import subprocess
import time
from collections.abc import Generator
from pathlib import Path

import pytest
from anyio.from_thread import start_blocking_portal

from chat_bench import BREAK, LOOK, MEND, MODEL, OTHER, SILENT, Bench, words
from codecompanion.providers.dev_server.server import serve
from command_line import COMMAND, Cli, command_line, environment
from projects import git, repository
from providers_bench import environ_for, script

pytestmark = pytest.mark.timeout(300)

OF_A_TERMINAL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@pytest.fixture
def bench(tmp_path: Path, venv_with_pytest: Path) -> Generator[Bench]:
    shop = repository(tmp_path / "shop")
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(serve(script(()))) as server:
        environ = {
            **environment(tmp_path, venv_with_pytest / "bin/python"),
            **environ_for(server.port),
            "CODECOMPANION_MODEL_ATTEMPTS": "1",  # no waits before a request is sent again
            "TERM": "dumb",
        }
        yield Bench(command_line(environ, shop), environ, shop, server)


def test_a_question_a_change_undo_apply_another_model_and_the_costs(bench: Bench) -> None:
    bench.answers(LOOK, words("It gives discounts."), MEND, words("From ten pieces on now."), words("You are welcome."))
    done, answers = bench.talk(
        "What does shop.py do?",
        "Give the discount from ten pieces on.",
        "/diff",
        "/undo",
        "/diff",
        "/apply",
        f"/model {OTHER}",
        "Thanks.",
        "/cost",
    )
    asked, mended, diff, undone, no_diff, refused, model, thanked, cost = answers
    assert (asked["status"], asked["text"], asked["files_changed"], asked["checks"]) == (
        "answered",
        "It gives discounts.",
        [],
        None,
    )
    assert mended["text"] == "From ten pieces on now."
    assert [file["path"] for file in mended["files_changed"]] == ["shop.py"]
    assert mended["checks"]["passed"]
    assert mended["checks"]["counts"]["passed"] == 4
    assert "+    if count >= 10:" in diff["diff"]
    assert (undone["turn"], no_diff["diff"]) == (2, "")
    assert refused["error"]["what"].startswith("there is nothing to apply")
    assert (model["model"], thanked["text"]) == (OTHER, "You are welcome.")
    assert {group["model"] for group in cost["cost"]["groups"]} == {MODEL, OTHER}
    assert done.exit_code == 0
    assert [line for line in done.stderr.splitlines() if "read_file shop.py" in line]
    assert bench.server.requests[-1].path.endswith("/messages")
    for said in ("What does shop.py do?", "It gives discounts.", "From ten pieces on now.", "Changes were taken back"):
        assert said in bench.asked()
    assert git(bench.shop, "status", "--porcelain") == ""
    shown = bench.cli("show", "last", "--json").json
    assert [turn["user"] for turn in shown["conversation"]][-1] == "Thanks."
    assert (shown["kind"], shown["status"], shown["diff"]) == ("chat", "paused", "")
    assert "What does shop.py do?" in bench.cli("list").stdout
    bench.replays()


def test_a_proven_change_is_applied_once_and_delivered_as_a_branch(bench: Bench) -> None:
    bench.answers(MEND, words("Done."))
    _, (_, applied, again, branch, same) = bench.talk("Mend it.", "/apply", "/apply", "/branch", "/branch")
    assert applied["paths"] == ["shop.py"]
    assert "count >= 10" in (bench.shop / "shop.py").read_text()
    assert again["error"]["what"].startswith("there is nothing to apply")
    assert branch["branch"] == same["branch"]
    assert "count >= 10" in git(bench.shop, "show", f"{branch['branch']}:shop.py")
    assert git(bench.shop, "log", "-1", "--format=%s", branch["branch"]).strip() == "Mend it."
    bench.replays()


def test_what_the_tests_refute_is_not_delivered_and_applied_only_when_the_person_says_so(bench: Bench) -> None:
    bench.answers(BREAK, words("Six per cent."))
    done, (turn, refused, branch, applied) = bench.talk("Make it six.", "/apply", "/branch", "/apply anyway")
    assert not turn["checks"]["passed"]
    assert "tests/test_shop.py::test_a_total_is_discounted" in turn["checks"]["broken"]
    assert "the tests do not pass" in refused["error"]["what"]
    assert "the tests do not pass" in branch["error"]["what"]
    assert applied["paths"] == ["shop.py"]
    assert done.exit_code == 0
    assert "ApprovalGiven     bring a change into the files that no passing check proves" in bench.cli("replay", "last").stdout
    bench.replays()


def test_a_chat_that_was_left_goes_on_with_all_that_was_said(bench: Bench) -> None:
    bench.answers(MEND, words("Done."))
    bench.talk("Mend it.")
    assert not list((bench.shop.parent / "state/worktrees").glob("2*"))
    assert bench.cli("resume", "last").stderr.count("codecompanion chat --resume") == 1
    bench.answers(words("I changed a comparison."))
    _, (said, diff) = bench.go_on("What did you do?", "/diff")
    assert said["turn"] == 2
    assert "+    if count >= 10:" in diff["diff"]
    assert "Mend it." in bench.asked()
    bench.replays()


def test_a_chat_that_is_killed_in_mid_turn_ends_the_turn_when_it_goes_on(bench: Bench) -> None:
    bench.answers(LOOK, MEND, SILENT)
    process = bench.begin("Mend it.")
    bench.await_requests(3)
    process.kill()
    process.communicate()
    bench.answers(words("Done."), words("Yes."))
    _, (ended, more) = bench.go_on("Is it done?")
    assert (ended["turn"], ended["text"]) == (1, "Done.")
    assert ended["checks"]["passed"]
    assert (more["turn"], more["text"]) == (2, "Yes.")
    assert len(bench.server.requests) == 5  # only the request without an answer was sent twice
    bench.replays()


def test_the_first_interruption_ends_the_turn_and_the_chat_goes_on(bench: Bench) -> None:
    bench.answers(MEND, SILENT, words("I had changed a comparison."))
    process = bench.begin("Mend it.")
    bench.await_requests(2)
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(b"What had you done?\n/diff\n", timeout=60)
    stopped, said, diff = [json.loads(line) for line in stdout.splitlines()]
    assert (stopped["status"], stopped["checks"]) == ("stopped", None)
    assert [file["path"] for file in stopped["files_changed"]] == ["shop.py"]
    assert said["text"] == "I had changed a comparison."
    assert "+    if count >= 10:" in diff["diff"]
    assert process.returncode == 0, stderr
    assert "This turn was ended before an answer" in bench.asked()
    bench.replays()


def test_a_second_interruption_leaves_the_chat(bench: Bench) -> None:
    bench.answers(SILENT)
    process = bench.begin("Mend it.")
    bench.await_requests(1)
    process.send_signal(signal.SIGINT)
    assert process.stdout is not None
    assert b'"stopped"' in process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 130
    assert stderr.decode().rstrip().splitlines()[-1].startswith("go on with: codecompanion chat --resume 2")
    bench.replays()


def test_a_limit_of_money_ends_the_turn_and_not_the_chat(bench: Bench) -> None:
    bench.answers(words("Hello."))
    done, (turn, cost) = bench.talk("Hello?", "/cost", more=("--max-budget-usd", "0.000001"))
    assert (turn["status"], turn["error"]["code"]) == ("failed", "CC-4100")
    assert cost["cost"]["limits"][0]["limit_usd"] == "0.000001"
    assert done.exit_code == 0
    assert bench.server.requests == []
    _, (answer,) = bench.go_on("Hello?", more=("--max-budget-usd", "1"))
    assert answer["text"] == "Hello."
    bench.replays()


def test_a_model_that_does_not_answer_ends_the_turn_with_its_exit_code(bench: Bench) -> None:
    bench.answers({"text": "x", "fault": {"kind": "status", "status": 503}})
    done, (turn,) = bench.talk("Hello?")
    assert turn["status"] == "failed"
    assert done.exit_code == 5
    bench.replays()


def test_without_a_model_nothing_begins(cli: Cli, shop: Path) -> None:
    done = cli("chat", "-C", str(shop), stdin=b"Hello?\n")
    assert done.exit_code == 5
    assert "a chat needs a language model" in done.stderr
    assert "no runs yet" in cli("list").stderr


def test_lines_are_typed_continued_and_pasted_at_a_terminal(bench: Bench) -> None:
    bench.answers(*[words(f"answer {number}") for number in range(1, 4)])
    ours, theirs = pty.openpty()
    command = [COMMAND, "chat", "-C", str(bench.shop), "--model", MODEL, "--quiet"]
    process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=bench.environ, start_new_session=True)
    os.close(theirs)
    terminal = Terminal(ours)
    for typed, shown in (
        (b"one \\\ntwo\n", "answer 1"),
        (b"three\nfour\nfive\n", "answer 2"),
        (b"/nonsense\n", "there is no /nonsense"),
        (b"\x04", "go on with"),
    ):
        terminal.await_words("> ")
        os.write(ours, typed)
        terminal.await_words(shown)
    assert process.wait(30) == 0
    os.close(ours)
    assert "one \\ntwo" in bench.asked(0)
    assert "three\\nfour\\nfive" in bench.asked(1)
    assert len(bench.server.requests) == 2


class Terminal:
    """What a terminal shows, word by word."""

    def __init__(self, file: int) -> None:
        self._file = file
        self._unread = ""

    def await_words(self, wanted: str) -> None:
        """Read on until these words were shown."""
        end = time.monotonic() + 90
        while wanted not in self._unread:
            assert time.monotonic() < end, f"{wanted!r} was not shown: {self._unread!r}"
            ready, _, _ = select.select([self._file], [], [], 1)
            if ready:
                self._unread = OF_A_TERMINAL.sub("", self._unread + os.read(self._file, 4096).decode(errors="replace"))
        self._unread = self._unread.partition(wanted)[2]
