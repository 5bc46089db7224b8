"""Works on a run in this process and shows how far it is."""

import traceback
from collections.abc import Awaitable, Callable

import anyio

from codecompanion.cli.failure import say
from codecompanion.cli.invocation import Invocation
from codecompanion.cli.options import OutputFormat
from codecompanion.cli.person import TerminalPerson
from codecompanion.cli.result import show_result
from codecompanion.cli.screen import open_screen
from codecompanion.cli.weakness import warned_of_weakness
from codecompanion.domain.chat import is_chat
from codecompanion.domain.commands import PauseRun
from codecompanion.domain.errors import CodeCompanionError
from codecompanion.domain.state import Ended, Running
from codecompanion.ports import Sandbox
from codecompanion.runs.result import result_of
from codecompanion.wiring import App

Go = Callable[..., Awaitable[None]]
"""Works on a run: `runs.work.work` or `runs.resuming.resume`."""


async def work_on(app: App, sandbox: Sandbox, invocation: Invocation, wanted: OutputFormat, *, quiet: bool, go: Go) -> int:
    """Work on a run to its end or its pause, show how far it is and then its result, and return its exit code."""
    run_id = str(invocation.run_id)
    warned_of_weakness(sandbox)
    with open_screen(run_id, quiet=quiet, stream_json=wanted is OutputFormat.STREAM_JSON) as screen:
        try:
            await go(
                app,
                run_id,
                sandbox=sandbox,
                hearing=screen.hearing,
                on_event=screen.on_event,
                person=TerminalPerson(),
            )
        except CodeCompanionError:
            screen.ended()
            await _say_how_to_go_on(app, run_id)
            raise
        except Exception:
            if not await _has_ended(app, run_id):
                raise
            if invocation.debug:
                traceback.print_exc()
        except anyio.get_cancelled_exc_class():
            screen.ended()
            with anyio.CancelScope(shield=True):
                await _show_interrupted(app, invocation, wanted)
            raise
    return show_result(await result_of(app, run_id), invocation, wanted)


async def _say_how_to_go_on(app: App, run_id: str) -> None:
    state = (await app.orchestrator.load(run_id)).state
    if isinstance(state, Running) and state.paused and not is_chat(state):
        say(f"paused; go on with: codecompanion resume {run_id}")


async def _has_ended(app: App, run_id: str) -> bool:
    return isinstance((await app.orchestrator.load(run_id)).state, Ended)


async def _show_interrupted(app: App, invocation: Invocation, wanted: OutputFormat) -> None:
    run_id = str(invocation.run_id)
    ended = await _has_ended(app, run_id)
    if not ended:
        # It has paused by itself, unless it was interrupted before its first step.
        await app.orchestrator.handle(run_id, PauseRun("interrupted"), actor="user")
        say(f"paused; go on with: codecompanion resume {run_id}")
    if ended or wanted is not OutputFormat.TEXT:
        show_result(await result_of(app, run_id), invocation, wanted)
    invocation.told = True
