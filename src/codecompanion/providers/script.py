"""A script: answers that are written down, for the scripted model and for the dev server.

A script is a JSON file, a list of turns that are answered in their order:

    [{"text": "Hello."},
     {"tools": [{"name": "read_file", "args": {"path": "a.py"}}]},
     {"when": "failing tests", "text": "Because of an off-by-one.", "repeat": true}]

A turn with `when` waits for a request that holds these words; one with `repeat` is never used up. A text may be a list of its
lines.
"""

from pathlib import Path
from typing import Annotated, Any, Literal, Self, cast

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError

from codecompanion.domain.errors import BadInput, ModelUnavailable

FaultKind = Literal[
    "status",
    "slow",
    "drip",
    "stall",
    "truncate",
    "reset",
    "bad_json",
    "bad_utf8",
    "not_json",
    "empty_body",
    "huge_body",
    "huge_line",
    "packed",
    "short_body",
    "redirect",
    "error_event",
    "junk",
    "duplicate",
]


def _joined(text: Any) -> Any:
    lines: list[Any] = cast("list[Any]", text) if isinstance(text, list) else []
    is_text = bool(lines) and all(isinstance(line, str) for line in lines)
    return "\n".join(lines) if is_text else cast("Any", text)  # what is neither is for the field's own check


Lines = Annotated[str, BeforeValidator(_joined)]
"""A text, or the list of its lines."""


class Fault(BaseModel):
    """A way for the dev server to misbehave. The scripted model passes turns with one by.

    `status` with `headers` and `body` is an error response. `after` counts the pieces of a stream that come before the
    fault, None for before the response's head; `seconds` is how long the server is slow or stalls, or waits before each
    piece when it drips.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: FaultKind
    status: int = Field(default=500, ge=100, le=599)
    headers: dict[str, str] = Field(default_factory=dict)
    body: str | None = None
    after: int | None = Field(default=None, ge=0)
    seconds: float = Field(default=3600.0, ge=0)
    size: int = Field(default=100 * 1024**2, ge=1)
    location: str = "http://127.0.0.1:9/elsewhere"


class ToolUse(BaseModel):
    """A call of a tool. `args` as text goes out as it is, also when it is no JSON.

    `id` is the call's id, "" for one that differs from all others; Gemini's calls have none.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    args: dict[str, Any] | str = Field(default_factory=dict[str, Any])
    id: str = ""


class Tokens(BaseModel):
    """What an answer says it used; any number, also one that cannot be."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    input: int = 10
    output: int = 5
    cached: int = 0


class Turn(BaseModel):
    """One answer. `finish` is why it ends, `usage` what it says it used (None: nothing), `model` a model's name to give."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: Lines = ""
    tools: tuple[ToolUse, ...] = ()
    finish: Literal["stop", "length", "content_filter"] = "stop"
    usage: Tokens | None = Tokens()
    model: str | None = None
    when: str | None = None
    repeat: bool = False
    fault: Fault | None = None

    @property
    def pieces(self) -> list[str]:
        """The text in the pieces that a stream sends it in: words with the space after them."""
        words = self.text.split(" ")
        return [f"{word} " for word in words[:-1]] + words[-1:] if self.text else []


class Script:
    """Turns, and which of them are used up."""

    def __init__(self, turns: list[Turn]) -> None:
        self._turns = list(turns)
        self._given = 0

    @classmethod
    def read(cls, path: Path) -> Self:
        """Return the script in a file.

        Raises:
            BadInput: It cannot be read, or is no script.
        """
        try:
            return cls(_TURNS.validate_json(path.read_bytes()))
        except OSError as error:
            raise BadInput(f"the script {str(path)!r} cannot be read", cause=error.strerror or str(error)) from error
        except ValidationError as error:
            fault = error.errors(include_url=False)[0]
            where = ".".join(str(step) for step in fault["loc"]) or "the file"
            raise BadInput(
                f"{str(path)!r} is no script",
                cause=f"{where}: {fault['msg']}",
                fix="docs/PROVIDERS.md shows what a script looks like",
            ) from error

    def next_turn(self, request_text: str, *, faults: bool = True) -> Turn:
        """Return the turn that answers a request, and use it up unless it repeats.

        Args:
            request_text: What the turn's `when` must be in.
            faults: Whether turns with a fault count; a model without a wire cannot misbehave so.

        Raises:
            ModelUnavailable: No turn is left for it.
        """
        for turn in self._turns:
            if (faults or turn.fault is None) and (turn.when is None or turn.when in request_text):
                if not turn.repeat:
                    self._turns.remove(turn)
                self._given += 1
                return turn
        raise ModelUnavailable(
            "the script has no answer left", cause=f"{self._given} were given", fix="add a turn, or one with repeat"
        )


_TURNS: TypeAdapter[list[Turn]] = TypeAdapter(Annotated[list[Turn], Field(min_length=1)])
