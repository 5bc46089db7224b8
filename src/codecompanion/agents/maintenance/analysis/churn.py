"""The files that change often: with their size, where work goes on and is laborious."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from codecompanion.agents.maintenance.analysis.sizes import SourceFile
from codecompanion.domain.errors import EnvironmentBroken
from codecompanion.workspace.git import Git
from codecompanion.workspace.retrieval.kinds import Kind
from codecompanion.workspace.retrieval.past import commits_before, head_of


@dataclass(frozen=True, slots=True)
class HotSpot:
    """A source file with how many of the last 4 000 commits changed it, and its lines."""

    path: str
    commits: int
    lines: int


async def hot_spots(git: Git | None, code: Sequence[SourceFile]) -> list[HotSpot] | None:
    """Return the source files by commits times lines, the hottest first; None where the past cannot be read."""
    head = await head_of(git) if git else None
    if git is None or head is None:
        return None
    above = (await git.line("rev-parse", "--show-prefix")).rstrip("\n")
    try:
        commits = await commits_before(git, head)
    except EnvironmentBroken:  # a partial clone has commits whose trees are elsewhere
        return None
    changes = Counter(path for commit in commits for path in set(commit.paths))
    found = [HotSpot(file.path, changes[above + file.path], file.lines) for file in code if file.kind is Kind.SOURCE]
    return sorted((spot for spot in found if spot.commits), key=lambda spot: (-spot.commits * spot.lines, spot.path))
