"""Base URLs as users write them."""

from urllib.parse import urlsplit

from codecompanion.domain.errors import BadInput


def checked_url(url: str, variable: str) -> str:
    """Return a base URL without the slash at its end.

    Raises:
        BadInput: It is no http or https URL with a host.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise BadInput(f"{variable} is not a URL", cause="it needs http:// or https:// and a host", fix=f"set {variable} again")
    return url.rstrip("/")
