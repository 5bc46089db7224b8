"""package.json beside the imports of the project's JavaScript and TypeScript, by reading alone."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from codecompanion.agents.maintenance.report import Noted
from codecompanion.safe_open import read_file
from codecompanion.workspace.project_files import ProjectFiles, table
from codecompanion.workspace.retrieval.files import read_text
from codecompanion.workspace.retrieval.kinds import Kind, kind_of
from codecompanion.workspace.retrieval.languages import Language, language_of
from codecompanion.workspace.retrieval.outline import imported_names

_SCRIPTS = (Language.JAVASCRIPT, Language.TYPESCRIPT, Language.TSX)
_BUILT_IN = frozenset(
    (
        *("assert", "async_hooks", "buffer", "child_process", "cluster", "console", "constants", "crypto", "dgram", "dns"),
        *("diagnostics_channel", "domain", "events", "fs", "http", "http2", "https", "inspector", "module", "net", "os"),
        *("path", "perf_hooks", "process", "punycode", "querystring", "readline", "repl", "stream", "string_decoder", "sys"),
        *("timers", "tls", "trace_events", "tty", "url", "util", "v8", "vm", "wasi", "worker_threads", "zlib"),
    )
)
_NAME = re.compile(r"^(@[a-z0-9~-][\w.~-]*/)?[a-z0-9~-][\w.~-]*$")
_ALIAS = re.compile(r"^[@~#$]/")


def node_findings(files: ProjectFiles) -> tuple[list[Noted], list[str]]:
    """Return what package.json and the imports hold against each other, and facts; nothing without one that can be read."""
    package = files.json("package.json")
    if not package:
        return [], []
    main, dev = table(package, "dependencies"), table(package, "devDependencies")
    peers = {**table(package, "peerDependencies"), **table(package, "optionalDependencies")}
    uses = dict(_uses(files))
    facts = [f"package.json: {len(main)} dependencies, {len(dev)} for development; {len(uses)} packages are imported"]
    found = [
        *_undeclared(uses, {**main, **peers}, dev, package),
        *_unused(files, uses, main, package),
        *_twice(main, dev),
        *_any_version({**main, **dev}),
        *_out_of_step(files, main, dev),
    ]
    return found, facts


def _uses(files: ProjectFiles) -> Iterator[tuple[str, tuple[str, bool]]]:
    """Yield the imported packages, each with the first file and whether a source imports it; a source's word comes last."""
    found: dict[str, tuple[str, bool]] = {}
    for path in files.paths:
        language = language_of(path)
        if language not in _SCRIPTS or kind_of(path) is Kind.COPY:
            continue
        text = read_text(files.root, path) or ""
        is_source = kind_of(path) is Kind.SOURCE
        for name in filter(None, map(package_of, imported_names(text, language))):
            if name not in found or (is_source and not found[name][1]):
                found[name] = (path, is_source)
    yield from sorted(found.items())


def package_of(imported: str) -> str:
    """Return the package that an import asks for; "" for the project's own files, aliases and what Node brings."""
    if imported.startswith((".", "/", "node:", "bun:")) or ":" in imported or _ALIAS.match(imported):
        return ""
    parts = imported.split("/")
    name = "/".join(parts[:2]) if imported.startswith("@") else parts[0]
    return name if _NAME.match(name) and name not in _BUILT_IN else ""


def _undeclared(
    uses: Mapping[str, tuple[str, bool]], main: Mapping[str, Any], dev: Mapping[str, Any], package: Mapping[str, Any]
) -> Iterator[Noted]:
    for name, (path, is_source) in uses.items():
        typed = f"@types/{name.lstrip('@').replace('/', '__')}"
        if name in main or name == package.get("name") or (name in dev) or typed in dev:
            continue
        severity = "error" if is_source else "warning"
        fix = f"npm install {'' if is_source else '--save-dev '}{name}"
        yield Noted(severity=severity, what=f"{name} is imported and not in package.json", where=path, fix=fix)


def _unused(
    files: ProjectFiles, uses: Mapping[str, tuple[str, bool]], main: Mapping[str, Any], package: Mapping[str, Any]
) -> Iterator[Noted]:
    scripts = " ".join(str(script) for script in table(package, "scripts").values())
    config = " ".join(files.text(path) for path in files.paths if "/" not in path and _is_config(path))
    for name in main:
        if name not in uses and name not in scripts and name not in config:
            what = f"{name} is a dependency and never imported"
            yield Noted(
                severity="warning",
                what=what,
                where="package.json",
                fix=f"npm uninstall {name}, unless it is loaded by its name",
            )


def _is_config(path: str) -> bool:
    return ".config." in Path(path).name or Path(path).name.startswith(".") or path.endswith((".html", "tsconfig.json"))


def _twice(main: Mapping[str, Any], dev: Mapping[str, Any]) -> Iterator[Noted]:
    for name in sorted(main.keys() & dev.keys()):
        what = f"{name} is in dependencies ({main[name]}) and in devDependencies ({dev[name]})"
        yield Noted(severity="warning", what=what, where="package.json", fix=f"remove {name} from one of them")


def _any_version(asked: Mapping[str, Any]) -> Iterator[Noted]:
    for name, demand in asked.items():
        if demand in ("*", "latest", "", "x"):
            what = f"any version of {name} will do, also one that breaks it"
            yield Noted(severity="warning", what=what, where="package.json", fix=f"npm install {name}   writes a range")


def _out_of_step(files: ProjectFiles, main: Mapping[str, Any], dev: Mapping[str, Any]) -> Iterator[Noted]:
    if not files.has("package-lock.json"):
        return
    locked = table(_lock(files.root), "packages", "")
    if not locked:
        return  # of before npm 7: it does not keep what was asked for
    for asked, key in ((main, "dependencies"), (dev, "devDependencies")):
        differing = _differing(asked, table(locked, key))
        for name in differing:
            what = f"package.json and the lock file do not agree on {name}"
            yield Noted(severity="error", what=what, where="package-lock.json", fix="npm install   brings it up to date")


def _differing(asked: Mapping[str, Any], locked: Mapping[str, Any]) -> Sequence[str]:
    return sorted(name for name in {*asked, *locked} if asked.get(name) != locked.get(name))


def _lock(root: Path) -> Mapping[str, Any]:
    try:
        told = json.loads(read_file(root, "package-lock.json", links=True).decode(errors="replace"))
    except (OSError, ValueError, RecursionError):
        return {}
    return table({"told": told}, "told")
