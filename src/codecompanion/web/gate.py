"""Who may see the pages, and what a browser may do with them."""

import hmac
import secrets
from base64 import b64encode
from hashlib import sha256
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from re import DOTALL, findall
from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "codecompanion_ui"
LOGIN = "/login"
HEALTH = "/_stcore/health"


class Gate:
    """Lets in who came by the login link, which works once, and asks the browser to load nothing from elsewhere.

    Args:
        app: What is behind the gate.
        code: What the login link holds.
        hosts: The names (without a port) that a request may call the server by, in lower case.
        inline: The page's own inline script, which alone may run.
    """

    def __init__(self, app: ASGIApp, code: str, hosts: frozenset[str], inline: Path) -> None:
        self._app = app
        self._code = code
        self._hosts = hosts
        self._session = secrets.token_urlsafe(32)
        self._headers = {
            "Content-Security-Policy": policy(inline.read_text(encoding="utf-8")),
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or hand it on."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(self._headers)
            await send(message)

        refusal = self._refusal(scope, Headers(scope=scope))
        if refusal is None:
            await self._app(scope, receive, sending)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 4403})
        else:
            await refusal(scope, receive, sending)

    def _refusal(self, scope: Scope, headers: Headers) -> Response | None:
        if _name(headers.get("host", "")) not in self._hosts:
            return PlainTextResponse("this server is not called by that name", 421)
        if scope["type"] == "websocket" and urlsplit(headers.get("origin", "")).netloc != headers.get("host"):
            return PlainTextResponse("pages of other sites may not connect", 403)
        if scope["path"] == LOGIN:
            return self._login(scope)
        if scope["path"] == HEALTH or self._is_known(headers):
            return None
        return PlainTextResponse(
            "Open the login link that codecompanion printed. It works once; a new start prints a new one.\n", 403
        )

    def _login(self, scope: Scope) -> Response:
        (given,) = parse_qs(scope["query_string"].decode("latin-1")).get("code", [""])[:1]
        if not self._code or not hmac.compare_digest(given.encode(), self._code.encode()):
            return PlainTextResponse("The login link was used already or is wrong. A new start prints a new one.\n", 403)
        self._code = ""
        answer = RedirectResponse("/", 303)
        answer.set_cookie(COOKIE, self._session, httponly=True, samesite="strict", max_age=86_400)
        return answer

    def _is_known(self, headers: Headers) -> bool:
        try:
            cookie = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
        except CookieError:
            return False
        return cookie is not None and hmac.compare_digest(cookie.value.encode(), self._session.encode())


def policy(page: str) -> str:
    """Return the content security policy for a page: nothing from elsewhere, and of inline scripts only its own."""
    scripts = findall(r"<script>(.*?)</script>", page, DOTALL)
    hashes = " ".join(f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'" for script in scripts)
    return (
        f"default-src 'self'; script-src 'self' 'wasm-unsafe-eval' {hashes}; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; "
        "frame-ancestors 'none'; object-src 'none'; base-uri 'self'; form-action 'self'"
    )


def _name(host: str) -> str:
    try:
        return (urlsplit(f"//{host}").hostname or "").lower()
    except ValueError:
        return ""
