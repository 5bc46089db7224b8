"""Shows what would be sent to a model first, and what that would cost: of runs and of agents alike."""

import json
from dataclasses import asdict

from codecompanion.cli.failure import say, text_of
from codecompanion.cli.harmless import harmless
from codecompanion.cli.options import OutputFormat, print_json
from codecompanion.cli.screen import open_screen
from codecompanion.domain.events import RunFailed
from codecompanion.domain.team import is_teams
from codecompanion.ports import RepositoryState
from codecompanion.runs.dry_run import FirstRequest, first_request
from codecompanion.runs.refusal import error_result
from codecompanion.runs.starting import Ask, checked_objective, model_of_run
from codecompanion.wiring import App


async def show_plan(app: App, ask: Ask, repository: RepositoryState, wanted: OutputFormat) -> int:
    """Show how a run would be done: the builtin mind's view of the project, or the first request to a model."""
    settings = app.settings
    if is_teams(await model_of_run(app, checked_objective(ask.objective))):
        return await _show_request(app, ask, repository, wanted)
    profile = await app.detector.profile(
        repository.root, home=repository.root, python=settings.python, test_command=settings.test_command
    )
    if wanted is OutputFormat.TEXT:
        print(json.dumps(profile.model_dump(mode="json", exclude_none=True), indent=2))
        say("dry run: nothing was executed and nothing was changed; a run would cost $0.00")
    else:
        print_json({"schema_version": 1, "type": "dry_run", "profile": profile.model_dump(mode="json"), "cost_usd": 0.0})
    return 0


async def _show_request(app: App, ask: Ask, repository: RepositoryState, wanted: OutputFormat) -> int:
    with open_screen("dry run", quiet=wanted is not OutputFormat.TEXT, stream_json=False) as screen:
        request = await first_request(app, ask, repository, await app.sandbox(), screen.hearing)
    return show_first_request(request, as_json=wanted is not OutputFormat.TEXT)


def show_first_request(request: FirstRequest | RunFailed | None, *, as_json: bool) -> int:
    """Show it, or that nothing would be sent (None), or why the run would fail before; return the exit code."""
    if isinstance(request, RunFailed):
        return _show_failure(request, as_json=as_json)
    if as_json:
        print_json({"schema_version": 1, "type": "dry_run", "request": None if request is None else asdict(request)})
    elif request is None:
        say("dry run: nothing would be sent, there is nothing to do")
    else:
        print(harmless(request.text))
        usual, worst = ("unknown" if usd is None else f"${usd:.4f}" for usd in (request.usual_usd, request.worst_usd))
        say(
            f"dry run: nothing was sent. This is the first of several requests to {request.model}: about"
            f" {request.input_tokens:,} tokens, {usual} without the answer; at most {worst} would be set aside for it"
        )
    return 0


def _show_failure(failure: RunFailed, *, as_json: bool) -> int:
    said = (failure.code, failure.what, failure.cause, failure.fix)
    say(text_of(*said))
    if as_json:
        print_json(error_result(*said, failure.exit_code))
    return failure.exit_code
