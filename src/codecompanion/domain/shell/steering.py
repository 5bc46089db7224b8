"""Variables that can change what other programs do."""

import re
from collections.abc import Sequence

_STEERING = re.compile(
    r"PATH|IFS|ENV|SHELLOPTS|SHELL|PS4|HOME|(?:LD|DYLD|BASH|GIT|XDG|PIP|UV|npm_config)_\w+|EDITOR|VISUAL|\w*PAGER|LESS\w*"
    r"|PROMPT_COMMAND|PERL5\w+|NODE_OPTIONS|RUBYOPT|JAVA_TOOL_OPTIONS|RUSTC\w*_WRAPPER|MAKEFLAGS|PYTHONSTARTUP|PYTHONHOME"
)
_READING = frozenset({"read", "mapfile", "readarray", "getopts"})


def steers(variable: str) -> bool:
    """Whether a variable of this name tells programs what to run or where to look."""
    return bool(_STEERING.fullmatch(variable))


def set_by(argv: Sequence[str]) -> list[str]:
    """Return the words among which are the variables that a builtin of the shell sets by its arguments."""
    if argv[:1] and argv[0] in _READING:
        return list(argv[1:])
    if argv[:1] == ("printf",) and argv[1:] and argv[1].startswith("-v"):
        return [argv[1].removeprefix("-v"), *argv[2:3]]
    return []
