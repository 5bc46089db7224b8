"""kill -9 at every event boundary, then resume: the same end, and nothing done twice."""

import os
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import reduce
from pathlib import Path

import anyio
import pytest

from codecompanion.domain.envelope import Event, verify_chain
from codecompanion.domain.events import decode
from codecompanion.domain.state import Ended
from codecompanion.domain.workflow import INITIAL, evolve
from codecompanion.orchestrator.orchestrator import state_hash
from codecompanion.storage.sqlite import open_sqlite
from fault_matrix import FULL
from fork_server import forked
from projects import SHOP, git, repository

pytestmark = pytest.mark.timeout(900)

RUN = "run-1"
SCRIPT = Path(__file__).with_name("crashing_run.py")
KILLED = -signal.SIGKILL
WALKERS = 2


@dataclass(frozen=True)
class Place:
    """A state folder and a repository at fixed paths, so that two runs in them are comparable."""

    root: Path
    python: Path
    objective: str = "fix the failing tests"
    files: tuple[tuple[str, str], ...] = tuple(SHOP.items())

    @property
    def repo(self) -> Path:
        return self.root / "shop"

    def fresh(self) -> None:
        """Begin anew with an untouched repository and no state."""
        shutil.rmtree(self.root, ignore_errors=True)
        repository(self.repo, dict(self.files))

    def process(self, when: str = "never", at: int = 0) -> int:
        """Start or resume the run in a process of its own and return how that ended."""
        program = forked(SCRIPT, os.environ) or [sys.executable, str(SCRIPT)]
        places = (str(self.root / "state"), str(self.repo), str(self.python))
        command = [*program, *places, self.objective, RUN, when, str(at)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode in (0, KILLED), done.stderr
        return done.returncode

    def events(self) -> list[Event]:
        """Return the run's events."""

        async def read() -> list[Event]:
            async with open_sqlite(self.root / "state/log.sqlite3") as (store, _blobs):
                return await store.read(RUN)

        return anyio.run(read)


def end_of(events: list[Event]) -> str:
    state = reduce(evolve, map(decode, events), INITIAL)
    assert isinstance(state, Ended)
    assert state.outcome == "verified"
    return state_hash(state)


def nothing_was_done_twice(place: Place, events: list[Event]) -> None:
    assert verify_chain(RUN, events) == len(events)
    deeds = Counter((event.type, *(str(event.data.get(key)) for key in ("purpose", "label", "argv"))) for event in events)
    kept = {deed: times for deed, times in deeds.items() if deed[0] not in ("ToolIntended", "RunResumed", "ArtifactProduced")}
    assert set(kept.values()) == {1}, kept
    branches = git(place.repo, "for-each-ref", "--format=%(refname:short)", "refs/heads").split()
    assert len(branches) == 2
    assert git(place.repo, "rev-list", "--count", f"main..{branches[0]}").strip() == "1"
    assert git(place.repo, "status", "--porcelain") == " M shop.py\n"


def it_is_repaired(place: Place) -> None:
    assert "count >= 10" in (place.repo / "shop.py").read_text() or "count > 9" in (place.repo / "shop.py").read_text()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, venv_with_pytest: Path) -> Place:
    return Place(tmp_path_factory.mktemp("crash") / "place", venv_with_pytest / "bin/python")


@pytest.fixture(scope="module")
def uninterrupted(place: Place) -> list[Event]:
    place.fresh()
    assert place.process() == 0
    return place.events()


def appends(events: list[Event]) -> int:
    """Return how many appends made a run: the events of one append have the same cause."""
    return len({event.causation_id for event in events})


def effects(events: list[Event]) -> list[int]:
    """Return the numbers of the appends that record what was done.

    Right before one that only says what is meant to be done is the moment right after the one before, at which a run is killed
    as well.
    """
    causes = list(dict.fromkeys(event.causation_id for event in events))
    return sorted({1 + causes.index(event.causation_id) for event in events if event.type != "ToolIntended"})


def walk(place: Place, boundaries: Sequence[int]) -> None:
    """Kill a run right before each of these appends, the hardest moment: its effect has happened and is not recorded."""
    place.fresh()
    assert place.process() == 0
    expected = end_of(place.events())
    for boundary in boundaries:
        place.fresh()
        assert place.process("before", boundary) == KILLED, boundary
        assert place.process() == 0, boundary
        events = place.events()
        assert end_of(events) == expected, boundary
        nothing_was_done_twice(place, events)
        it_is_repaired(place)


def test_f01_a_run_killed_at_any_event_boundary_ends_like_one_that_was_not(place: Place, uninterrupted: list[Event]) -> None:
    nothing_was_done_twice(place, uninterrupted)
    boundaries = effects(uninterrupted)[:: 1 if FULL else 5]
    places = [Place(place.root.with_name(f"place-{number}"), place.python) for number in range(WALKERS)]
    with ThreadPoolExecutor(WALKERS) as walkers:
        walks = [walkers.submit(walk, each, boundaries[first::WALKERS]) for first, each in enumerate(places)]
        for done in walks:
            done.result()


def test_f02_a_run_that_is_killed_right_after_every_event_gets_there(place: Place, uninterrupted: list[Event]) -> None:
    place.fresh()
    kills = 0
    while place.process("after", 2 if kills else 1) == KILLED:  # a resumed run first records that it is resumed
        kills += 1
        assert kills < 100
    assert kills >= appends(uninterrupted) - 1
    assert end_of(place.events()) == end_of(uninterrupted)
    nothing_was_done_twice(place, place.events())
    it_is_repaired(place)


def test_f01_f05_a_tidying_killed_around_its_own_effects_ends_like_one_that_was_not(place: Place) -> None:
    files = (("shop.py", "import os\n\n\ndef total(prices):\n    return sum(prices)\n"),)
    tidying = Place(place.root.with_name("tidying"), place.python, "fix the lint errors", files)
    tidying.fresh()
    assert tidying.process() == 0
    events = tidying.events()
    causes = list(dict.fromkeys(event.causation_id for event in events))
    own = {"CommandExecuted", "TreeInspected", "SearchCompleted", "ChecksCompleted"}
    boundaries = sorted({1 + causes.index(event.causation_id) for event in events if event.type in own})
    for boundary in boundaries[:: 1 if FULL else 3]:
        tidying.fresh()
        assert tidying.process("before", boundary) == KILLED, boundary
        assert tidying.process() == 0, boundary
        assert end_of(tidying.events()) == end_of(events), boundary
        nothing_was_done_twice(tidying, tidying.events())
        assert "import os" not in (tidying.repo / "shop.py").read_text()
