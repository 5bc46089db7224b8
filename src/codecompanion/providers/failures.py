"""What went wrong with a call, in the eight categories, each with a sentence that a user can act on.

SDKs let many errors through: their own, the HTTP client's, a JSON decoder's. Whatever is not recognised is `unknown`.
"""

from dataclasses import dataclass
from typing import cast

import httpx2
from pydantic_ai import exceptions as pai

from codecompanion.domain.errors import FailureCategory, ModelCallFailed
from codecompanion.providers.printable import printable
from codecompanion.providers.wire_errors import AddressRefused, NotAnAnswer, RedirectRefused, ResponseTooLarge

LONGEST_CAUSE = 400
REQUEST_TIMEOUT, CONFLICT, TOO_EARLY = 408, 409, 425


@dataclass(frozen=True, slots=True)
class Failure:
    """How one request failed. `transient` is whether the same request may succeed later: it speaks of the model, not of it."""

    category: FailureCategory
    what: str
    cause: str
    fix: str
    transient: bool = False
    retry_after_s: float | None = None

    def as_error(self, model: str, *, attempts: int) -> ModelCallFailed:
        """Return the error that a caller gets after `attempts` requests."""
        sent = f", {attempts} requests were sent" if attempts > 1 else ""
        return ModelCallFailed(
            f"{model} {self.what} ({self.category}{sent})",
            category=self.category,
            cause=self.cause,
            fix=self.fix,
            attempts=attempts,
            retry_after_s=self.retry_after_s,
        )


class IncompleteAnswer(pai.ModelAPIError):
    """An answer without its end, or without anything in it."""


def failure_of(error: Exception) -> Failure:
    """Return what an error of a call means."""
    chain = chain_of(error)
    rule = _rule_for(chain)
    return Failure(
        rule.category,
        rule.what,
        _cause(next((link for link in chain if isinstance(link, rule.errors)), error), chain),
        rule.fix,
        transient=rule.transient or _is_transient_status(chain),
        retry_after_s=next((link.retry_after for link in chain if isinstance(link, pai.ModelAPIError)), None),
    )


def chain_of(error: BaseException) -> list[BaseException]:
    """Return an error and what it came from, in turn."""
    chain: list[BaseException] = []
    link: BaseException | None = error
    while link is not None and link not in chain:
        chain.append(link)
        link = link.__cause__ or link.__context__
    return chain


def circuit_open(wait_s: float) -> Failure:
    """Return the failure of a request that was not sent because the model is left alone."""
    return Failure(
        FailureCategory.CIRCUIT_OPEN,
        "is left alone for a while: it failed too often in a row",
        "",
        f"wait {max(wait_s, 1):.0f} s, or use another model",
        retry_after_s=wait_s,
    )


@dataclass(frozen=True, slots=True)
class _Rule:
    errors: tuple[type[Exception], ...]
    category: FailureCategory
    what: str
    fix: str
    transient: bool = False


_UNKNOWN = _Rule(
    (),
    FailureCategory.UNKNOWN,
    "sent something that is no answer",
    "try again; if it stays, use another model, or check the base URL",
    transient=True,
)

_TOO_LONG = _Rule(
    (pai.ModelContextWindowExceededError,),
    FailureCategory.INVALID_REQUEST,
    "cannot read a prompt this long",
    "use a model with a larger context, or start your own server with a larger one (Ollama: num_ctx, llama.cpp: --ctx-size)",
)
_NO_TOOLS = _Rule(
    (pai.ModelRequestRejectedError,),
    FailureCategory.INVALID_REQUEST,
    "cannot call tools, and agents work with them",
    "use a model that can, or start your own server so that it can (vLLM: --enable-auto-tool-choice and --tool-call-parser)",
)
_BY_WORDS = (
    (("exceeds the available context size", "maximum context length", "context length exceeded"), _TOO_LONG),
    (("does not support tools", "does not support function", "tool choice requires", "tools is not supported"), _NO_TOOLS),
)
"""What servers of one's own say that no code of theirs tells apart; in lower case."""

_RULES = (
    _Rule(
        (RedirectRefused,),
        FailureCategory.INVALID_REQUEST,
        "was not asked: the server redirects",
        "correct the base URL to the address that answers itself",
    ),
    _Rule(
        (AddressRefused,),
        FailureCategory.INVALID_REQUEST,
        "was not asked: its public name leads into a private network",
        "check the base URL and who answers DNS here; if the server is your own, name it in the setting private_hosts",
    ),
    _Rule(
        (ResponseTooLarge, MemoryError),
        FailureCategory.MEMORY_LIMIT,
        "sent more than is kept",
        "ask for less in one answer, or use another model",
    ),
    _Rule((NotAnAnswer,), _UNKNOWN.category, _UNKNOWN.what, _UNKNOWN.fix, transient=True),
    _Rule(
        (pai.ModelQuotaExceededError,),
        FailureCategory.RATE_LIMIT,
        "is refused: the account's quota or credit is used up",
        "add credit or raise the limit at the provider, or use another provider",
    ),
    _Rule(
        (pai.ModelRateLimitError,),
        FailureCategory.RATE_LIMIT,
        "is refused: too many requests",
        "wait, lower how much runs at once, or use another model",
        transient=True,
    ),
    _Rule(
        (pai.ModelTimeoutError, pai.ModelRequestTimeout, httpx2.TimeoutException, TimeoutError),
        FailureCategory.TIMEOUT,
        "did not answer in time",
        "try again, or allow more time (docs/PROVIDERS.md lists the settings)",
        transient=True,
    ),
    _Rule(
        (pai.ModelUnavailableError, pai.ModelServerError),
        FailureCategory.CONNECTION,
        "cannot answer now: the provider has a fault or is overloaded",
        "try again later, or use another provider",
        transient=True,
    ),
    _Rule(
        (pai.ModelAuthenticationError,),
        FailureCategory.AUTH,
        "is refused: the key is wrong or may not use it",
        "check the key and what it may use; `codecompanion models list` says by which name it was found",
    ),
    _TOO_LONG,
    _Rule(
        (pai.ModelNotFoundError,),
        FailureCategory.INVALID_REQUEST,
        "is not known there",
        "check its name (`codecompanion models list`) and the base URL; another model needs a new run, with --model",
    ),
    _Rule(
        (pai.ContentFilterError,),
        FailureCategory.INVALID_REQUEST,
        "refuses to answer this",
        "change the objective's words, or use another model",
    ),
    _Rule(
        (IncompleteAnswer,),
        _UNKNOWN.category,
        "sent an answer without its end",
        "try again, or use another model",
        transient=True,
    ),
    _Rule(
        (pai.ModelConnectionError, httpx2.TransportError, ConnectionError),
        FailureCategory.CONNECTION,
        "cannot be reached, or the connection broke",
        "check the network, the base URL and whether the server runs (`codecompanion doctor`)",
        transient=True,
    ),
    _Rule(
        (pai.ModelRequestRejectedError,),
        FailureCategory.INVALID_REQUEST,
        "does not accept the request",
        "read the cause; another model may accept it",
    ),
)
"""The first rule that fits any error of the chain says what it was."""


def _is_transient_status(chain: list[BaseException]) -> bool:
    return any(isinstance(e, pai.ModelHTTPError) and e.status_code in {REQUEST_TIMEOUT, CONFLICT, TOO_EARLY} for e in chain)


def _rule_for(chain: list[BaseException]) -> "_Rule":
    rejected = next((link for link in chain if isinstance(link, pai.ModelRequestRejectedError)), None)
    if rejected is not None and not isinstance(rejected, (pai.ModelAuthenticationError, pai.ModelNotFoundError)):
        said = _said(rejected).lower()
        for words, rule in _BY_WORDS:
            if any(word in said for word in words):
                return rule
    return next((rule for rule in _RULES if any(isinstance(link, rule.errors) for link in chain)), _UNKNOWN)


def _said(error: BaseException) -> str:
    """Return what an error says; of one that a server answered with, its status and its own words."""
    if not isinstance(error, pai.ModelHTTPError):
        return str(error)
    inner: object = error.body
    for name in ("error", "message"):
        inner = _field(inner, name)
    words = "" if inner is None else str(inner).strip()
    hints = [f"did you mean {error.suggested_model_id!r}?"] if error.suggested_model_id else []
    return f"HTTP status {error.status_code}" + (f": {'; '.join([words, *hints])}" if words else "")


def _field(value: object, name: str) -> object:
    """Return a field of a JSON object, and what has no such field as it is."""
    if not isinstance(value, dict):
        return value
    known = cast("dict[str, object]", value)
    return known.get(name, known)


def _cause(error: BaseException, chain: list[BaseException]) -> str:
    """Return what an error says, and what the connection said if that is more."""
    text = printable(_said(error)) or type(error).__name__
    wire = next((str(link) for link in reversed(chain) if isinstance(link, httpx2.TransportError | OSError) and str(link)), "")
    whole = text if not wire or wire in text else f"{text.rstrip('.')}: {printable(wire)}"
    return whole if len(whole) <= LONGEST_CAUSE else whole[:LONGEST_CAUSE] + "..."
