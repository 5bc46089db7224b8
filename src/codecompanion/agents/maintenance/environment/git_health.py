"""Oddities of a repository that bite later: nobody's commits, conflicts, large files, mixed line endings."""

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import anyio

from codecompanion.agents.maintenance.report import Noted
from codecompanion.domain.counting import counted
from codecompanion.domain.secret_shapes import without_secrets
from codecompanion.workspace.git import Git

LARGE_BYTES = 20 * 1024**2
_SHOWN = 5
_ENDING = re.compile(rb"^i/(\S+)\s+w/(\S+)\s+attr/([^\t]*)\t(.*)$", re.DOTALL)


async def git_findings(root: Path, git: Git | None, environ: Mapping[str, str]) -> list[Noted]:
    """Return what is odd about the repository; a folder without one is a note."""
    if git is None:
        return [Noted(severity="note", what="the folder is in no git repository", fix="git init && git add -A && git commit")]
    return [*await _identity(root, environ), *await _unmerged(git), *await _large(root, git), *await _endings(git)]


async def _identity(root: Path, environ: Mapping[str, str]) -> list[Noted]:
    """Ask as the user's own git would: whether a commit has an author is a matter of their configuration."""
    missing: list[Noted] = []
    for key, example in (("user.name", "Your Name"), ("user.email", "you@example.com")):
        variable = f"GIT_AUTHOR_{key.rpartition('.')[2].upper()}"
        done = await anyio.run_process(["git", "config", "--get", key], check=False, cwd=root, env=without_secrets(environ))
        if not done.stdout.strip() and not environ.get(variable):
            fix = f'git config --global {key} "{example}"'
            missing.append(Noted(severity="warning", what=f"git has no {key}: a commit will be refused", where="git", fix=fix))
    return missing


async def _unmerged(git: Git) -> list[Noted]:
    paths = sorted(set(await git.paths("diff", "--name-only", "-z", "--diff-filter=U", "--relative")))
    return [
        Noted(severity="error", what="the file has an unresolved conflict", where=path, fix=f"edit it, then: git add {path}")
        for path in paths[:_SHOWN]
    ]


async def _large(root: Path, git: Git) -> list[Noted]:
    tracked = await git.paths("ls-files", "-z")
    sizes = await anyio.to_thread.run_sync(lambda: dict(_sizes(root, tracked)))
    large = sorted(sizes, key=lambda path: -sizes[path])[:_SHOWN]
    return [
        Noted(
            severity="warning",
            what=f"git tracks a file of {sizes[path] // 1024**2} MiB: every clone carries it for ever",
            where=path,
            fix=f"git lfs track '{path}'   or: git rm --cached '{path}'",
        )
        for path in large
    ]


def _sizes(root: Path, paths: list[str]) -> Iterator[tuple[str, int]]:
    for path in paths:
        try:
            size = os.lstat(root / path).st_size
        except OSError:
            continue
        if size > LARGE_BYTES:
            yield path, size


async def _endings(git: Git) -> list[Noted]:
    listed = await git.run("ls-files", "--eol", "-z")
    crlf, mixed = list[str](), list[str]()
    for entry in listed.split(b"\0"):
        found = _ENDING.match(entry)
        if found and b"eol=crlf" not in found[3]:
            (crlf if found[1] == b"crlf" else mixed if found[1] == b"mixed" else []).append(os.fsdecode(found[4]))
    findings: list[Noted] = []
    fix = "echo '* text=auto' >> .gitattributes && git add --renormalize ."
    if mixed:
        what = f"{counted(len(mixed), 'file mixes', 'files mix')} the line endings of Windows and Unix, such as {mixed[0]}"
        findings.append(Noted(severity="warning", what=what, where=mixed[0], fix=fix))
    if crlf:
        what = f"{counted(len(crlf), 'file is', 'files are')} committed with the line endings of Windows, such as {crlf[0]}"
        findings.append(Noted(severity="note", what=what, where=crlf[0], fix=fix))
    return findings
