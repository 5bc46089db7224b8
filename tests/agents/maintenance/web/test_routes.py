import pytest

from codecompanion.agents.maintenance.web.proving import Route
from codecompanion.agents.maintenance.web.routes import route_findings, shape


def routes(*paths: str, method: str = "GET") -> list[Route]:
    return [Route((method,), path, f"app.h{number}", f"app.py:{number}") for number, path in enumerate(paths)]


@pytest.mark.parametrize(
    ("paths", "hidden"),
    [
        (("/a", "/a"), ["app.py:1"]),
        (("/{a}/x", "/{b}/x"), ["app.py:1"]),
        (("/<int:a>", "/<b>"), []),
        (("/{a}", "/me"), ["app.py:1"]),
        (("/me", "/{a}"), []),
        (("/{a:int}", "/me"), []),
        (("/{a}", "/me/too"), []),
        (("/{a:path}", "/me/too"), ["app.py:1"]),
        (("/<slug:a>/", "/about/"), ["app.py:1"]),
        (("/^(?P<a>\\w+)$", "/about"), []),
    ],
)
def test_a_route_that_another_hides_is_told(paths: tuple[str, ...], hidden: list[str]) -> None:
    assert [one.where for one in route_findings(routes(*paths), "fastapi")] == hidden


def test_flask_takes_the_route_that_fits_best_whatever_comes_first() -> None:
    assert list(route_findings(routes("/<a>", "/me"), "flask")) == []


def test_routes_of_different_methods_hide_nothing() -> None:
    assert list(route_findings([*routes("/a", "/{x}"), *routes("/a", "/b", method="POST")], "fastapi")) == []


def test_the_shape_of_a_path_has_no_names_of_parameters() -> None:
    assert shape("/{a}/{b:path}/<int:c>/<d>") == "/{str}/{path}/<int>/<str>"
