"""Which modules the project's Python files import, where, and for what kind of file."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from codecompanion.safe_open import read_file
from codecompanion.workspace.retrieval.kinds import Kind, kind_of
from codecompanion.workspace.tidying.modules import Module, parse

LARGEST_BYTES = 1024**2


@dataclass(frozen=True, slots=True)
class Use:
    """The first import of a top-level module. It is `optional` under `try ... except ImportError` and the like."""

    module: str
    path: str
    line: int
    optional: bool


@dataclass(frozen=True, slots=True)
class Usage:
    """The modules that are imported by sources, and by everything else: tests, documents, scripts. Unread files are counted."""

    sources: dict[str, Use]
    others: dict[str, Use]
    unread: tuple[str, ...]


def python_files(root: Path, paths: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    """Yield the Python files that can be read, without links."""
    for path in paths:
        if path.endswith(".py"):
            try:
                content = read_file(root, path, most_bytes=LARGEST_BYTES)
            except OSError:
                continue
            yield path, content


def usage(root: Path, paths: Sequence[str], roots: Sequence[str], say: Callable[[str], None]) -> Usage:
    """Return what the Python files import, without the project's own modules."""
    parsed, unread = list[Module](), list[str]()
    for count, (path, content) in enumerate(python_files(root, paths), 1):
        module = parse(path, content, roots)
        if module is None:
            unread.append(path)
        else:
            parsed.append(module)
        if count % 2000 == 0:
            say(f"reading imports: {count} files")
    ours = {module.name.partition(".")[0] for module in parsed}
    beside = _beside(parsed)
    sources, others = dict[str, Use](), dict[str, Use]()
    for module in parsed:
        uses = sources if _is_source(module) else others
        for use in _uses(module, ours | beside[module.path.rpartition("/")[0]]):
            known = uses.get(use.module)
            if known is None or (known.optional and not use.optional):
                uses[use.module] = use
    return Usage(sources, others, tuple(unread))


def _is_source(module: Module) -> bool:
    return not module.is_test and kind_of(module.path) is Kind.SOURCE


def _beside(modules: Sequence[Module]) -> dict[str, set[str]]:
    # A file that is run as a script imports those beside it by their names.
    found: dict[str, set[str]] = {}
    for module in modules:
        folder, _, name = module.path.rpartition("/")
        found.setdefault(folder, set()).add(name.removesuffix(".py"))
    return found


def _uses(module: Module, ours: set[str]) -> Iterator[Use]:
    for one in module.imports:
        if one.top and one.top not in ours:
            yield Use(one.top, module.path, one.line, one.optional)
