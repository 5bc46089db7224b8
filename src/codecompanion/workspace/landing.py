"""Where a delivered change landed in the user's history, and whether it was taken back: as git tells it, nothing is kept."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from codecompanion.workspace.git import Git

MOST_COMMITS = 20_000
"""So many of the newest commits after the base are looked at."""
MOST_DIFFS = 1000
"""Of so many of the newest commits that touch the same files the diffs are compared."""
OURS = re.compile(r"^refs/(heads|remotes/[^/]+)/codecompanion/")
"""Branches that we made: a change that is only there was not taken."""
REVERTS = re.compile(r"This reverts commit ([0-9a-f]{7,64})")
FIELD, RECORD = "\x1f", "\x00"


@dataclass(frozen=True, slots=True)
class Past:
    """A commit after the base. `date` is its committer's, in seconds since 1970."""

    commit: str
    tree: str
    date: int
    parents: tuple[str, ...]
    message: str


@dataclass(frozen=True, slots=True)
class Landing:
    """How a change came into the user's branches.

    `commits` are those that hold it, the first one first; `at` is when it landed, in seconds since 1970; `reverted` is
    whether it was taken back and not brought in again.
    """

    commits: tuple[str, ...]
    at: int
    reverted: bool


@dataclass(frozen=True, slots=True)
class Delivery:
    """A commit that was delivered on a branch: its own, that of its base, its tree, its files and its date."""

    commit: str
    base: str
    tree: str
    paths: tuple[str, ...]
    date: int


async def delivery_of(git: Git, commit: str) -> Delivery | None:
    """Return what a delivered commit holds; None when the repository has it no longer."""
    shown = await git.ask(
        "show", "--no-patch", f"--format=%H{FIELD}%P{FIELD}%T{FIELD}%ct", "--end-of-options", f"{commit}^{{commit}}"
    )
    fields = shown.line.split(FIELD)
    if shown.exit_code or len(fields) != 4 or not fields[1]:  # noqa: PLR2004 - the four of the format
        return None
    base = fields[1].split()[0]
    paths = await git.paths("diff-tree", "-r", "-z", "--name-only", "--no-renames", base, fields[0])
    return Delivery(fields[0], base, fields[2], tuple(paths), int(fields[3]))


async def branches(git: Git) -> list[str]:
    """Return the user's branches, local and remote, what is checked out first; ours are left out."""
    listed = (await git.run("for-each-ref", "--format=%(refname)", "refs/heads", "refs/remotes")).decode(
        errors="surrogateescape"
    )
    names = [name for name in listed.split("\n") if name and not OURS.match(name)]
    head = await git.ask("symbolic-ref", "--quiet", "HEAD")
    first = [head.line] if head.exit_code == 0 and head.line in names else []
    usual = [name for name in ("refs/heads/main", "refs/heads/master") if name in names]
    return list(dict.fromkeys((*first, *usual, *names)))


async def landing_of(git: Git, delivery: Delivery, run_id: str) -> Landing | None:
    """Return how a delivered change landed; None when no branch of the user's has it.

    It is found as the commit itself, by the trailer of its run, by its tree, or by the id of its patch: so a merge, a rebase, a
    squash and a change that was applied and committed by hand are told.
    """
    refs = await branches(git)
    history = await _commits_after(git, refs, delivery.base)
    if not history:
        return None
    same, reverse = await _same_patches(git, refs, delivery)
    trailer = re.compile(rf"^CodeCompanion-Run: {re.escape(run_id)}$", re.MULTILINE)
    holders = [one for one in history if _holds(one, delivery, trailer) or one.commit in same]
    if not holders:
        return None
    merge = next((one for one in history if _brings(one, history, delivery.commit)), None)
    lands = {one.commit for one in holders} | ({merge.commit} if merge else set[str]())
    at = merge.date if merge and holders[0].commit == delivery.commit else holders[0].date
    return Landing(tuple(one.commit for one in holders), at, _ends_reverted(history, lands, reverse))


async def _commits_after(git: Git, refs: list[str], base: str) -> list[Past]:
    """Return the commits of branches that the base does not have, the oldest first."""
    wanted = "\n".join((*refs, f"^{base}")) + "\n"
    shape = f"--format=%H{FIELD}%T{FIELD}%ct{FIELD}%P{FIELD}%B"
    text = await git.run(
        "log",
        "-z",
        "--topo-order",
        f"--max-count={MOST_COMMITS}",
        shape,
        "--stdin",
        stdin=wanted.encode(errors="surrogateescape"),
    )
    records = [record.split(FIELD, 4) for record in text.decode(errors="replace").split(RECORD) if record]
    commits = [Past(one[0], one[1], int(one[2]), tuple(one[3].split()), one[4]) for one in records]
    return commits[::-1]


async def _same_patches(git: Git, refs: list[str], delivery: Delivery) -> tuple[set[str], set[str]]:
    """Return the commits that change the delivered files exactly as the delivery does, and those that take that back."""
    shape = ("-p", "--full-index", "--no-ext-diff", "--no-textconv", "--no-renames", "--no-color")
    wanted = "\n".join((*refs, f"^{delivery.base}")) + "\n"
    log = await git.run(
        *("log", *shape, "--no-merges", f"--max-count={MOST_DIFFS}", "--format=commit %H", "--stdin", "--", *delivery.paths),
        stdin=wanted.encode(errors="surrogateescape"),
    )
    ids = _patch_ids(await git.run("patch-id", "--stable", stdin=log))
    there = _patch_ids(
        await git.run("patch-id", "--stable", stdin=await git.run("diff-tree", *shape, delivery.base, delivery.commit))
    )
    back = _patch_ids(
        await git.run("patch-id", "--stable", stdin=await git.run("diff-tree", *shape, delivery.commit, delivery.base))
    )
    wanted_id, back_id = next(iter(there), ("", ""))[0], next(iter(back), ("", ""))[0]
    return {commit for patch, commit in ids if patch == wanted_id}, {commit for patch, commit in ids if patch == back_id}


def _patch_ids(text: bytes) -> list[tuple[str, str]]:
    return [(patch, commit) for patch, commit in (line.split() for line in text.decode().splitlines())]


def _holds(one: Past, delivery: Delivery, trailer: re.Pattern[str]) -> bool:
    return one.commit == delivery.commit or one.tree == delivery.tree or trailer.search(one.message) is not None


def _brings(one: Past, history: Iterable[Past], commit: str) -> bool:
    """Whether a merge is what brought a commit in: the commit is behind one of its later parents."""
    if len(one.parents) < 2:  # noqa: PLR2004 - a merge has two
        return False
    parents = {other.commit: other.parents for other in history}
    waiting, seen = list(one.parents[1:]), set[str]()
    while waiting:
        at = waiting.pop()
        if at == commit:
            return True
        if at not in seen:
            seen.add(at)
            waiting += parents.get(at, ())
    return False


def _ends_reverted(history: Iterable[Past], lands: set[str], reverse: set[str]) -> bool:
    """Whether the last word of a history is that the change is out again."""
    out, takers = False, set[str]()
    for one in history:
        named = REVERTS.search(one.message)
        undone = named[1] if named else ""
        if one.commit in reverse or _is_among(undone, lands):
            out = True
            takers.add(one.commit)
        elif one.commit in lands or _is_among(undone, takers):
            out = False
    return out


def _is_among(beginning: str, commits: Iterable[str]) -> bool:
    return bool(beginning) and any(commit.startswith(beginning) for commit in commits)
