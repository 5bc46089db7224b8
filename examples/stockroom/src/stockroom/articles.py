"""What is kept in the store room."""

import re
from dataclasses import dataclass

NUMBER = re.compile(r"[A-Z]{2}-\d{3}")


class BadNumber(ValueError):
    """The text is no article number."""


@dataclass(frozen=True)
class Article:
    """Something that is kept, and its price in cents."""

    number: str
    name: str
    price_cents: int


def checked_number(text: str) -> str:
    """Return an article number such as AB-123 from what a person typed.

    Raises:
        BadNumber: It is none.
    """
    number = text.strip().upper()
    if not NUMBER.fullmatch(number):
        raise BadNumber(f"{text!r} is no article number")
    return number
