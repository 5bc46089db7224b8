"""Known vulnerabilities, asked of the auditors that are installed here. They use the network: we have no data of our own."""

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread

from codecompanion.agents.maintenance.desk import Desk
from codecompanion.agents.maintenance.report import Noted, Ran
from codecompanion.domain.secret_shapes import without_secrets
from codecompanion.safe_open import read_file
from codecompanion.workspace.project_files import table

LIMIT_S = 90.0
_SHOWN_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Auditor:
    """A program that knows vulnerabilities, and whose packages it looks at."""

    whose: str
    program: str
    args: tuple[str, ...]


async def vulnerability_findings(desk: Desk, site_packages: Sequence[Path]) -> tuple[list[Noted], list[str]]:
    """Return the known vulnerabilities, and what was not checked and why."""
    found, not_checked = list[Noted](), list[str]()
    for auditor in _auditors(desk, site_packages):
        listed, why = await _ask(desk, auditor)
        found += listed
        not_checked += [f"known vulnerabilities of {auditor.whose} packages: {auditor.program} {why}"] if why else []
    if desk.files.has("package.json") and not desk.files.has("package-lock.json"):
        not_checked.append("known vulnerabilities of Node packages: no package-lock.json says which versions are used")
    return found, not_checked


def _auditors(desk: Desk, site_packages: Sequence[Path]) -> Iterator[Auditor]:
    if site_packages:
        paths = [part for folder in site_packages for part in ("--path", str(folder))]
        yield Auditor("Python", "pip-audit", ("--format", "json", "--progress-spinner", "off", *paths))
    if desk.files.has("package-lock.json"):
        yield Auditor("Node", "npm", ("audit", "--json"))


async def _ask(desk: Desk, auditor: Auditor) -> tuple[list[Noted], str]:
    """Return what an auditor found, and why nothing was checked, "" when it was."""
    path = shutil.which(auditor.program, path=desk.environ.get("PATH"))
    if path is None:
        return [], "is not installed"
    desk.say(f"asking {auditor.program} (it uses the network)")
    elapsed, said, code = desk.stopwatch(), b"", None
    with anyio.move_on_after(LIMIT_S):
        # In a folder of ours, so that no file of the project is configuration for it.
        done = await anyio.run_process(
            [path, *auditor.args], check=False, cwd=await _folder(desk), env=without_secrets(desk.environ)
        )
        said, code = done.stdout or done.stderr, done.returncode
    desk.ran.append(Ran(argv=(auditor.program, *auditor.args), exit_code=code, seconds=round(elapsed(), 3)))
    answer = _parsed(said)
    listed = [*_of_pip_audit(answer), *_of_npm(answer)]
    return listed, _why(answer, said, code) if answer is None or (not listed and code != 0) else ""


async def _folder(desk: Desk) -> Path:
    folder = anyio.Path(desk.scratch / "audit")
    await folder.mkdir(exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        if desk.files.has(name):
            content = await anyio.to_thread.run_sync(partial(read_file, desk.root, name, links=True))
            await (folder / name).write_bytes(content)
    return Path(folder)


def _parsed(said: bytes) -> Mapping[str, Any] | None:
    try:
        answer = json.loads(said)
    except (ValueError, RecursionError):
        return None
    return table({"answer": answer}, "answer")


def _why(answer: Mapping[str, Any] | None, said: bytes, code: int | None) -> str:
    if code is None:
        return f"did not answer within {LIMIT_S:g} s"
    told = str(table(answer or {}, "error").get("summary") or (answer or {}).get("message") or "")
    last = told or next(reversed(said.decode(errors="replace").strip().splitlines()), "it was silent")
    return f"failed (exit code {code}): {last[:_SHOWN_CHARACTERS]}"


def _of_pip_audit(answer: Mapping[str, Any] | None) -> Iterator[Noted]:
    listed: list[Any] = (answer or {}).get("dependencies") or []
    for entry in listed if isinstance(answer, dict) else []:
        told = table({"entry": entry}, "entry")
        vulnerabilities: list[Any] = told.get("vulns") or []
        for vulnerability in vulnerabilities:
            fixed = ", ".join(map(str, vulnerability.get("fix_versions") or ()))
            what = f"{told.get('name')} {told.get('version')} has the known vulnerability {vulnerability.get('id')}"
            fix = f"upgrade {told.get('name')} to {fixed}" if fixed else "no version mends it yet"
            yield Noted(severity="error", what=what, where=str(told.get("name")), fix=fix)


def _of_npm(answer: Mapping[str, Any] | None) -> Iterator[Noted]:
    for name, told in table(answer or {}, "vulnerabilities").items():
        what = f"{name} {told.get('range', '')} has known vulnerabilities ({told.get('severity')})"
        severity = "error" if told.get("severity") in ("high", "critical") else "warning"
        yield Noted(severity=severity, what=what, where=name, fix="npm audit fix")
