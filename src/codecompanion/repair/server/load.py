"""Collect the project's tests with the framework that it uses."""
# pyright: basic
# It handles what has no types: frames, code objects, items of a test framework that may be missing.

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from .suite import Suite
    from .wire import Message


def run_suite(config: Message, args: list[str], serve: Callable[[Suite], None]) -> str:
    """Collect with the project's runner; return why that was not possible, or ""."""
    if config["runner"] == "unittest":
        from .unittest_suite import run_unittest  # noqa: PLC0415 - only one of the two can be imported everywhere

        return run_unittest(args, serve)
    from .pytest_suite import run_pytest  # noqa: PLC0415 - as above

    return run_pytest(args, serve)
