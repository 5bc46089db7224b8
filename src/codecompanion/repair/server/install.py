"""Put a candidate into a running process: swap the code of live functions, or serve a file's new text on import."""
# pyright: basic
# It handles what has no types: frames, code objects, items of a test framework that may be missing.

from __future__ import annotations

import gc
import importlib.machinery
import os
import sys
import types
import warnings
from typing import TYPE_CHECKING, Any

from .suite import real_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    Key = tuple[str, int, str]

FUTURE_FLAGS = 0xFF0000 | 0x1000000  # the compiler's flags of `from __future__` lines, as a code object carries them


class NotLive(Exception):
    """The candidate cannot be put in place here; it needs a fresh import. The server's own signal, not an error."""


class LiveCode:
    """The project's functions by the place where they are written. Build it after collection, before `gc.freeze`."""

    def __init__(self, root: str) -> None:
        self._functions = {}
        self._swapped = []
        inside = root + os.sep
        for thing in gc.get_objects():
            if type(thing) is types.FunctionType:
                path = real_path(thing.__code__.co_filename)
                if str(path).startswith(inside):
                    self._functions.setdefault(_key(thing.__code__), []).append(thing)

    def install(self, unit: dict[str, Any], code: types.CodeType) -> None:
        """Give all live copies of a function its new code, and living closures made by it theirs.

        Raises:
            NotLive: No copy is alive, or a living closure has other variables.
        """
        found = self._functions.get((unit["path"], unit["line"], unit["names"][-1]))
        if not found:
            raise NotLive
        old = found[0].__code__
        if old.co_freevars != code.co_freevars:
            raise NotLive
        self._swap(found, code)
        for before, after in _nested_pairs(old, code):
            alive = self._functions.get(_key(before), [])
            if alive and before.co_freevars != after.co_freevars:
                raise NotLive
            self._swap(alive, after)

    def restore(self) -> None:
        """Give every function its original code back."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            while self._swapped:
                function, code = self._swapped.pop()
                function.__code__ = code

    def function(self, unit: dict[str, Any]) -> Any:
        """Return a live copy of a function, None when there is none."""
        found = self._functions.get((unit["path"], unit["line"], unit["names"][-1]))
        return found[0] if found else None

    def globals_of(self, unit: dict[str, Any]) -> dict[str, Any]:
        """Return the globals of a live function, or {}."""
        return getattr(self.function(unit), "__globals__", {})

    def install_defaults(self, unit: dict[str, Any], made: Any) -> None:
        """Give all live copies of a function the defaults of a new one."""
        for function in self._functions[unit["path"], unit["line"], unit["names"][-1]]:
            function.__defaults__, function.__kwdefaults__ = made.__defaults__, made.__kwdefaults__

    def _swap(self, functions: list[Any], code: types.CodeType) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for function in functions:
                if function.__code__.co_freevars == code.co_freevars:
                    self._swapped.append((function, function.__code__))
                    function.__code__ = code


def _key(code: types.CodeType) -> Key:
    return real_path(code.co_filename), code.co_firstlineno, code.co_name


def _children(code: types.CodeType) -> Iterator[types.CodeType]:
    return (const for const in code.co_consts if isinstance(const, types.CodeType))


def _nested_pairs(old: types.CodeType, new: types.CodeType) -> Iterator[tuple[types.CodeType, types.CodeType]]:
    """Pair the functions inside two versions of a function by name and order."""
    after = list(_children(new))
    for before in _children(old):
        match = next((code for code in after if code.co_name == before.co_name), None)
        if match is not None:
            after.remove(match)
            yield before, match
            yield from _nested_pairs(before, match)


def compile_unit(unit: dict[str, Any], flags: int) -> tuple[types.CodeType, types.CodeType]:
    """Return the code of a unit's shell (the function inside its classes, nothing else) and the function's own.

    Raises:
        SyntaxError: The candidate does not compile.
        NotLive: The function cannot be found in what was compiled.
    """
    shell = compile(unit["source"], unit["path"], "exec", flags=flags & FUTURE_FLAGS, dont_inherit=True)
    code = shell
    for name in unit["names"]:
        code = next((inner for inner in _children(code) if inner.co_name == name), None)
        if code is None:
            raise NotLive
    return shell, code


def digest(code: types.CodeType) -> Any:
    """Return a hashable value that is equal for code that does the same."""
    consts = tuple(
        digest(const) if isinstance(const, types.CodeType) else (type(const).__name__, repr(const)) for const in code.co_consts
    )
    return code.co_code, consts, code.co_names, code.co_varnames, code.co_freevars, code.co_flags


def new_function(shell: types.CodeType, names: list[str], namespace: dict[str, Any]) -> Any:
    """Run a shell in a copy of the module's namespace and return the function it defines.

    Raises:
        NotLive: Its default values need something that only the real module has.
    """
    space = dict(namespace)
    try:
        exec(shell, space)  # noqa: S102 - the candidate runs here or nowhere; this is the caged child
        made = space[names[0]]
        for name in names[1:]:
            made = vars(made)[name]
    except Exception as error:
        raise NotLive from error
    return getattr(made, "__func__", made)


def serve_on_import(files: dict[str, str]) -> None:
    """Make later imports see new texts for some files.

    Raises:
        NotLive: One of them is loaded already.
    """
    loaded = {real_path(module.__file__) for module in list(sys.modules.values()) if getattr(module, "__file__", None)}
    if loaded.intersection(files):
        raise NotLive
    original = importlib.machinery.SourceFileLoader.get_code

    def get_code(loader: Any, fullname: str) -> Any:
        path = os.path.realpath(loader.path)
        if path in files:
            return compile(files[path], loader.path, "exec", dont_inherit=True)
        return original(loader, fullname)

    importlib.machinery.SourceFileLoader.get_code = get_code  # pyright: ignore[reportAttributeAccessIssue] - its self is named otherwise
