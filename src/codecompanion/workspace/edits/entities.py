"""HTML entities that a chat interface or a model put in the place of characters."""

import html
import re

_ENTITY = re.compile(r"&(?:lt|gt|amp|quot|apos|nbsp|#\d+|#x[0-9a-f]+);", re.IGNORECASE)


def without_entities(text: str) -> str:
    """Return a text with the characters of its entities. Names without a semicolon, such as C's `&not`, are none."""
    return _ENTITY.sub(lambda found: html.unescape(found[0]), text)
