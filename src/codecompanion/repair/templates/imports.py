"""Imports that are missing."""

import ast
import sys
from collections.abc import Iterator

from codecompanion.repair.source import Edit
from codecompanion.repair.templates.site import Proposal, Site

HOMES = {
    "collections": "Counter OrderedDict defaultdict deque namedtuple ChainMap",
    "collections.abc": "Iterable Iterator Mapping MutableMapping Sequence Callable Hashable",
    "contextlib": "contextmanager suppress closing ExitStack redirect_stdout",
    "copy": "deepcopy",
    "dataclasses": "dataclass field replace asdict",
    "datetime": "date datetime timedelta timezone",
    "decimal": "Decimal ROUND_HALF_UP",
    "enum": "Enum IntEnum auto",
    "fractions": "Fraction",
    "functools": "partial reduce wraps lru_cache cached_property total_ordering cmp_to_key",
    "heapq": "heappush heappop heapify nlargest nsmallest",
    "io": "StringIO BytesIO",
    "itertools": "chain islice product permutations combinations groupby count cycle repeat accumulate takewhile zip_longest",
    "math": "sqrt floor ceil inf pi gcd log prod isclose",
    "operator": "itemgetter attrgetter",
    "pathlib": "Path PurePath PurePosixPath",
    "string": "ascii_letters ascii_lowercase ascii_uppercase digits punctuation",
    "types": "SimpleNamespace MappingProxyType",
    "typing": "Any Optional Union NamedTuple TypeVar cast overload",
    "uuid": "uuid4 UUID",
    "warnings": "warn",
}
FOUND_IN = {name: module for module, names in HOMES.items() for name in names.split()}


def missing(site: Site) -> Iterator[Proposal]:
    """A name that is bound nowhere in the file, imported: as the project's other files do it, or from where it usually is."""
    for node in site.of(ast.Name):
        assert isinstance(node, ast.Name)
        if node.id not in site.scope.index.bound and not site.scope.index.imports_all:
            for text, weight in _imports(site, node.id):
                yield Proposal(_after_imports(site, text), weight)


def _imports(site: Site, name: str) -> Iterator[tuple[str, float]]:
    yield from ((text, 2.0) for text in site.scope.project.imports.get(name, ()))
    if name in sys.stdlib_module_names:
        yield f"import {name}", 1.0
    if name in FOUND_IN:
        yield f"from {FOUND_IN[name]} import {name}", 1.0
    yield from ((f"from {module} import {name}", 1.0) for module in site.scope.project.homes.get(name, ()))


def _after_imports(site: Site, text: str) -> Edit:
    """Return an edit that adds a line after the file's last import, or else after its docstring."""
    body = site.source.tree.body
    imports = [node for node in body if isinstance(node, ast.Import | ast.ImportFrom)]
    if imports:
        end = site.source.span(imports[-1])[1]
        return Edit(end, end, f"\n{text}")
    if ast.get_docstring(site.source.tree) is not None:
        end = site.source.span(body[0])[1]
        return Edit(end, end, f"\n\n{text}\n")
    return Edit(0, 0, f"{text}\n\n\n")
