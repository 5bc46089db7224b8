"""What the commits of a branch are and what they change, beside the branch that they are to go to."""

from dataclasses import dataclass

from codecompanion.domain.errors import BadInput
from codecompanion.workspace.git import Git, resolve_commit

_UNIT, _RECORD = "\x1f", "\x1e"
_DEFAULTS = ("origin/HEAD", "origin/main", "origin/master", "main", "master")
_MOST_DIFF = 5_000_000


@dataclass(frozen=True, slots=True)
class Message:
    """A commit's message."""

    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class ChangedFile:
    """A file that differs: lines added and removed, None for a binary one; `status` is git's letter (A, M, D, R, T)."""

    path: str
    status: str
    added: int | None
    removed: int | None


@dataclass(frozen=True, slots=True)
class Branch:
    """A branch: its name ("" for a detached head), its base, the messages oldest first, its files, the lines it adds.

    `added_lines` are (path, line number, text). `uncommitted` are paths that differ from the last commit.
    """

    name: str
    base: str
    messages: tuple[Message, ...]
    files: tuple[ChangedFile, ...]
    added_lines: tuple[tuple[str, int, str], ...]
    uncommitted: tuple[str, ...]


async def read_branch(git: Git, base: str | None) -> Branch:
    """Return what the checked-out branch brings.

    Args:
        git: Runs in the repository.
        base: The branch it is to go to; None looks for the usual one.

    Raises:
        BadInput: There is no such base, or nothing in common with it.
    """
    named = base or await _usual_base(git)
    fork = await git.ask("merge-base", await resolve_commit(git, named), "HEAD")
    if fork.exit_code:
        raise BadInput(f"the branch has nothing in common with {named!r}", fix="name another base with --base")
    start = fork.line
    diff = await git.run("diff", "--no-color", "--no-ext-diff", "--no-textconv", "--unified=0", "--find-renames", start, "HEAD")
    head = await git.ask("symbolic-ref", "--quiet", "--short", "HEAD")
    return Branch(
        name="" if head.exit_code else head.line,
        base=named,
        messages=tuple(await _messages(git, start)),
        files=tuple(await _files(git, start)),
        added_lines=tuple(_added(diff[:_MOST_DIFF].decode(errors="replace"))),
        uncommitted=tuple(await git.paths("diff", "--name-only", "-z", "HEAD")),
    )


async def diff_of(git: Git, base: str) -> str:
    """Return what the checked-out branch changes since it left its base, as a unified diff for people."""
    diff = await git.run(
        "diff", "--no-color", "--no-ext-diff", "--no-textconv", "--find-renames", f"{await resolve_commit(git, base)}...HEAD"
    )
    return diff[:_MOST_DIFF].decode(errors="replace")


async def _usual_base(git: Git) -> str:
    for name in _DEFAULTS:
        found = await git.ask("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
        if found.exit_code == 0:
            return name
    raise BadInput("no branch is known that this one could go to", fix="name it with --base")


async def _messages(git: Git, start: str) -> list[Message]:
    form = f"--format=%s{_UNIT}%b{_RECORD}"
    listed = (await git.run("log", "--reverse", "--no-merges", form, f"{start}..HEAD")).decode(errors="replace")
    entries = [entry.strip("\n").partition(_UNIT) for entry in listed.split(_RECORD)]
    return [Message(subject, body.strip()) for subject, separator, body in entries if separator]


async def _files(git: Git, start: str) -> list[ChangedFile]:
    status = await git.paths("diff", "--name-status", "-z", "--no-renames", start, "HEAD")
    letters = dict(zip(status[1::2], status[::2], strict=True))
    counted = await git.paths("diff", "--numstat", "-z", "--no-textconv", "--no-renames", start, "HEAD")
    found: list[ChangedFile] = []
    for entry in counted:
        added, removed, path = entry.split("\t", 2)
        numbers = (None, None) if added == "-" else (int(added), int(removed))
        found.append(ChangedFile(path, letters.get(path, "M"), *numbers))
    return found


def _added(diff: str) -> list[tuple[str, int, str]]:
    found, path, number = list[tuple[str, int, str]](), "", 0
    for line in diff.split("\n"):
        if line.startswith("+++ "):
            path = line[4:].strip().strip('"').removeprefix("b/")
        elif line.startswith("@@ "):
            number = int(line.split("+", 1)[1].split(" ", 1)[0].split(",")[0])
        elif line.startswith("+"):
            found.append((path, number, line[1:]))
            number += 1
    return found
