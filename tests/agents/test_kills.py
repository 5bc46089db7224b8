"""kill -9 around every append of a team's run, then resume: the same end, no call twice but the one that was under way."""

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from functools import reduce
from pathlib import Path

import anyio
import pytest
from anyio.from_thread import start_blocking_portal

from codecompanion.domain.envelope import Event, verify_chain
from codecompanion.domain.events import BudgetReserved, BudgetSettled, ModelCallReserved, RouteChosen, decode
from codecompanion.domain.state import Ended
from codecompanion.domain.streams import SPENDING
from codecompanion.domain.team import AUTO
from codecompanion.domain.workflow import INITIAL, evolve
from codecompanion.orchestrator.projections import view_of
from codecompanion.providers.dev_server.server import DevServer, serve
from codecompanion.runs.models_used import models_used
from codecompanion.runs.rewind import replay_offline
from codecompanion.settings import Settings
from codecompanion.storage.sqlite import open_sqlite
from codecompanion.wiring import open_app
from fault_matrix import FULL
from fork_server import forked
from projects import repository
from providers_bench import environ_for, script
from shop_team import EDIT, OBJECTIVE, SOLO, STANDARD, said

pytestmark = pytest.mark.timeout(600)

PROCESS = Path(__file__).with_name("crashing_team.py")
KILLED = -signal.SIGKILL
MODEL = "openai-chat:gpt-6.1-sol"
BUDGET = Decimal(5)
POOL = [MODEL, "anthropic:claude-sonnet-5-5", "google:gemini-3.8-flash"]


@dataclass
class Place:
    """A state folder, a repository, a server for the model, and a process that forks runs."""

    root: Path
    server: DevServer
    children: "subprocess.Popen[str]"
    team: str
    model: str = MODEL
    competes: bool = False

    @property
    def repo(self) -> Path:
        return self.root / "shop"

    def child(self, run: str, when: str = "never", fact: str = "") -> int:
        """Start or resume a run in a process of its own and return how that ended."""
        asked = {
            "run": run,
            "repo": str(self.repo),
            "model": self.model,
            "pool": POOL if self.model == AUTO else [],
            "team": self.team,
            "objective": OBJECTIVE,
            "budget": str(BUDGET),
            "tournament": [MODEL, MODEL] if self.team == "standard" and self.competes else [],
        }
        assert self.children.stdin is not None
        assert self.children.stdout is not None
        self.children.stdin.write(json.dumps({**asked, "when": when, "fact": fact}) + "\n")
        self.children.stdin.flush()
        return int(self.children.stdout.readline())

    def events(self, stream: str) -> list[Event]:
        async def read() -> list[Event]:
            async with open_sqlite(self.root / "state/log.sqlite3") as (store, _blobs):
                return await store.read(stream)

        return anyio.run(read)

    def replays(self, run: str) -> None:
        """Draw the run's conclusions again from its log alone; no key and no server is needed."""

        async def replay() -> None:
            async with open_app(Settings(state_dir=self.root / "state"), {}) as app:
                await replay_offline(app, run)

        anyio.run(replay)


@contextmanager
def opened(root: Path, python: Path, team: str, model: str = MODEL, *, competes: bool = False) -> Generator[Place]:
    repository(root / "shop")
    turns = SOLO if team == "solo" else TWO if competes else STANDARD
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(serve(script(turns))) as server:
        environ = {**os.environ, **environ_for(server.port)}
        program = forked(PROCESS, environ) or [sys.executable, str(PROCESS)]
        command = [*program, str(root / "state"), str(python)]
        with subprocess.Popen(command, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as children:
            yield Place(root, server, children, team, model, competes)
            assert children.stdin is not None
            children.stdin.close()


def end_of(events: list[Event]) -> tuple[str, str, str]:
    """Return how a run ended: its outcome, the tree that was delivered and that which was proven."""
    state = reduce(evolve, map(decode, events), INITIAL)
    assert isinstance(state, Ended)
    assert state.run.head is not None
    assert state.run.proof is not None
    return state.outcome, state.run.head.tree, state.run.proof.tree


BEFORE_IT_IS_SENT = (("after", "BudgetReserved"), ("after", "ModelCallReserved"))
"""Money is set aside, but no request has gone out."""
IN_FLIGHT = (("before", "BudgetSettled"), ("before", "ModelCallCompleted"))
"""The answer is there, and paid, but not in the log: these requests are sent twice."""
SOLO_KILLS = (
    *BEFORE_IT_IS_SENT,
    *IN_FLIGHT,
    ("after", "ModelCallCompleted"),
    ("before", "ToolCompleted"),  # a file was read
    ("before", "TreeSnapshotted"),  # the edit is written and its tree made
    ("after", "TreeSnapshotted"),
    ("before", "CommandExecuted"),  # the tests ran after it
    ("before", "TreeSnapshotted"),  # a command wrote a file
    ("before", "HandoffMade"),
    ("after", "HandoffMade"),
    ("before", "ChecksCompleted"),
    ("before", "BranchDelivered"),
)
STANDARD_KILLS = (
    ("before", "ModelCallCompleted"),  # the plan
    ("before", "PlanAccepted"),
    ("after", "TaskStarted"),
    ("before", "TreeSnapshotted"),  # the edit
    ("after", "HandoffMade"),
    ("after", "TreeSnapshotted"),  # the attempt's tree
    ("before", "ReviewCompleted"),
)


EVERY = 1 if FULL else 2


@pytest.mark.parametrize(("team", "kills"), [("solo", SOLO_KILLS[::EVERY]), ("standard", STANDARD_KILLS[::EVERY])])
def test_f04_f05_a_run_that_is_killed_again_and_again_ends_like_one_that_was_not(
    tmp_path: Path, venv_with_pytest: Path, team: str, kills: tuple[tuple[str, str], ...]
) -> None:
    with opened(tmp_path, venv_with_pytest / "bin/python", team) as place:
        assert place.child("whole") == 0
        calls = len(place.server.requests)
        for when, fact in kills:
            assert place.child("killed", when, fact) == KILLED, (when, fact)
        assert place.child("killed") == 0
        sent = len(place.server.requests) - calls
    whole, killed = place.events("whole"), place.events("killed")
    assert end_of(killed) == end_of(whole)
    assert end_of(killed)[0] == "verified"
    assert verify_chain("killed", killed) == len(killed)
    nothing_was_done_twice(killed)
    assert sent == calls + sum(kill in IN_FLIGHT for kill in kills)
    used = models_used(view_of("killed", killed))
    unsettled = sum(kill in (*IN_FLIGHT, BEFORE_IT_IS_SENT[1]) for kill in kills)
    assert (used["calls"], used["unsettled"]["requests"]) == (calls, unsettled)
    spent, open_calls = ledger_of("killed", place.events(SPENDING))
    assert open_calls == sum(kill in (IN_FLIGHT[0], BEFORE_IT_IS_SENT[1]) for kill in kills)
    assert spent <= BUDGET
    place.replays("killed")


def test_f04_a_run_that_is_killed_after_a_route_was_chosen_goes_that_way_and_draws_no_other(
    tmp_path: Path, venv_with_pytest: Path
) -> None:
    with opened(tmp_path, venv_with_pytest / "bin/python", "solo", AUTO) as place:
        assert place.child("killed", "after", "RouteChosen") == KILLED
        assert not place.server.requests
        (chosen,) = routes_in(place.events("killed"))
        assert place.child("killed", "before", "ModelCallCompleted") == KILLED
        assert place.child("killed") == 0
        events = place.events("killed")
        place.replays("killed")
    assert routes_in(events) == [chosen]
    asked = {fact.model for fact in map(decode, events) if isinstance(fact, ModelCallReserved)}
    assert asked == {chosen.model}
    assert end_of(events)[0] == "verified"


def routes_in(events: list[Event]) -> list[RouteChosen]:
    return [fact for fact in map(decode, events) if isinstance(fact, RouteChosen)]


POINTS = dict.fromkeys(("correctness", "completeness", "simplicity", "tests"), 90)
JUDGE = said("You judge one change", "", ("hand_over_judgement", {**POINTS, "reason": "It does what was asked."}))
TWO = (STANDARD[1], said("This is attempt 2 of 2", EDIT.replace(">= 10", "> 9")), *STANDARD, JUDGE)
"""As the standard team, but the second of two candidates writes something else, and a judge likes both."""
TOURNAMENT_KILLS = (
    ("after", "TournamentStarted"),
    ("before", "TreeSnapshotted"),  # a candidate's worktree is there, or its edit
    ("before", "TreeSnapshotted"),
    ("after", "TreeSnapshotted"),
    ("after", "HandoffMade"),  # one has handed over, the other may be at work
    ("before", "ChecksCompleted"),
    ("before", "TournamentDecided"),
    ("after", "TournamentDecided"),
    ("before", "TreeSnapshotted"),  # the winner's files are in the run's worktree
)


def test_f04_f05_a_tournament_that_is_killed_again_and_again_ends_like_one_that_was_not(
    tmp_path: Path, venv_with_pytest: Path
) -> None:
    with opened(tmp_path, venv_with_pytest / "bin/python", "standard", competes=True) as place:
        assert place.child("whole") == 0
        calls = len(place.server.requests)
        kills = TOURNAMENT_KILLS[::EVERY]
        for when, fact in kills:
            assert place.child("killed", when, fact) == KILLED, (when, fact)
        assert place.child("killed") == 0
        sent = len(place.server.requests) - calls
    whole, killed = place.events("whole"), place.events("killed")
    assert end_of(killed) == end_of(whole)
    assert end_of(killed)[0] == "verified"
    assert verify_chain("killed", killed) == len(killed)
    nothing_was_done_twice(killed)
    assert calls <= sent <= calls + len(kills)  # a kill while one candidate works may cut a call of the other off
    spent, open_calls = ledger_of("killed", place.events(SPENDING))
    assert open_calls <= sent - calls
    assert spent <= BUDGET
    place.replays("killed")


def nothing_was_done_twice(events: list[Event]) -> None:
    """Each effect is in the log once, however often it was begun."""
    done = Counter(str(event.data["call"]) for event in events if event.type in ("ModelCallCompleted", "ToolCompleted"))
    assert set(done.values()) == {1}, done
    once = Counter(event.type for event in events if event.type in ("PlanAccepted", "BranchDelivered", "RunCompleted"))
    assert set(once.values()) == {1}, once


def ledger_of(run_id: str, events: list[Event]) -> tuple[Decimal, int]:
    """Return what a run is charged, and how many of its reservations are open, charged at their worst."""
    facts = [decode(event) for event in events]
    worst = {one.reservation_id: one.worst_usd for one in facts if isinstance(one, BudgetReserved) and one.run_id == run_id}
    settled = {one.reservation_id: one.cost_usd for one in facts if isinstance(one, BudgetSettled)}
    return sum(({**worst, **settled}[key] for key in worst), Decimal(0)), len(worst.keys() - settled.keys())
