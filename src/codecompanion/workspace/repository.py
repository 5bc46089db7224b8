"""Find the repository that holds a folder and say how it stands."""

import os
from dataclasses import dataclass
from pathlib import Path

from codecompanion.domain.errors import BadInput
from codecompanion.ports import RepositoryState
from codecompanion.workspace.git import Git, require_git, resolve_commit, silenced_filters, split_paths

_MARKS = {  # a file or folder of the git folder -> the operation that left it
    "rebase-merge": "rebase",
    "rebase-apply": "rebase",
    "MERGE_HEAD": "merge",
    "CHERRY_PICK_HEAD": "cherry-pick",
    "REVERT_HEAD": "revert",
    "BISECT_LOG": "bisect",
}


@dataclass(frozen=True, slots=True)
class Repository:
    """A user's repository. `git_dir` belongs to this working tree, `common_dir` to all of its worktrees.

    `users` runs git as the user's working tree sees it, `ours` on the common folder, with files and index to be named.
    """

    root: Path
    git_dir: Path
    common_dir: Path
    users: Git
    ours: Git


async def locate(folder: Path) -> Repository:
    """Find the repository that holds a folder.

    Raises:
        BadInput: The folder is missing, a file, outside a repository, or inside a bare one or a `.git`.
        EnvironmentBroken: git is missing.
    """
    git = Git(cwd=_existing(folder))
    root, git_dir, common_dir = await _working_tree(git, folder)
    if root != git.cwd:
        await _require_own_files(root, git_dir)
    silent = await silenced_filters(git)
    return Repository(
        root=root,
        git_dir=git_dir,
        common_dir=common_dir,
        users=Git(cwd=root, git_dir=git_dir, work_tree=root, config=silent),
        ours=Git(cwd=common_dir, git_dir=common_dir, config=silent),
    )


def _existing(folder: Path) -> Path:
    try:
        if not folder.is_dir():
            raise BadInput(f"{str(folder)!r} is a file, not a folder" if folder.exists() else f"{str(folder)!r} does not exist")
    except OSError as error:
        raise BadInput(f"{str(folder)!r} cannot be entered", cause=str(error)) from error
    return folder.resolve()


async def _working_tree(git: Git, folder: Path) -> list[Path]:
    """Return where the files, their git folder and the one of all worktrees are."""
    paths = ("--show-toplevel", "--absolute-git-dir", "--git-common-dir")
    # All in one, for it is asked before each effect. Where there are no files git answers the first two and fails then.
    result = await git.ask("rev-parse", "--path-format=absolute", "--is-bare-repository", "--is-inside-git-dir", *paths)
    match result.line.split("\n"):
        case ["true", *_]:
            raise BadInput(f"{str(folder)!r} is a bare repository", fix="use a clone that has the files checked out")
        case [_, "true", *_]:
            raise BadInput(f"{str(folder)!r} is inside a .git folder", fix="use the folder above it")
        case _ if result.exit_code:
            raise BadInput(
                f"{str(folder)!r} is not in a git repository",
                cause=result.complaint,
                fix='go to the project\'s folder, or run "git init" and commit its files',
            )
        case [_, _, *answers] if len(answers) == len(paths):
            return [Path(answer) for answer in answers]
        case _:  # a path with a line break
            return [Path(await git.line("rev-parse", "--path-format=absolute", path)) for path in paths]


async def _require_own_files(root: Path, git_dir: Path) -> None:
    """Refuse a repository whose configuration says that its files are another folder's: the home folder's, say."""
    found = await Git(cwd=root).ask("rev-parse", "--path-format=absolute", "--absolute-git-dir")
    if found.exit_code or Path(found.line) != git_dir:
        raise BadInput(
            f"{str(git_dir)!r} says that its files are in {str(root)!r}, which is not its own",
            cause="core.worktree is set",
            fix="git config --unset core.worktree",
        )


async def with_user_excludes(git: Git) -> Git:
    """Return the same with the user's own list of ignored files.

    It cannot make git run anything, and without it an editor's droppings look like work.
    """
    home = os.environ.get("HOME", "")
    config_home = os.environ.get("XDG_CONFIG_HOME") or str(Path(home, ".config"))
    named = await git.ask("config", "--file", str(Path(home, ".gitconfig")), "--path", "core.excludesFile", env={"HOME": home})
    usual = str(Path(config_home, "git", "ignore"))
    return git.configured(core__excludesFile=named.line if named.exit_code == 0 else usual)


async def inspect(folder: Path) -> RepositoryState:
    """Say how the repository that holds a folder stands. See `ports.Workspace.inspect`."""
    await require_git(Git(cwd=_existing(folder)))
    found = await locate(folder)
    git = await with_user_excludes(found.users)
    branch = await git.ask("symbolic-ref", "--quiet", "--short", "HEAD")
    return RepositoryState(
        root=found.root,
        head=await _head(git),
        branch=branch.line if branch.exit_code == 0 else None,
        dirty=await _dirty(git),
        submodules=await _submodules(git),
        in_progress=next((name for mark, name in _MARKS.items() if (found.git_dir / mark).exists()), None),
    )


async def _head(git: Git) -> str:
    try:
        return await resolve_commit(git, "HEAD")
    except BadInput as error:
        raise BadInput("the repository has no commits", fix="git add -A && git commit") from error


async def _dirty(git: Git) -> tuple[str, ...]:
    # Dirty submodules are left alone: to look into one, git would obey that repository's own configuration.
    listed = await git.run(
        "status", "--porcelain=v1", "-z", "--untracked-files=all", "--no-renames", "--ignore-submodules=dirty"
    )
    return tuple(sorted(entry[3:] for entry in split_paths(listed)))


async def _submodules(git: Git) -> tuple[str, ...]:
    entries = await git.paths("ls-files", "-z", "--stage")
    return tuple(entry.partition("\t")[2] for entry in entries if entry.startswith("160000 "))
