"""Base URLs as users write them."""

from urllib.parse import SplitResult, urlsplit

from codecompanion.domain.errors import BadInput


def checked_url(url: str, variable: str) -> str:
    """Return a base URL without the slash at its end.

    Raises:
        BadInput: It is no http or https URL with a host, or holds a password, which would be shown wherever the URL is.
    """
    parts = _parts(url)
    if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname:
        raise BadInput(f"{variable} is not a URL", cause="it needs http:// or https:// and a host", fix=f"set {variable} again")
    if parts.username is not None or parts.password is not None:
        raise BadInput(
            f"{variable} holds a name or a password", fix=f"set {variable} without them; a key has a variable of its own"
        )
    return url.rstrip("/")


def _parts(url: str) -> SplitResult | None:
    """Return the parts of a URL, None when its host or port cannot be one."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts
