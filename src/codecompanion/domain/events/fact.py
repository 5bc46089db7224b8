"""What every fact is."""

from decimal import Decimal
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from codecompanion.domain.project import Value

RunStatus = Literal["verified", "partial", "unverified", "failed", "nothing_to_do", "answered"]


Usd = Annotated[Decimal, Field(ge=0, le=1_000_000)]
"""US dollars, exact: text in JSON, never a binary fraction, and never negative or without end."""


class Fact(Value):
    """Base of all facts; the class name is the event type."""

    schema_version: ClassVar[int] = 1


class UnknownFact(Fact):
    """A fact of a type that this version does not know: kept in the log, without effect on the state."""

    type: str
