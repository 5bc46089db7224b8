"""What to try when an installation failed, by what its tools say."""

import re
from collections.abc import Sequence

_ADVICE = (
    (r"No space left|ENOSPC", "make room on the disk"),
    (r"externally-managed-environment", "make an environment first: python3 -m venv .venv"),
    (r"ensurepip is not available|No module named venv", "apt-get install python3-venv"),
    (r"No module named pip\b", ".venv/bin/python -m ensurepip"),
    (
        r"requires (a different )?[Pp]ython|Requires-Python|is not compatible|not satisfied by Python",
        "use the Python that the project asks for: uv venv --python VERSION .venv",
    ),
    (
        r"Python\.h|fatal error: .*\.h|error: command '.*(gcc|cc|clang)|linker `?cc`? not found",
        "apt-get install build-essential python3-dev, and the library whose header is named",
    ),
    (r"pg_config|mysql_config", "apt-get install libpq-dev, or default-libmysqlclient-dev for MySQL"),
    (
        (
            r"Could not resolve|Temporary failure in name resolution|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|Network is unreachable"
            r"|dns error|Connection refused|Failed to fetch|error sending request"
        ),
        "check the network, or the address of the package index",
    ),
    (r"certificate|SSL", "check the clock and the certificates of this machine"),
    (
        r"No matching distribution|No solution found|ResolutionImpossible|ERESOLVE|ETARGET|not found in the package registry",
        "check the names and versions in the manifest: no set of versions meets all of them",
    ),
    (r"EACCES|Permission denied", "see who owns the project's folder: ls -ld . .venv node_modules"),
    (
        r"lock ?file.*(out of (date|sync)|needs to be updated)|can only install packages when your package.json",
        "write the lock file anew: uv lock, poetry lock or npm install",
    ),
)


def advice(tail: Sequence[str]) -> str:
    """Return what to try for the last lines of a failed step."""
    text = "\n".join(tail)
    return next((told for pattern, told in _ADVICE if re.search(pattern, text)), "read the log's last lines")
