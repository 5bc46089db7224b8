"""A repository from a stranger, `.git` and all, that means to run something or to reach something when we look at it."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import anyio
import pytest

from codecompanion.domain.errors import BadInput, PolicyRefused
from codecompanion.ports import Tree
from codecompanion.workspace.git import Git
from codecompanion.workspace.landing import delivery_of, landing_of
from codecompanion.workspace.retrieval.files import find_files
from codecompanion.workspace.worktree import GitWorkspace

pytestmark = pytest.mark.anyio

RUN = "hostile"
RunGit = Callable[..., str]
PROGRAMS = (
    *("core.fsmonitor", "core.sshCommand", "core.editor", "core.askPass", "core.pager", "core.gitProxy"),
    *("core.alternateRefsCommand", "credential.helper", "diff.external", "diff.evil.command", "diff.evil.textconv"),
    *("filter.evil.clean", "filter.evil.smudge", "filter.evil.process", "merge.evil.driver", "gpg.program", "gpg.ssh.program"),
    *("sequence.editor", "interactive.diffFilter", "difftool.evil.cmd", "mergetool.evil.cmd", "trailer.evil.command"),
    *("trailer.evil.cmd", "submodule.module.update", "uploadpack.packObjectsHook", "remote.origin.uploadpack", "pager.diff"),
    *("pager.status", "pager.log", "hook.evil.command", "browser.evil.cmd", "guitool.evil.cmd", "man.evil.cmd"),
    *("alias.status", "alias.diff", "alias.checkout-index", "sendemail.sendmailCmd", "web.browser"),
)
"""Every setting of git-config(1) that names a program."""
HOOKS = (
    *("applypatch-msg", "commit-msg", "fsmonitor-watchman", "post-applypatch", "post-checkout", "post-commit"),
    *("post-index-change", "post-merge", "post-rewrite", "pre-applypatch", "pre-auto-gc", "pre-commit", "pre-merge-commit"),
    *("pre-push", "pre-rebase", "prepare-commit-msg", "push-to-checkout", "reference-transaction", "sendemail-validate"),
)


@pytest.fixture
def mark(tmp_path: Path) -> Path:
    """What appears when a program of the repository's choice has run."""
    return tmp_path / "ran"


@pytest.fixture
def hostile(repo: Path, git: RunGit, tmp_path: Path, mark: Path) -> Path:
    """A repository in which every program of git's configuration leaves a mark."""
    (repo / ".gitattributes").write_text("* filter=evil diff=evil merge=evil\n")
    git("add", "-A")
    git("commit", "-q", "-m", "attributes")
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\necho $0 $@ >> {mark}\ncat\n")
    program.chmod(0o755)
    for name in PROGRAMS:
        git("config", name, f"!{program}" if name.startswith("alias.") or name == "submodule.module.update" else str(program))
    git("config", "filter.evil.required", "true")
    git("config", "hook.evil.event", "post-checkout")
    git("config", "commit.gpgSign", "true")
    git("config", "log.showSignature", "true")
    git("config", "gc.auto", "1")
    hooks = repo / ".git/hooks"
    hooks.mkdir(exist_ok=True)
    for hook in HOOKS:
        (hooks / hook).write_text(program.read_text())
        (hooks / hook).chmod(0o755)
    (tmp_path / "more").write_text(f"[core]\n\tfsmonitor = {program}\n\thooksPath = {hooks}\n")
    with (repo / ".git/config").open("a") as config:
        config.write(f'[includeIf "gitdir:/"]\n\tpath = {tmp_path / "more"}\n[core]\n\thooksPath = {hooks}\n')
    # Files that git believes to have changed, so that filters and drivers would have something to do.
    (repo / "calc.py").write_text("def add(a, b):\n    return a + b\n")
    return repo


@pytest.mark.attack("A75")
async def test_a_whole_run_on_it_starts_nothing(workspace: GitWorkspace, hostile: Path, mark: Path, tmp_path: Path) -> None:
    await workspace.inspect(hostile)
    base = await workspace.prepare(RUN, hostile, "HEAD", include_uncommitted=True)
    await workspace.gather(RUN, hostile, base.commit)
    await workspace.write(RUN, {"docs/guide.md": b"# Changed\n"})
    step = await workspace.snapshot(RUN, hostile, version=1, parent=base.commit, message="step")
    other = await _other_change(workspace, hostile, base)
    assert "Changed" in await workspace.diff(hostile, base.commit, step.commit)
    await workspace.changed_texts(hostile, base.commit, step.commit)
    await workspace.users_files(RUN, hostile, before=base.commit, after=step.commit)
    await workspace.merge(RUN, hostile, before=base.commit, after=step.commit, onto=other.commit, version=3)
    await workspace.combine(RUN, hostile, version="tests", base=base.commit, head=step.commit, paths={"docs/guide.md"})
    await workspace.restore(RUN, hostile, step.commit)
    await workspace.export(hostile, step.commit, tmp_path / "out")
    await workspace.apply(hostile, base.commit, step.commit)
    date = datetime(2026, 1, 2, tzinfo=UTC)
    made = await workspace.deliver(hostile, branch="b", commit=step.commit, base=base.commit, message="m", date=date)
    delivery = await delivery_of(Git(cwd=hostile), made)
    assert delivery is not None
    await landing_of(Git(cwd=hostile), delivery, RUN)
    assert await find_files(hostile, Git(cwd=hostile))
    await workspace.remove(RUN, hostile)
    assert has_run(mark) == ""


async def _other_change(workspace: GitWorkspace, repo: Path, base: Tree) -> Tree:
    await workspace.restore(RUN, repo, base.commit)
    await workspace.write(RUN, {"docs/guide.md": b"# Otherwise\n"})
    return await workspace.snapshot(RUN, repo, version=2, parent=base.commit, message="other")


@pytest.mark.parametrize("command", ["status", "diff", "add calc.py", "checkout docs", "commit -am x"])
async def test_its_programs_run_for_those_who_call_git_plainly(hostile: Path, mark: Path, command: str) -> None:
    """What could not succeed would prove nothing."""
    await anyio.run_process(["git", *command.split()], cwd=hostile, check=False)
    assert has_run(mark)


def has_run(mark: Path) -> str:
    return mark.read_text() if mark.exists() else ""


async def test_a_repository_that_claims_another_folder_is_refused(
    workspace: GitWorkspace, repo: Path, git: RunGit, tmp_path: Path
) -> None:
    """With core.worktree a stranger's repository would make us take the user's home folder for the project."""
    (tmp_path / "home/.ssh").mkdir()
    (tmp_path / "home/.ssh/id").write_text("key")
    for claimed in (tmp_path / "home", tmp_path, Path("/")):
        git("config", "core.worktree", str(claimed))
        with pytest.raises(BadInput):
            await workspace.inspect(repo)
        with pytest.raises(BadInput):
            await workspace.prepare(RUN, repo, "HEAD", include_uncommitted=True)


async def test_c228_a_linked_worktree_and_a_submodule_are_their_own(
    workspace: GitWorkspace, repo: Path, git: RunGit, tmp_path: Path
) -> None:
    git("worktree", "add", "-q", str(tmp_path / "linked"))
    git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(repo), "module")
    assert (await workspace.inspect(tmp_path / "linked")).root == tmp_path / "linked"
    assert (await workspace.inspect(repo / "module")).root == repo / "module"


async def test_a_symlink_of_a_change_is_recorded_as_one_and_never_followed(
    workspace: GitWorkspace, repo: Path, git: RunGit, tmp_path: Path
) -> None:
    """What a command left in the worktree: links out of it, a link over a file, special modes."""
    (tmp_path / "secret").write_text("secret")
    base = await workspace.prepare(RUN, repo, "HEAD")
    root = workspace.path(RUN)
    (root / "leak").symlink_to(tmp_path / "secret")
    (root / "docs/up").symlink_to("../../../..")
    (root / "calc.py").chmod(0o6755)
    step = await workspace.snapshot(RUN, repo, version=1, parent=base.commit, message="step")
    assert git("show", f"{step.commit}:leak") == str(tmp_path / "secret")
    assert {line.split()[0] for line in git("ls-tree", "-r", step.commit).splitlines()} <= {"100644", "100755", "120000"}
    with pytest.raises(PolicyRefused):
        await workspace.write(RUN, {"leak": b"changed"})
    with pytest.raises(PolicyRefused):
        await workspace.write(RUN, {"docs/up/file": b"changed"})
    assert (tmp_path / "secret").read_text() == "secret"
    await workspace.apply(repo, base.commit, step.commit)
    assert (repo / "leak").readlink() == tmp_path / "secret"
    assert not (repo / "calc.py").stat().st_mode & 0o6000
