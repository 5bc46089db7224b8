"""Which tests a model asks for."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Selection:
    """Some of the tests: ids, files or folders, None for all; `name` is what the model reads."""

    only: tuple[str, ...] | None
    name: str

    def holds(self, test_id: str) -> bool:
        """Whether a test is asked for."""
        return self.only is None or any(_stands_for(asked, test_id) for asked in self.only)


def asked_for(names: Sequence[str]) -> Selection:
    """Return the selection of tests by their ids, or by the files and folders they are in."""
    only = tuple(dict.fromkeys(name.strip().removeprefix("./").rstrip("/") for name in names if name.strip()))
    return Selection(only, f"{', '.join(only[:3])}{' and others' if only[3:] else ''}")


def _stands_for(asked: str, test_id: str) -> bool:
    return test_id == asked or test_id.startswith((f"{asked}::", f"{asked}[", f"{asked}/", f"{asked}."))


def file_of(test_id: str, files: Collection[str]) -> str | None:
    """Return which of some files holds a test; None when none does. A unittest's id begins with its module's name."""
    path = test_id.partition("::")[0]
    if path in files:
        return path
    module = test_id.partition("[")[0]
    return next((file for file in files if _is_module(file, module)), None)


def _is_module(file: str, module: str) -> bool:
    parts = file.removesuffix(".py").split("/")
    return any(f"{module}.".startswith(f"{'.'.join(parts[start:])}.") for start in range(len(parts)))
