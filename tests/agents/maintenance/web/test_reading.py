from pathlib import Path

import pytest

from codecompanion.agents.maintenance.web.applications import Application, applications, web_modules
from codecompanion.agents.maintenance.web.node_apps import node_applications, node_manager
from codecompanion.agents.maintenance.web.places import places, port_of, start_command
from codecompanion.agents.maintenance.web.templates import asked_templates, folder_findings, unfound
from codecompanion.workspace.project_files import ProjectFiles
from codecompanion.workspace.python_project import import_roots
from projects import write


def project(root: Path, files: dict[str, str]) -> ProjectFiles:
    write(root, files)
    return ProjectFiles(root)


def found(root: Path, files: dict[str, str]) -> list[tuple[str, str, str]]:
    read = project(root, files)
    return [(one.framework, one.where, one.name) for one in applications(web_modules(read, import_roots(read)))]


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("import fastapi as f\napi: f.FastAPI = f.FastAPI()\n", [("fastapi", "a.py:2", "api")]),
        ("from flask import Flask as F\nif True:\n    app = F('x')\n", [("flask", "a.py:3", "app")]),
        ("from flask import Flask\ndef make():\n    return Flask('x')\n", [("flask", "a.py:2", "make")]),
        (
            "from fastapi import FastAPI\napp = FastAPI()\nsub = FastAPI()\napp.mount('/s', sub)\n",
            [("fastapi", "a.py:2", "app")],
        ),
        ("from fastapi import FastAPI\ndef test():\n    app = FastAPI()\n", []),
        ("from elsewhere import FastAPI\napp = FastAPI()\n", []),
        (
            "import streamlit as st\n\ndef main():\n    st.write(1)\n\nif __name__ == '__main__':\n    main()\n",
            [("streamlit", "a.py:7", "")],
        ),
        ("import streamlit as st\n\ndef part():\n    st.write(1)\n", []),
    ],
)
def test_applications_are_known_by_what_makes_them(tmp_path: Path, code: str, told: list[tuple[str, str, str]]) -> None:
    assert found(tmp_path, {"a.py": code}) == told


def test_a_project_of_django_is_known_by_its_settings(tmp_path: Path) -> None:
    code = "import os\n\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'site1.settings')\n"
    assert found(tmp_path, {"web/manage.py": code}) == [("django", "web/manage.py:3", "site1.settings")]
    application = Application("django", "web/manage.py", 3, "site1.settings")
    (place,) = places(ProjectFiles(tmp_path), application, ["."])
    assert start_command(application, place, 8000) == "cd web && python manage.py runserver"


def test_the_port_is_the_one_that_the_files_name(tmp_path: Path) -> None:
    files = project(
        tmp_path, {"a.py": "uvicorn.run(app, host='::', port=9001)\n", ".streamlit/config.toml": "[server]\nport = 8600\n"}
    )
    api, page = Application("fastapi", "a.py", 1, "app"), Application("streamlit", "b.py", 1)
    assert (port_of(files, api), port_of(files, page), port_of(files, Application("flask", "c.py", 1, "app"))) == (
        9001,
        8600,
        5000,
    )
    assert start_command(api, places(files, api, ["."])[0], 9001) == "uvicorn a:app --port 9001"
    assert start_command(page, places(files, page, ["."])[0], 8600) == "streamlit run b.py --server.port 8600"


def test_templates_and_folders_that_are_nowhere_are_told(tmp_path: Path) -> None:
    code = (
        "from fastapi.templating import Jinja2Templates\nfrom flask import render_template\n"
        "t = Jinja2Templates(directory='pages')\n"
        "t.TemplateResponse(request, 'a.html')\nt.TemplateResponse(name='b.html')\n"
        "render_template('c.html')\nrender_template(name)\n"
        "t = Jinja2Templates('views')\n"
    )
    files = project(tmp_path, {"app/main.py": code, "app/pages/a.html": "", "x/c.html": ""})
    (module,) = web_modules(files, ["."])
    asked = list(asked_templates(module))
    assert sorted(one.name for one in asked) == ["a.html", "b.html", "c.html"]
    assert [(one.name, one.where) for one in unfound(asked, files)] == [("b.html", "app/main.py:5")]
    assert [(one.what, one.where) for one in folder_findings(module, files)] == [
        ("the folder 'views' of Jinja2Templates is not there", "app/main.py:8")
    ]


def test_a_server_of_node_is_known_by_its_dependency_and_its_port_is_not_guessed(tmp_path: Path) -> None:
    text = '{"scripts": {"test": "vitest", "start": "node server.js"}, "dependencies": {"express": "5"}}'
    files = project(tmp_path, {"package.json": text, "yarn.lock": ""})
    (found_one,) = node_applications(files, node_manager(files))
    assert (found_one.tool, found_one.command, found_one.port) == ("express", "yarn run start", None)
    assert node_applications(project(tmp_path / "lib", {"package.json": '{"scripts": {"dev": "tsc -w"}}'}), "npm") == []
