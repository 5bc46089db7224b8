"""The REST API as the pages see it."""

import os
from typing import Any
from uuid import uuid4

import httpx2
import streamlit as st

API_VARIABLE = "CODECOMPANION_API_URL"
TOKEN_VARIABLE = "CODECOMPANION_API_TOKEN"  # noqa: S105 - the variable's name
PATIENCE_S = 20.0
PAGE = 200


class Refused(Exception):
    """The API did not do what it was asked. `fix` is what to do next, or ""."""

    def __init__(self, what: str, fix: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.fix = fix


class Api:
    """Asks the API at an address, with a token or ("") without."""

    def __init__(self, url: str, token: str) -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._http = httpx2.Client(base_url=url, headers=headers, timeout=PATIENCE_S)
        self.url = url

    def get(self, path: str, **params: str | int) -> Any:
        """Return the answer to a question.

        Raises:
            Refused: There is none.
        """
        return _content(self._send("GET", path, params=params))

    def text(self, path: str) -> str:
        """Return an answer that is no JSON.

        Raises:
            Refused: There is none.
        """
        return self._send("GET", path).text

    def post(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """Have something done once.

        Raises:
            Refused: It was not done.
        """
        return _content(self._send("POST", path, json=body, headers={"Idempotency-Key": str(uuid4())}))

    def put(self, path: str, body: dict[str, Any]) -> Any:
        """Set something.

        Raises:
            Refused: It was not set.
        """
        return _content(self._send("PUT", path, json=body))

    def _send(self, method: str, path: str, **more: Any) -> httpx2.Response:
        try:
            answer = self._http.request(method, path, **more)
        except httpx2.HTTPError as error:
            raise Refused(
                f"the API at {self.url} does not answer ({type(error).__name__})", "is codecompanion serve running?"
            ) from error
        if answer.is_error:
            raise _refusal(answer)
        return answer


def _content(answer: httpx2.Response) -> Any:
    return answer.json()


def _refusal(answer: httpx2.Response) -> Refused:
    try:
        problem = answer.json()
        return Refused(str(problem["detail"]), str(problem.get("fix", "")))
    except (ValueError, KeyError, TypeError):
        return Refused(f"the API answered with status {answer.status_code}")


@st.cache_resource
def api() -> Api:
    """Return the API of this process."""
    return Api(os.environ[API_VARIABLE], os.environ.get(TOKEN_VARIABLE, ""))
