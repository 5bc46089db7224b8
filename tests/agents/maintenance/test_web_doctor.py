import importlib.util
import json
import sys
import venv

import pytest

from codecompanion.agents.maintenance.web_doctor import examine_web
from maintenance_bench import OpenDesk, Told, said
from projects import write

pytestmark = pytest.mark.anyio

# Stand-ins that have what is read of a framework, and nothing else: they prove the reading, not that the frameworks work.
STARLETTE = """class Starlette:
    def __init__(self, routes=()):
        self.routes = list(routes)


class Route:
    def __init__(self, path, endpoint, methods=("GET", "HEAD")):
        self.path, self.endpoint, self.methods = path, endpoint, set(methods)


class Mount:
    def __init__(self, path, routes):
        self.path, self.routes = path, routes
"""
FLASK = """import types


class TemplateNotFound(Exception):
    pass


def get_template(name):
    if name != "there.html":
        raise TemplateNotFound(name)


class Flask:
    def __init__(self, name, static_folder=None):
        self.static_folder, self.view_functions, self.rules = static_folder, {}, []
        self.jinja_env = types.SimpleNamespace(get_template=get_template)
        self.url_map = types.SimpleNamespace(iter_rules=lambda: self.rules)

    def get(self, rule):
        def add(view):
            self.view_functions[view.__name__] = view
            self.rules.append(types.SimpleNamespace(rule=rule, endpoint=view.__name__, methods={"GET", "HEAD", "OPTIONS"}))
            return view
        return add


def render_template(name):
    return name
"""


@pytest.fixture(scope="session")
def python(tmp_path_factory: pytest.TempPathFactory) -> str:
    """An interpreter that has the stand-ins installed."""
    folder = tmp_path_factory.mktemp("environment") / "venv"
    venv.create(folder, symlinks=True)
    (site,) = folder.glob("lib/python*/site-packages")
    write(site, {"starlette/__init__.py": "", "starlette/applications.py": STARLETTE, "flask/__init__.py": FLASK})
    for name in ("starlette", "flask"):
        write(site, {f"{name}-1.0.dist-info/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n"})
    return str(folder / "bin/python")


APP = """from starlette.applications import Mount, Route, Starlette

from shop.pages import item, me

print("noise")
app = Starlette([Route("/items/{id}", item), Route("/items/me", me), Mount("/v1", [Route("/a", me)])])
"""
PAGES = "def item(request):\n    pass\n\n\ndef me(request):\n    pass\n"


async def test_an_application_is_found_imported_and_its_routes_are_told(desk: OpenDesk, python: str, told: Told) -> None:
    files = {"shop/__init__.py": "", "shop/main.py": APP, "shop/pages.py": PAGES, "requirements.txt": "starlette\n"}
    report = await examine_web(await desk(files, python=python))
    (found,) = json.loads(report.model_dump_json())["figures"]["applications"]
    assert (found["framework"], found["where"], found["imported"]) == ("starlette", "shop/main.py:6", True)
    assert (found["command"], found["port"]) == ("uvicorn shop.main:app", 8000)
    assert [(one["methods"], one["path"], one["handler"], one["where"]) for one in found["routes"]] == [
        (["GET"], "/items/{id}", "shop.pages.item", "shop/pages.py:1"),
        (["GET"], "/items/me", "shop.pages.me", "shop/pages.py:5"),
        (["GET"], "/v1/a", "shop.pages.me", "shop/pages.py:5"),
    ]
    assert report.ok
    assert said(report, "warning") == [
        "shop/main.py:6: no server for starlette is installed: daphne, granian, gunicorn, hypercorn, uvicorn would do",
        "shop/pages.py:5: /items/me is taken by /items/{id} (shop/pages.py:1), which is declared before it",
    ]
    assert any("no server is started in the cage" in one for one in report.not_checked)
    assert told.lines == ["importing app of shop/main.py"]
    assert report.with_a_model


async def test_a_factory_is_called_and_templates_are_asked_of_its_own_loaders(desk: OpenDesk, python: str) -> None:
    code = (
        "from flask import Flask, render_template\n\n\ndef create_app(config=None):\n"
        "    app = Flask(__name__, static_folder='assets')\n\n"
        "    @app.get('/a')\n    def a():\n        return render_template('there.html')\n\n"
        "    @app.get('/b/<int:x>')\n    def b():\n        return render_template('gone.html')\n\n"
        "    @app.get('/b/<int:y>')\n    def c():\n        return ''\n\n    return app\n"
    )
    files = {"src/shop/__init__.py": code, "gone.html": "in no folder of templates", "requirements.txt": "flask\n"}
    report = await examine_web(await desk({**files, "pyproject.toml": '[project]\nname = "shop"\n'}, python=python))
    (found,) = json.loads(report.model_dump_json())["figures"]["applications"]
    assert (found["name"], found["factory"], len(found["routes"])) == ("create_app", True, 3)
    assert found["command"] == "env PYTHONPATH=src flask --app shop:create_app run"
    assert said(report, "error") == ["src/shop/__init__.py:13: the template 'gone.html' is not there: its page is an error"]
    warnings = said(report, "warning")
    assert any("GET /b/<int:y> is answered by shop.create_app.<locals>.b" in one for one in warnings)
    assert any("the folder 'assets' of static files is not there" in one for one in warnings)


async def test_an_application_beside_its_modules_is_started_in_its_folder(desk: OpenDesk, python: str) -> None:
    code = "from flask import Flask\n\nimport settings\n\napp = Flask(__name__)\n"
    files = {"backend/main.py": code, "backend/settings.py": "", "requirements.txt": "flask\n"}
    report = await examine_web(await desk(files, python=python))
    (found,) = json.loads(report.model_dump_json())["figures"]["applications"]
    assert (found["imported"], found["command"]) == (True, "cd backend && flask --app main:app run")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("import nowhere", ("error", "No module named 'nowhere'", "find out which distribution brings nowhere")),
        ("import declared", ("error", "No module named 'declared'", "install")),
        ("1 / 0", ("error", "ZeroDivisionError", "mend")),
        ("raise SystemExit(3)", ("error", "SystemExit: 3", "mend")),
        ("import os; os._exit(1)", ("error", "its import ended the process", "mend")),
        ("import os; os.environ['DATABASE_URL']", ("warning", "without the setting DATABASE_URL", "read settings")),
        ("raise ConnectionRefusedError('db')", ("warning", "without something outside", "read settings")),
    ],
)
async def test_why_an_import_failed_is_told_and_what_is_the_cages_doing_is_no_error(
    desk: OpenDesk, python: str, line: str, expected: tuple[str, str, str]
) -> None:
    severity, words, fix = expected
    files = {"app.py": f"from flask import Flask\n\n{line}\napp = Flask(__name__)\n", "requirements.txt": "flask\ndeclared\n"}
    report = await examine_web(await desk(files, python=python))
    (found,) = report.findings
    assert (found.severity, words in found.what, fix in found.fix) == (severity, True, True)
    assert found.where == ("app.py:4" if "_exit" in line else "app.py:3")
    assert report.exit_code == (1 if severity == "error" else 0)


async def test_a_framework_that_is_not_there_is_an_error_and_nothing_is_imported(desk: OpenDesk, python: str) -> None:
    files = {"a.py": "import fastapi\n\napp = fastapi.FastAPI()\n", "ui.py": "import streamlit as st\n\nst.title('x')\n"}
    report = await examine_web(await desk({**files, "requirements.txt": "streamlit\n"}, python=python))
    told = said(report, "error")
    assert "a.py:3: fastapi is not installed, and no manifest asks for it" in told
    assert "ui.py:3: streamlit is not installed" in told
    commands = [one["command"] for one in json.loads(report.model_dump_json())["figures"]["applications"]]
    assert commands == ["uvicorn a:app", "streamlit run ui.py"]
    assert [one.argv[1].rpartition("/")[2] for one in report.commands] == ["installed.py"]


async def test_importing_does_not_write_to_the_project(desk: OpenDesk, python: str) -> None:
    code = "from flask import Flask\nopen('written', 'w').close()\napp = Flask(__name__)\n"
    opened = await desk({"app.py": code, "requirements.txt": "flask\n"}, python=python)
    assert (await examine_web(opened)).ok
    assert sorted(path.name for path in opened.root.iterdir()) == ["app.py", "requirements.txt"]


async def test_scripts_of_node_are_found_with_port_and_what_is_missing(desk: OpenDesk) -> None:
    site = {
        "name": "site",
        "scripts": {"build": "vite build", "dev": "vite --port 4000"},
        "devDependencies": {"vite": "^6"},
    }
    api = {"name": "api", "scripts": {"start": "next start"}}
    files = {"package.json": json.dumps(site, indent=1), "apps/api/package.json": json.dumps(api), "pnpm-lock.yaml": ""}
    report = await examine_web(await desk(files))
    first, second = json.loads(report.model_dump_json())["figures"]["scripts"]
    assert (first["tool"], first["command"], first["port"], first["line"]) == ("vite", "pnpm run dev", 4000, 5)
    assert (second["tool"], second["command"], second["port"]) == ("next", "cd apps/api && pnpm run start", 3000)
    assert said(report, "error") == ["apps/api/package.json:1: the script 'start' needs next, which no package.json asks for"]
    assert said(report, "warning") == ["package.json:5: vite is not installed: the script 'dev' cannot start"]


async def test_a_project_without_pages_has_none(desk: OpenDesk) -> None:
    files = {"a.py": "def run():\n    pass\n", "tests/test_web.py": "from flask import Flask\n\napp = Flask('x')\n"}
    report = await examine_web(await desk(files))
    assert (report.title, report.findings, report.commands) == ("no web application was found", (), ())


@pytest.mark.skipif(importlib.util.find_spec("fastapi") is None, reason="FastAPI is not installed beside the tests")
async def test_the_routes_of_a_real_fastapi_are_told(desk: OpenDesk) -> None:
    code = (
        "from fastapi import APIRouter, FastAPI\n\napp = FastAPI()\nrouter = APIRouter(prefix='/v1')\n\n\n"
        "@router.get('/items/{item_id}')\ndef item(item_id: int):\n    return item_id\n\n\n"
        "app.include_router(router, prefix='/api')\n"
    )
    report = await examine_web(await desk({"main.py": code, "requirements.txt": "fastapi\n"}, python=sys.executable))
    (found,) = json.loads(report.model_dump_json())["figures"]["applications"]
    assert [(one["methods"], one["path"]) for one in found["routes"]] == [(["GET"], "/api/v1/items/{item_id}")]
