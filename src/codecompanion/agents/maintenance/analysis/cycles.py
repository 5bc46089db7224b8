"""Modules of Python that import each other in a circle while they are loaded."""

import ast
from collections.abc import Iterator, Mapping

from codecompanion.workspace.tidying.modules import Module

Loading = tuple[tuple[str, str], ...]
"""What a module imports while it is loaded: pairs of a module and what is taken from it, "" for the module itself."""

_LATER = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


def import_cycles(loadings: Mapping[str, Loading]) -> list[tuple[str, ...]]:
    """Return the groups of modules each of which is loaded by every other, the largest first; names in order."""
    graph = {name: frozenset(_known(loading, loadings)) - {name} for name, loading in loadings.items()}
    groups = [tuple(sorted(group)) for group in _strongly_connected(graph) if len(group) > 1]
    return sorted(groups, key=lambda group: (-len(group), group))


def loading_of(module: Module) -> Loading:
    """Return what a module imports while it is loaded.

    Imports within functions and for the type checker alone are not counted: they are how a circle is opened.
    """
    at_loading = {node.lineno for node in _at_loading(module.tree)}
    found = ((one.module, one.attribute) for one in module.imports if one.line in at_loading and not one.optional)
    return tuple(dict.fromkeys(found))


def _known(loading: Loading, loadings: Mapping[str, Loading]) -> Iterator[str]:
    for name, attribute in loading:
        deeper = f"{name}.{attribute}"
        if attribute and deeper in loadings:
            yield deeper
        elif name in loadings:
            yield name


def _at_loading(tree: ast.Module) -> Iterator[ast.Import | ast.ImportFrom]:
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        elif not isinstance(node, (*_LATER, ast.expr)):
            waiting.extend(ast.iter_child_nodes(node))


def _strongly_connected(graph: Mapping[str, frozenset[str]]) -> Iterator[set[str]]:
    """Yield the strongly connected components (Tarjan 1972), without recursion: chains of imports may be long."""
    index, low = dict[str, int](), dict[str, int]()
    stack, on_stack = list[str](), set[str]()
    for root in sorted(graph):
        work = [(root, iter(sorted(graph[root])))] if root not in index else []
        if work:
            index[root] = low[root] = len(index)
            stack.append(root)
            on_stack.add(root)
        while work:
            node, targets = work[-1]
            target = next((t for t in targets if t not in index or t in on_stack), None)
            if target is None:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    yield _popped(stack, on_stack, node)
            elif target in index:
                low[node] = min(low[node], index[target])
            else:
                index[target] = low[target] = len(index)
                stack.append(target)
                on_stack.add(target)
                work.append((target, iter(sorted(graph[target]))))


def _popped(stack: list[str], on_stack: set[str], until: str) -> set[str]:
    group = set[str]()
    while until not in group:
        group.add(stack.pop())
    on_stack -= group
    return group
