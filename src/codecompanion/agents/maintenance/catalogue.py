"""The agents that can be run: their names and what they are for. Loads nothing, so that they can be listed quickly."""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from types import MappingProxyType

from codecompanion.domain.errors import BadInput


@dataclass(frozen=True, slots=True)
class Entry:
    """An agent: what it does, what it changes, what a model would add.

    One that `starts_a_run` does its work as a run, and ends with a run's result instead of a report. One that `takes_a_model`
    works by rule, and asks a model beside that when one is named.
    """

    name: str
    summary: str
    changes: str
    with_a_model: str
    starts_a_run: bool = False
    takes_a_model: bool = False


_ENTRIES = (
    Entry(
        "installer",
        "work out how the project is installed, and do it with --yes",
        "nothing without --yes; with it the project's .venv and what its package managers write",
        "a model could read the output of a failed build and propose the missing system package",
    ),
    Entry(
        "env-doctor",
        "is this machine fit for the project: interpreter, packages, tools, keys, ports, git, disk",
        "nothing",
        "a model could read set-up instructions in prose and check those too",
    ),
    Entry(
        "analyzer",
        "sizes, structure, commands, entry points, hot spots, complexity, duplicates, circular imports",
        "nothing",
        "a model could say in words what each part is for and which hot spot to mend first",
    ),
    Entry(
        "dep-auditor",
        "dependencies: unused, undeclared, unbounded, in conflict, out of step with the lock file, licences",
        "nothing",
        "a model could read changelogs and say which upgrade is worth its risk",
    ),
    Entry(
        "web-doctor",
        "web applications: how they start, what they answer to, and what is wrong or dangerous in them",
        "nothing: a copy is imported",
        "a model could say what each route is for, and which of them lack a check of who asks",
    ),
    Entry(
        "test-runner",
        "run the tests in the cage: failures by cause, flaky and slow tests, --impacted, --junit",
        "nothing: a copy is tested",
        "a model could explain each failure and write the tests that are missing",
    ),
    Entry(
        "bug-triage",
        "group the failing tests by fault; for each its severity, the suspects and the shortest way to see it",
        "nothing: a copy is tested",
        "with -m MODEL a model reads the code and says of each fault what went wrong, why, and what to change",
        takes_a_model=True,
    ),
    Entry(
        "fixer",
        "make the failing tests pass, as the run 'fix the failing tests' does; with -m MODEL by a model",
        "nothing but a branch of its own, as a run",
        "a model may mend what no search finds: other languages, several places at once, code that is missing",
        starts_a_run=True,
    ),
    Entry(
        "pr-preparer",
        "title, body and checklist of a pull request from the commits and the diff",
        "nothing",
        "with -m MODEL a model reads the diff and writes title and summary, instead of collecting the commits'",
        takes_a_model=True,
    ),
)
AGENTS: Mapping[str, Entry] = MappingProxyType({entry.name: entry for entry in _ENTRIES})


def known_agent(name: str) -> str:
    """Return the name of an agent however it is spelt ("EnvDoctor", "env_doctor").

    Raises:
        BadInput: There is none like it.
    """
    plain = {_plain(known): known for known in AGENTS}
    if _plain(name) in plain:
        return plain[_plain(name)]
    near = [plain[one] for one in get_close_matches(_plain(name), list(plain), n=2, cutoff=0.6)]
    fix = f"did you mean {' or '.join(near)}?" if near else "codecompanion agents list shows all"
    raise BadInput(f"there is no agent {name!r}", fix=fix)


def _plain(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())
