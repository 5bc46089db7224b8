"""Which project a repository belongs to, wherever its clones are."""

import os
import re
from pathlib import Path

import anyio

from codecompanion.domain.memory import project_id
from codecompanion.workspace.git import Git

_SEPARATORS = re.compile(r"[/\\:]")


async def project_of(repo: str, commit: str = "HEAD") -> str | None:
    """Return the id of the project that a repository belongs to; None when it, or the commit, is not there.

    It is made of the oldest first commit and a name: the last part of the address of `origin`, or else the name of the
    folder. A clone, a fork, a branch and a worktree belong to the project; a shallow clone does not know its first commit
    and is a project of its own.
    """
    if not await anyio.Path(repo).is_dir():
        return None
    git = Git(cwd=Path(repo))
    roots = await git.ask("rev-list", "--max-parents=0", "--end-of-options", commit)
    if roots.exit_code or not roots.line:
        return None
    return project_id(roots.line.split("\n")[-1], await _name(git))


async def _name(git: Git) -> str:
    origin = await git.ask("config", "--get", "remote.origin.url")
    common = Path(await git.line("rev-parse", "--path-format=absolute", "--git-common-dir"))
    folder = common.parent if common.name == ".git" else common
    parts = [part for part in _SEPARATORS.split(origin.line.strip()) if part] if origin.exit_code == 0 else []
    name = parts[-1] if parts else folder.name
    return os.fsencode(name.removesuffix(".git")).decode(errors="replace") or "repository"
