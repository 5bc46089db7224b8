"""The entry point, and the one edge where errors become exit codes."""

import logging
import os
import sys
import traceback
from pathlib import Path
from typing import TextIO, cast

from codecompanion.cli.failure import show, show_interruption, stop_writing
from codecompanion.cli.invocation import LOG_FLAGS, Invocation, read_spoken
from codecompanion.cli.standard_streams import AnswerLost, HeardWriter, open_missing_streams, write_out_what_stdout_cannot_say
from codecompanion.domain.errors import BadInput, CodeCompanionError, EnvironmentBroken, first_leaf
from codecompanion.domain.exhaustion import exhausted_by
from codecompanion.observability.redacting_streams import RedactedWriter, RedactingFilter
from codecompanion.observability.redaction import Redactor

INTERRUPTED = 130


def main() -> None:
    """Run the command line and end the process with the exit code that docs/CLI.md lists."""
    open_missing_streams()
    write_out_what_stdout_cannot_say()
    sys.stdout = cast("TextIO", HeardWriter(sys.stdout))
    spoken = read_spoken(sys.argv[1:])
    redactor = Redactor.from_environ(os.environ)
    if redactor.drawn:
        sys.stdout, sys.stderr = _guarded(sys.stdout, redactor), _guarded(sys.stderr, redactor)
    handler = logging.StreamHandler() if spoken.debug else logging.NullHandler()
    handler.addFilter(RedactingFilter(redactor.text))
    logging.basicConfig(handlers=[handler])
    logging.captureWarnings(capture=True)  # a library's warning is for who looks for a fault, not for a user
    LOG_FLAGS.set({**({"log_level": "warning"} if spoken.debug else {}), **spoken.logs})
    sys.exit(_exit_code(spoken.rest or ["--help"], Invocation(debug=spoken.debug)))


def _guarded(stream: TextIO, redactor: Redactor) -> TextIO:
    return cast("TextIO", RedactedWriter(stream, redactor.exact, redactor.drawn))


def _exit_code(argv: list[str], invocation: Invocation) -> int:
    try:
        code = _answer(argv, invocation)
        sys.stdout.flush()
    except BrokenPipeError:
        stop_writing(sys.stdout)
        stop_writing(sys.stderr)
        return 1
    except OSError as error:
        stop_writing(sys.stdout)
        return show(EnvironmentBroken("the answer cannot be written to stdout", cause=str(error)), [], invocation)
    except KeyboardInterrupt:
        return INTERRUPTED
    return code


def _answer(argv: list[str], invocation: Invocation) -> int:
    try:
        # Here, so that an interruption while the verbs are loaded is answered like any other.
        from codecompanion.cli.verbs import obey

        return obey(argv, invocation)
    except (BrokenPipeError, AnswerLost):
        raise
    except KeyboardInterrupt:
        return show_interruption(argv, invocation, exit_code=INTERRUPTED)
    except Exception as error:
        if isinstance(leaf := first_leaf(error), AnswerLost):
            raise leaf from error
        if invocation.debug:
            traceback.print_exc()
        return show(_explained(error), argv, invocation)


def _explained(error: Exception) -> CodeCompanionError:
    if (spent := exhausted_by(error)) is not None:
        return spent
    if isinstance(error, CodeCompanionError):
        return error
    if isinstance(first_leaf(error), FileNotFoundError) and not _stands_somewhere():
        return BadInput(
            "the folder that this was called in does not exist any more",
            fix="change into one that does, with cd, and call again",
        )
    return CodeCompanionError(
        f"a fault of CodeCompanion: {first_leaf(error)!r}", fix="run it again with --debug and report what it prints"
    )


def _stands_somewhere() -> bool:
    try:
        Path.cwd()
    except FileNotFoundError:
        return False
    return True
