"""What became of a delivered change: merged, reverted, and how many of its lines survived, with dates from git."""

import re
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import anyio

from codecompanion.domain.errors import CodeCompanionError
from codecompanion.domain.outcomes import Later
from codecompanion.workspace.git import Git
from codecompanion.workspace.landing import Delivery, Landing, branches, delivery_of, landing_of
from codecompanion.workspace.repository import locate

DAY_S = 86_400
NOT_TAKEN_AFTER_DAYS = 30
"""What is on no branch of the user's after so many days counts as not merged, until it is."""
_BLAMED = re.compile(rb"^([0-9a-f]{40,64}) \d+ \d+", re.MULTILINE)


async def fate_of(repo: Path, commit: str, run_id: str, now: datetime) -> Later | None:
    """Return what the history of a repository says of a commit that was delivered; None when neither is there any more.

    `now` says how much of the history can be known: survival after 30 days only when 30 days have passed.
    """
    if not await anyio.Path(repo).is_dir():
        return None
    try:
        git = (await locate(repo)).ours
    except CodeCompanionError:
        return None
    delivery = await delivery_of(git, commit)
    if delivery is None:
        return None
    landing = await landing_of(git, delivery, run_id)
    seconds = int(now.timestamp())
    if landing is None:
        waited = seconds - delivery.date >= NOT_TAKEN_AFTER_DAYS * DAY_S
        return Later(merged=False if waited else None)
    if landing.reverted:
        return Later(merged=True, reverted=True)
    survived = {days: await _survived(git, delivery, landing, days) for days in (7, 30) if seconds >= landing.at + days * DAY_S}
    return Later(merged=True, reverted=False, survived_7=survived.get(7), survived_30=survived.get(30))


async def _survived(git: Git, delivery: Delivery, landing: Landing, days: int) -> float | None:
    """Return the part of the added lines that was still there so many days after the landing; None when none was added."""
    before = f"--before={landing.at + days * DAY_S}"
    for branch in await branches(git):
        then = (await git.ask("rev-list", "-1", "--first-parent", before, branch)).line
        held = [commit for commit in landing.commits if then and await _is_behind(git, commit, then)]
        if not held:
            continue
        added = await _lines(git, held[0], delivery.paths, held)
        later = await _lines(git, then, await _paths_then(git, held[0], then, delivery.paths), held)
        return min(1.0, later / added) if added else None
    return None


async def _is_behind(git: Git, commit: str, later: str) -> bool:
    return (await git.ask("merge-base", "--is-ancestor", commit, later)).exit_code == 0


async def _paths_then(git: Git, commit: str, then: str, paths: Iterable[str]) -> list[str]:
    """Return what files are called later, those that were renamed by their new names."""
    told = await git.paths("diff", "-z", "--name-status", "--find-renames", "--diff-filter=R", "--no-ext-diff", commit, then)
    renamed = dict(zip(told[1::3], told[2::3], strict=True))
    return [renamed.get(path, path) for path in paths]


async def _lines(git: Git, revision: str, paths: Iterable[str], commits: Iterable[str]) -> int:
    """Return how many lines of files a revision has from some commits; a change of blanks alone replaces no line."""
    wanted, count = {commit.encode() for commit in commits}, 0
    for path in paths:
        blamed = await git.ask("blame", "-w", "--porcelain", "--no-textconv", revision, "--", path)
        if blamed.exit_code == 0:
            count += sum(name in wanted for name in _BLAMED.findall(blamed.stdout))
    return count
