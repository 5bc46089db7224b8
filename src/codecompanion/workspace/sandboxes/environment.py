"""The environment a caged command gets. Nothing of our own environment is in it: it holds the user's API keys."""

from codecompanion.ports import CommandLine

DEFAULT_PATH = "/usr/local/bin:/usr/bin:/bin"


def child_environment(command: CommandLine, *, home: str, temporary: str) -> dict[str, str]:
    """Return the command's environment, completed by HOME, TMPDIR, PATH and LANG where they are absent."""
    return {"HOME": home, "TMPDIR": temporary, "PATH": DEFAULT_PATH, "LANG": "C.UTF-8", **command.env}
