"""Shows what would be sent to a model first, and what that would cost: of runs and of agents alike."""

from dataclasses import asdict

from codecompanion.cli.failure import say, text_of
from codecompanion.cli.harmless import harmless
from codecompanion.cli.options import print_json
from codecompanion.domain.events import RunFailed
from codecompanion.runs.dry_run import FirstRequest
from codecompanion.runs.refusal import error_result


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
