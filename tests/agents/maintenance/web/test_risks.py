import pytest

from codecompanion.agents.maintenance.web.risks import risk_findings
from codecompanion.workspace.tidying.modules import parse


def told(code: str, path: str = "app.py") -> list[tuple[str, str]]:
    module = parse(path, code.encode(), ["."])
    assert module is not None
    return [(one.severity, one.what) for one in risk_findings(module)]


CORS = "from starlette.middleware.cors import CORSMiddleware as C\napp.add_middleware(C, {})\n"


@pytest.mark.parametrize(
    ("code", "severity", "words"),
    [
        ("app.run(debug=True)", "warning", "debug=True: the debugger runs code"),
        ("app.run(host='0.0.0.0', debug=True)", "error", "debug=True on every network address"),
        ("from fastapi import FastAPI\napp = FastAPI(debug=True)", "warning", "visitors see tracebacks"),
        (CORS.format("allow_origins=['*']"), "warning", "CORS lets pages of every origin ask"),
        (CORS.format("allow_origins=['*'], allow_credentials=True"), "error", "with the visitor's cookies"),
        (CORS.format("allow_origin_regex='.*'"), "warning", "CORS lets pages of every origin ask"),
        ("from flask_cors import CORS\nCORS(app)", "warning", "CORS without origins"),
        ("SECRET_KEY = 'abc'", "error", "SECRET_KEY stands in the source"),
        ("app.secret_key = b'abc'", "error", "secret_key stands in the source"),
        ("app.config['SECRET_KEY'] = 'abc'", "error", "SECRET_KEY stands in the source"),
        ("app.config.update(SECRET_KEY='abc')", "error", "SECRET_KEY stands in the source"),
        ("import os\nSECRET_KEY = os.environ.get('K', 'abc')", "warning", "falls back to a value in the source"),
        ("from os import getenv\nJWT_SECRET: str = getenv('K', default='abc')", "warning", "falls back"),
        ("DEBUG = True", "warning", "DEBUG = True"),
        ("ALLOWED_HOSTS = ['*']", "warning", "accepts every Host header"),
        ("CORS_ALLOW_ALL_ORIGINS = True", "warning", "pages of every origin may ask"),
    ],
)
def test_what_no_public_server_should_have_is_told(code: str, severity: str, words: str) -> None:
    ((found, what),) = told(code)
    assert (found, words in what) == (severity, True)
    assert "abc" not in what


@pytest.mark.parametrize(
    "code",
    [
        "import asyncio\nasyncio.run(main(), debug=True)",
        "app.run(debug=settings.debug)",
        "from flask_cors import CORS\nCORS(app, origins=['https://shop.example'])",
        CORS.format("allow_origins=origins, allow_credentials=True"),
        "import os\nSECRET_KEY = os.environ['K']",
        "import os\nSECRET_KEY = os.environ.get('K', '')",
        "SECRET_KEY = ''",
        "DEBUG = False",
        "ALLOWED_HOSTS = ['shop.example']",
    ],
)
def test_what_is_in_order_is_not_told(code: str) -> None:
    assert told(code) == []


def test_settings_for_development_may_have_more() -> None:
    code = "DEBUG = True\nALLOWED_HOSTS = ['*']\nSECRET_KEY = 'abc'\n"
    assert told(code, "site/settings_dev.py") == [
        ("warning", "SECRET_KEY stands in the source: who reads it can sign sessions"),
    ]
    assert len(told(code, "site/device.py")) == 3
