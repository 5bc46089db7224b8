"""Say what this interpreter is and which distributions are installed in it.

The answer on standard output is a JSON object: `environment` (the variables of environment markers), `standard` (the modules
of the standard library) and `distributions` (a list of `name`, `version`, `licence`, `modules`, `commands`, `plugin`).
"""

from __future__ import annotations

import json
import os
import platform
import sys
from importlib import metadata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

CLASSIFIER = "License :: "


def main() -> None:
    """Answer."""
    seen: dict[str, dict[str, object]] = {}
    for distribution in metadata.distributions():
        name = distribution.metadata["Name"]
        if name and name not in seen:  # the first on the path is the one that is imported
            seen[name] = described(name, distribution)
    standard = sorted(getattr(sys, "stdlib_module_names", ()))
    json.dump({"environment": environment(), "standard": standard, "distributions": list(seen.values())}, sys.stdout)


def environment() -> dict[str, str]:
    """Return what markers ask for (PEP 508)."""
    version = sys.implementation.version
    return {
        "implementation_name": sys.implementation.name,
        "implementation_version": ".".join(map(str, version[:3])),
        "os_name": os.name,
        "platform_machine": platform.machine(),
        "platform_python_implementation": platform.python_implementation(),
        "platform_release": platform.release(),
        "platform_system": platform.system(),
        "platform_version": platform.version(),
        "python_full_version": platform.python_version(),
        "python_version": ".".join(map(str, sys.version_info[:2])),
        "sys_platform": sys.platform,
    }


def described(name: str, distribution: metadata.Distribution) -> dict[str, object]:
    """Return what is to be known of a distribution."""
    groups = {point.group for point in distribution.entry_points}
    return {
        "name": name,
        "version": distribution.version or "",
        "licence": licence(distribution),
        "modules": modules(distribution),
        "commands": sorted(set(commands(distribution))),
        "plugin": bool(groups - {"console_scripts", "gui_scripts"}),
    }


def commands(distribution: metadata.Distribution) -> Iterator[str]:
    """Yield the programs that a distribution brings, scripts or not."""
    yield from (point.name for point in distribution.entry_points if point.group == "console_scripts")
    yield from (file.name for file in distribution.files or () if file.parts[0] == ".." and "bin" in file.parts)


def licence(distribution: metadata.Distribution) -> str:
    """Return the licence by expression, by classifier or by the first line of the old field; "" when nothing says it."""
    told = distribution.metadata
    if "License-Expression" in told:
        return str(told["License-Expression"])
    classified = [str(line)[len(CLASSIFIER) :] for line in told.get_all("Classifier") or () if str(line).startswith(CLASSIFIER)]
    if classified:
        return ", ".join(line.rpartition(" :: ")[2] for line in classified)
    lines = str((told.get_all("License") or [""])[0]).strip().splitlines()
    return lines[0][:80] if lines and lines[0] != "UNKNOWN" else ""


def modules(distribution: metadata.Distribution) -> list[str]:
    """Return the top-level modules that a distribution says it brings, or that its files are."""
    names = {name for name in (distribution.read_text("top_level.txt") or "").split() if "/" not in name}
    for file in distribution.files or () if not names else ():
        top = file.parts[0].partition(".")[0]
        if file.suffix in (".py", ".so") and top.isidentifier():
            names.add(top)
    return sorted(names)


if __name__ == "__main__":
    main()
