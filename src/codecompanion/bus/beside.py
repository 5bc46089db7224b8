"""Jobs that run beside what is done within a context."""

from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import anyio

Job = Callable[..., Coroutine[Any, Any, None]]


@asynccontextmanager
async def beside(*jobs: Job, first: Job | None = None) -> AsyncGenerator[None]:
    """Run jobs while the context is open, and cancel them then. An error from within goes through as it is, in no group.

    `first` has said that it has started, by its `task_status`, before the context is entered.
    """
    failure: Exception | None = None
    async with anyio.create_task_group() as tasks:
        if first is not None:
            await tasks.start(first)
        for job in jobs:
            tasks.start_soon(job)
        try:
            yield
        except Exception as error:  # noqa: BLE001 - raised again outside, where the task group does not wrap it
            failure = error
        finally:
            tasks.cancel_scope.cancel()
    if failure is not None:
        raise failure
