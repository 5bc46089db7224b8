"""No loaded secret reaches a place where something is written down: a whole run that meets it everywhere, and all its sinks."""

import json
import re
import sqlite3
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api_server import ApiServer, api_server, key
from codecompanion.observability.secret_forms import forms_of
from command_line import command_line, environment
from projects import SHOP, git, repository

ODD = 'vT9q"Lw/2+Xr=7m_Zp&4 kD1ü'
NAMED = "hq7Rz2Lx9Wc4Tn8Vb1Ks"
PASSWORD = "w8Jd3Fy6Pm0Qe5Ua"
SECRETS = (ODD, NAMED, PASSWORD)
ENVIRON = {"ODD_TOKEN": ODD, "THE_API_KEY": NAMED, "CACHE_URL": f"redis://user:{PASSWORD}@127.0.0.1:1/0"}
FORMS = tuple(form.encode() for form in {one for secret in SECRETS for one in forms_of(secret)})

SAYS = f"""
import base64, json, urllib.parse, sys


def test_that_says_it():
    for secret in {SECRETS!r}:
        for before in ("", "a", "ab"):
            print(secret, json.dumps(secret), urllib.parse.quote(secret))
            print(base64.b64encode((before + secret + "z").encode()).decode())
    assert False, {ODD!r}
"""
EDIT = f"""{ODD}

shop.py
<<<<<<< SEARCH
    if count > 10:
=======
    if count >= 10:
>>>>>>> REPLACE
"""


def _turn(name: str, **arguments: Any) -> dict[str, Any]:
    return {"text": f"{ODD} {NAMED}", "tools": [{"name": name, "args": arguments}]}


TURNS = [
    _turn("read_file", path="notes.txt"),
    _turn("read_file", path=f"{NAMED}.txt"),
    _turn("search", pattern="Token|secret|vT9q"),
    _turn("run_command", command=f"cat notes.txt; ls; cat *.txt; base64 notes.txt; echo '{NAMED}'"),
    {"text": EDIT},
    _turn("run_tests", which="all"),
    {**_turn("finish", summary=f"{ODD} {NAMED}", claims=[{"text": PASSWORD, "evidence": ["E1"]}]), "repeat": True},
]


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory, venv_with_pytest: Path) -> dict[str, bytes]:
    """Everything that a run and its looks at it wrote, by where."""
    folder = tmp_path_factory.mktemp("sinks")
    buggy = SHOP["shop.py"].replace("    if count > 10:", f"    # {NAMED} {PASSWORD}\n    if count > 10:")
    files = {**SHOP, "shop.py": buggy, "notes.txt": "\n".join(SECRETS), f"{NAMED}.txt": ODD, "tests/test_says.py": SAYS}
    shop = repository(folder / "shop", files)
    script = folder / "script.json"
    script.write_text(json.dumps(TURNS))
    environ = {**environment(folder, venv_with_pytest / "bin/python"), **ENVIRON}
    cli = command_line(environ, folder)
    model = ("--model", f"scripted:{script}", "--team", "solo", "--timeout", "60", "--permission-mode", "auto")
    done = {
        "run": cli("run", f"fix the test about discounts, not {ODD}", "-C", str(shop), *model, "--output-format", "stream-json")
    }
    run_id = re.findall(r'"run_id": "([^"]+)"', done["run"].stdout)[0]
    looks = {
        "show": ("show", run_id),
        "json": ("show", run_id, "--json"),
        "diff": ("diff", run_id),
        "replay": ("replay", run_id, "--offline"),
        "export": ("audit", "export", run_id, "-o", "run.tar.gz"),
        "error": ("run", "x", "--model", f"{NAMED}:{ODD}", "-C", str(shop)),
        "debug": ("--debug", "run", "x", "-C", f"/nowhere/{NAMED}"),
    }
    done |= {name: cli(*words) for name, words in looks.items()}
    found = {name: (one.stdout + one.stderr).encode(errors="surrogateescape") for name, one in done.items()}
    with tarfile.open(folder / "run.tar.gz") as tar:
        found |= {f"export:{one.name}": member.read() for one in tar if (member := tar.extractfile(one))}
    found |= _of_api(environ, shop, run_id)
    found |= dict(_of_state(folder / "state"))
    found["serve.log"] = (folder / "serve.log").read_bytes()
    found["git refs"] = git(shop, "log", "--all", "--format=%B%an%ae%D").encode()
    assert b"RunStarted" in found["run"]
    assert done["show"].exit_code == done["replay"].exit_code == 0, (done["show"].stderr, done["replay"].stderr)
    return found


def _of_api(environ: dict[str, str], shop: Path, run_id: str) -> dict[str, bytes]:
    paths = ["", "/events", "/diff", "/state", "/tasks", "/routes", f"/{NAMED}"]
    body = {"objective": "x", "repo": NAMED}
    with api_server(environ, shop, "--rate", "0") as server, server.client() as client:
        found = {f"api:{path}": client.get(f"/v1/runs/{run_id}{path}").content for path in paths}
        found["api:none"] = client.get(f"/v1/runs/{NAMED}").content
        found["api:body"] = client.post("/v1/runs", json=body, headers=key()).content
        found["api:stream"] = _some_of(server, f"/v1/runs/{run_id}/events/stream")
    return found


def _some_of(server: ApiServer, path: str) -> bytes:
    heard = b""
    with server.client() as client, client.stream("GET", path, headers={"Last-Event-ID": "0"}) as answer:
        assert answer.status_code == 200
        for piece in answer.iter_bytes():
            heard += piece
            if b"RunCompleted" in heard or b"RunFailed" in heard:
                return heard
    return heard


def _of_state(state: Path) -> Iterator[tuple[str, bytes]]:
    for file in state.rglob("*"):
        if file.is_file() and not file.is_symlink():
            yield f"state:{file.relative_to(state)}", file.read_bytes()
    log = sqlite3.connect(state / "log.sqlite3")
    tables = [name for (name,) in log.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    for table in tables:
        for number, row in enumerate(log.execute(f"SELECT * FROM {table}")):
            for value in row:
                content = value if isinstance(value, bytes) else str(value).encode()
                yield f"log:{table}:{number}", _unpacked(content)
    log.close()


def _unpacked(content: bytes) -> bytes:
    try:
        return zlib.decompress(content)
    except zlib.error:
        return content


@pytest.mark.attack("A97")
def test_no_loaded_secret_is_in_any_place_in_any_of_its_forms(places: dict[str, bytes]) -> None:
    assert {name: forms[:2] for name, content in places.items() if (forms := _leaks(name, content))} == {}
    assert sum(b"[redacted]" in content for content in places.values()) > 10


def _leaks(place: str, content: bytes) -> list[bytes]:
    # The index of where to write is a cache of the project's own files: it finds them by their names, which it must know.
    known = NAMED.encode() if "retrieval/" in place else b""
    return [form for form in FORMS if form in content and form != known]
