"""Run git so that neither the user's configuration nor a hostile repository makes it start anything else."""

import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import anyio

from codecompanion.domain.errors import BadInput, EnvironmentBroken
from codecompanion.domain.exhaustion import exhausted_by_words
from codecompanion.workspace.sandboxes.memfile import memory_file

OLDEST_GIT = (2, 34)
_UNWRITABLE = re.compile("No space left on device|quota exceeded|unable to write|write error", re.IGNORECASE)

NEUTRAL_CONFIG: Mapping[str, str] = {
    "core.hooksPath": os.devnull,
    "core.fsmonitor": "false",
    "core.untrackedCache": "false",
    "core.splitIndex": "false",
    "core.sparseCheckout": "false",
    "core.autocrlf": "false",
    "core.quotePath": "false",
    "core.trustctime": "true",
    "core.checkStat": "default",
    "core.pager": "cat",
    "core.sshCommand": "false",
    "core.askPass": "false",
    "core.editor": "false",
    "core.attributesFile": "",
    "credential.helper": "",
    "gpg.program": "false",
    "core.alternateRefsCommand": "",
    "safe.directory": "*",
    "protocol.allow": "never",
    "diff.external": "",
    "log.showSignature": "false",
    "commit.gpgSign": "false",
    "i18n.commitEncoding": "utf-8",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "submodule.recurse": "false",
    "advice.detachedHead": "false",
}


@dataclass(frozen=True, slots=True)
class GitResult:
    """How a git command ended."""

    exit_code: int
    stdout: bytes
    stderr: bytes

    @property
    def line(self) -> str:
        """Standard output as one line; bytes that are no UTF-8 become surrogates."""
        return os.fsdecode(self.stdout.removesuffix(b"\n"))

    @property
    def complaint(self) -> str:
        """What git wrote to standard error."""
        return self.stderr.decode(errors="replace").strip()


@dataclass(frozen=True, slots=True)
class Git:
    """A way to run git: where, on which repository, files and index, under which configuration.

    Without `git_dir` the repository is the one that holds `cwd`. `config` is laid over the repository's own.
    `inherited` descriptors stay open in git.
    """

    cwd: Path
    git_dir: Path | None = None
    work_tree: Path | None = None
    index: Path | None = None
    config: Mapping[str, str] = field(default_factory=dict[str, str])
    inherited: tuple[int, ...] = ()

    def on(self, work_tree: Path, index: Path | None = None) -> "Git":
        """Return the same repository with other files and another index."""
        return replace(self, cwd=work_tree, work_tree=work_tree, index=index)

    def configured(self, **config: str) -> "Git":
        """Return the same with more configuration; "__" in a name stands for the dot."""
        return replace(self, config={**self.config, **{name.replace("__", "."): value for name, value in config.items()}})

    async def ask(self, *args: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> GitResult:
        """Run a git command and return how it ended, whatever its exit code.

        Raises:
            EnvironmentBroken: git is not installed.
            ResourcesExhausted: The system refused it files, processes or memory: what it answered means nothing.
        """
        command = [_executable(), "--no-pager", *args]
        environment = {**self._environment(), **(env or {})}
        # From a file, not through a pipe: a git that ends before it has read all is then told by its exit code.
        with memory_file(stdin) as fed:
            process = await anyio.run_process(
                command, stdin=fed, check=False, cwd=self.cwd, env=environment, pass_fds=self.inherited
            )
        result = GitResult(process.returncode, process.stdout, process.stderr)
        if result.exit_code and (spent := exhausted_by_words(result.complaint)) is not None:
            raise spent
        return result

    async def run(self, *args: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> bytes:
        """Run a git command that must succeed and return its standard output.

        Raises:
            EnvironmentBroken: It failed; the cause has git's words.
        """
        result = await self.ask(*args, stdin=stdin, env=env)
        if result.exit_code:
            raise _failure(args[0], result)
        return result.stdout

    async def line(self, *args: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> str:
        """Run a git command that must succeed and return its one line of output."""
        return os.fsdecode((await self.run(*args, stdin=stdin, env=env)).removesuffix(b"\n"))

    async def paths(self, *args: str) -> list[str]:
        """Run a git command that lists NUL-terminated paths and return them."""
        return split_paths(await self.run(*args))

    def _environment(self) -> dict[str, str]:
        places = {"GIT_DIR": self.git_dir, "GIT_WORK_TREE": self.work_tree, "GIT_INDEX_FILE": self.index}
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "LC_ALL": "C",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_ATTR_NOSYSTEM": "1",
            "GIT_NO_REPLACE_OBJECTS": "1",
            "GIT_OPTIONAL_LOCKS": "0",
            "GIT_LITERAL_PATHSPECS": "1",
            "GIT_TERMINAL_PROMPT": "0",
            **{name: str(place) for name, place in places.items() if place is not None},
            **_config_environment({**NEUTRAL_CONFIG, **self.config}),
        }


def _executable() -> str:
    found = shutil.which("git")
    if found is None:
        raise EnvironmentBroken("git is not installed", fix="apt-get install git")
    return found


def _config_environment(config: Mapping[str, str]) -> dict[str, str]:
    # Not "-c name=value": the name of a filter may hold "=", and submodule commands drop "-c" but keep these.
    numbered = list(enumerate(config.items()))
    keys = {f"GIT_CONFIG_KEY_{n}": key for n, (key, _) in numbered}
    values = {f"GIT_CONFIG_VALUE_{n}": value for n, (_, value) in numbered}
    return {"GIT_CONFIG_COUNT": str(len(numbered)), **keys, **values}


def _failure(verb: str, result: GitResult) -> EnvironmentBroken:
    # git does not always pass on why a write failed.
    if _UNWRITABLE.search(result.complaint):
        return EnvironmentBroken(
            f"git {verb} could not write: the disk is full or fails",
            cause=result.complaint,
            fix="free some space and run it again",
        )
    return EnvironmentBroken(f"git {verb} failed", cause=result.complaint)


def split_paths(listed: bytes) -> list[str]:
    """Return NUL-terminated paths as texts; bytes that are no UTF-8 become surrogates."""
    return [os.fsdecode(path) for path in listed.split(b"\0") if path]


def join_paths(paths: list[str]) -> bytes:
    """Return paths as git reads them with `-z --stdin`."""
    return b"".join(os.fsencode(path) + b"\0" for path in paths)


async def silenced_filters(git: Git) -> dict[str, str]:
    """Return the configuration that keeps every content filter of a repository from running.

    A `.gitattributes` that anybody can commit chooses among the filters the repository's own configuration defines.
    """
    result = await git.ask("config", "--null", "--name-only", "--get-regexp", r"^filter\.")
    drivers = {name.rpartition(".")[0] for name in split_paths(result.stdout)}
    silent = {f"{driver}.{part}": "" for driver in drivers for part in ("clean", "smudge", "process")}
    return silent | {f"{driver}.required": "false" for driver in drivers}


async def require_git(git: Git) -> None:
    """Check that git is there and new enough.

    Raises:
        EnvironmentBroken: It is missing or older than `OLDEST_GIT`.
    """
    words = (await git.line("version")).split()
    try:
        version = tuple(int(part) for part in words[2].split(".")[:2])
    except (IndexError, ValueError) as error:
        raise EnvironmentBroken(f"git does not tell its version: {' '.join(words)!r}") from error
    if version < OLDEST_GIT:
        oldest = ".".join(map(str, OLDEST_GIT))
        raise EnvironmentBroken(f"git {words[2]} is too old", fix=f"install git {oldest} or newer")


async def resolve_commit(git: Git, revision: str) -> str:
    """Return the full id of a commit.

    Raises:
        BadInput: The repository has no such commit.
    """
    result = await git.ask("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    if result.exit_code:
        raise BadInput(f"{revision!r} is no commit of this repository", cause=result.complaint)
    return result.line
