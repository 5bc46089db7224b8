"""Which commands of package managers install, remove or publish something, or could."""

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from codecompanion.domain.shell.expanding import OPEN

_ALLOWED: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "pip": frozenset({"", "check", "debug", "freeze", "hash", "help", "inspect", "list", "show"}),
        "npm": frozenset(
            {
                *("", "bin", "explain", "help", "la", "list", "ll", "ls", "prefix", "root", "rum", "run", "run-script"),
                *("start", "stop", "t", "test", "tst", "why"),
            }
        ),
        "uv": frozenset({"", "help", "tree", "version"}),
        "poetry": frozenset({"", "about", "build", "check", "show"}),
        "pdm": frozenset({"", "build", "info", "list", "show"}),
        "pipenv": frozenset({"graph"}),
        "hatch": frozenset({"", "build", "fmt", "status", "test"}),
        "rye": frozenset({"build", "fmt", "lint", "list", "show", "test"}),
        "cargo": frozenset(
            {
                *("", "b", "bench", "build", "c", "check", "clean", "clippy", "d", "doc", "fmt", "help", "metadata", "nextest"),
                *("r", "run", "rustc", "t", "test", "tree", "version"),
            }
        ),
        "go": frozenset({"", "build", "doc", "fmt", "generate", "help", "list", "run", "test", "tool", "version", "vet"}),
        "bundle": frozenset({"check", "info", "list", "show"}),
    }
)
"""Verbs that change no environment, by manager; every other one of these managers is for a person to allow."""

_FORBIDDEN: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "pnpm": frozenset(
            {
                *(
                    "add",
                    "create",
                    "dlx",
                    "env",
                    "exec",
                    "fetch",
                    "i",
                    "import",
                    "install",
                    "link",
                    "patch",
                    "publish",
                    "remove",
                ),
                *("rm", "self-update", "setup", "un", "uninstall", "unlink", "up", "update", "upgrade"),
            }
        ),
        "yarn": frozenset(
            {
                *(
                    "",
                    "add",
                    "create",
                    "dlx",
                    "exec",
                    "global",
                    "import",
                    "install",
                    "link",
                    "npm",
                    "plugin",
                    "publish",
                    "remove",
                ),
                *("set", "unlink", "up", "upgrade", "upgrade-interactive"),
            }
        ),
        "bun": frozenset(
            {"", "a", "add", "c", "create", "i", "install", "link", "pm", "publish", "remove", "rm", "update", "x"}
        ),
        "composer": frozenset(
            {"", "config", "create-project", "global", "i", "install", "r", "remove", "require", "u", "update", "upgrade"}
        ),
        "mvn": frozenset({"deploy", "install"}),
        "gradle": frozenset({"publish", "publishToMavenLocal"}),
        "dotnet": frozenset({"add", "new", "nuget", "restore", "tool", "workload"}),
        "setup.py": frozenset({"bdist_egg", "develop", "easy_install", "install", "register", "upload"}),
    }
)
"""The same the other way round for managers that also run the project's own scripts by their bare names."""

_ALIASES: Mapping[str, str] = MappingProxyType({"gradlew": "gradle", "mvnw": "mvn", "pnpx": "npx", "bundler": "bundle"})
_SILENT = re.compile(r"-[qsvVh]+|--(?:quiet|silent|verbose|version|help|offline|locked|frozen|no-color)|--?[\w-]+=.*|\+\w+")


def canonical(name: str) -> str:
    """Return the usual name of a package manager: that of "pip3.11" is "pip"; other names as they are."""
    name = re.sub(r"(?<=^pip)[\d.]+$", "", name.removesuffix(".exe").removesuffix(".cmd"))
    return _ALIASES.get(name, name)


def installs(name: str, rest: Sequence[str]) -> bool:
    """Whether a package manager would, or could, change what is installed or published.

    Args:
        name: Its canonical name; of programs that are none the answer is False.
        rest: The arguments.
    """
    if name not in _ALLOWED and name not in _FORBIDDEN:
        return False
    words = list(rest)
    while words and words[0].startswith(("-", "+")):
        if not _SILENT.fullmatch(words[0]):
            return True  # an option may take the next word, so that it is not known which is the verb
        words.pop(0)
    verb = words[0] if words else "" if not rest else None
    if verb is None:
        return "" in _FORBIDDEN.get(name, ()) and not set(rest) <= {"--version", "-v", "-V", "--help", "-h"}
    if OPEN in verb:
        return True
    forbidden = any(word in _FORBIDDEN.get(name, ()) for word in (words if name in ("mvn", "gradle", "setup.py") else [verb]))
    return forbidden or (name in _ALLOWED and verb not in _ALLOWED[name])
