"""The attacks of `sandbox test` on every rung, as whoever runs the tests and, when that is root, as an ordinary user too."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import anyio
import pytest

import codecompanion
from codecompanion.workspace.sandboxes.attacks.attacking import attack
from codecompanion.workspace.sandboxes.attacks.finding import Finding
from codecompanion.workspace.sandboxes.attacks.inside.program import TRIES
from codecompanion.workspace.sandboxes.attacks.table import ACCEPTED, ATTACKS
from codecompanion.workspace.sandboxes.choose import QUICK, RUNGS, prove
from codecompanion.workspace.sandboxes.ownership import closed_folders

STRONG = ("bubblewrap", "landlock")
NOBODY = 65534
MOST_LEFT = {"bubblewrap": set[str](), "landlock": {"A39"}}
"""The name of the machine opens nothing, and Landlock has no namespace that could hide it."""
AS_ANOTHER = """
import anyio, json, sys
from codecompanion.workspace.sandboxes.attacks.table import ATTACKS
from codecompanion.workspace.sandboxes.choose import prove
proof = anyio.run(prove, sys.argv[1], ATTACKS)
print(json.dumps({"lost": str(proof.lost or ""), "left": {f.attack.number: [f.outcome, f.detail] for f in proof.findings}}))
"""


@pytest.fixture(scope="module", params=STRONG)
def findings(request: pytest.FixtureRequest, obstacles: dict[str, str]) -> tuple[str, tuple[Finding, ...]]:
    rung: str = request.param
    if reason := obstacles[rung]:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"no {rung} here: {reason}")
    return rung, anyio.run(partial(attack, RUNGS[rung]()))


def test_no_attack_gets_through_but_those_that_are_named(findings: tuple[str, tuple[Finding, ...]]) -> None:
    rung, found = findings
    assert {one.attack.number for one in found if one.outcome == "escaped"} <= MOST_LEFT[rung], [
        (one.attack.name, one.detail) for one in found if one.outcome == "escaped"
    ]


def test_every_attack_was_really_tried(findings: tuple[str, tuple[Finding, ...]]) -> None:
    _, found = findings
    assert [(one.attack.number, one.detail) for one in found if one.outcome == "untried"] == []


def test_every_exception_is_one_the_tests_know_and_has_its_reason() -> None:
    assert {rung: set(reasons) for rung, reasons in ACCEPTED.items()} == {"landlock": MOST_LEFT["landlock"]}
    assert all(reason for reasons in ACCEPTED.values() for reason in reasons.values())


def test_the_table_and_the_program_know_the_same_attacks() -> None:
    assert set(TRIES) == {one.number for one in ATTACKS}
    assert {one.number for one in ATTACKS} >= {f"A{number:02}" for number in range(1, 64)}
    assert len(QUICK) >= 20


OPEN_ON_THE_WEAK_RUNG = {
    *("A01", "A02", "A08", "A09", "A10", "A11", "A12", "A13", "A23", "A24", "A26", "A27", "A29", "A30", "A31", "A32", "A39"),
    *("A44", "A45", "A46", "A63"),
}


@pytest.mark.anyio
async def test_the_attacks_get_through_where_nothing_stops_them() -> None:
    """Attacks that could not succeed would prove nothing: files, network and kernel are open on the weak rung."""
    proof = await prove("rlimits", ATTACKS)
    escaped = {one.attack.number for one in proof.findings if one.outcome == "escaped"}
    assert escaped >= OPEN_ON_THE_WEAK_RUNG
    assert proof.broken == ()  # it claims nothing


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
@pytest.mark.parametrize("rung", STRONG)
def test_an_ordinary_user_is_held_as_root_is(rung: str, obstacles: dict[str, str]) -> None:
    if reason := obstacles[rung]:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"no {rung} here: {reason}")
    command = [
        *("bwrap", "--dev-bind", "/", "/", *_opened_for_others(), "--"),
        *("setpriv", "--reuid", str(NOBODY), "--regid", str(NOBODY), "--clear-groups", "--"),
        *(sys.executable, "-c", AS_ANOTHER, rung),
    ]
    done = subprocess.run(command, env={"PATH": os.environ["PATH"]}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["lost"] == ""
    escaped = {number: detail for number, (outcome, detail) in told["left"].items() if outcome == "escaped"}
    assert escaped.keys() <= MOST_LEFT[rung], escaped
    assert len(told["left"]) == len(ATTACKS)


def _opened_for_others() -> Iterator[str]:
    """Yield bubblewrap's arguments that let another user reach the interpreter and the package, wherever root keeps them."""
    needed = {Path(sys.prefix), Path(sys.base_prefix), Path(codecompanion.__file__).parent.parent}
    for folder in closed_folders(needed):
        yield from ("--tmpfs", str(folder))
        for path in (path for path in needed if folder in path.parents):
            yield from (part for above in reversed(path.parents) if folder in above.parents for part in ("--dir", str(above)))
            yield from ("--ro-bind", str(path), str(path))


def test_the_documentation_lists_every_attack_and_every_exception() -> None:
    page = Path("docs/SANDBOX.md").read_text()
    for one in ATTACKS:
        accepted = "; ".join(f"{rung}: {why[one.number]}" for rung, why in ACCEPTED.items() if one.number in why)
        assert f"| {one.number} | `{one.name}` | {one.tries} | {accepted} |" in page
    assert f"({len(QUICK)} attacks" in page
