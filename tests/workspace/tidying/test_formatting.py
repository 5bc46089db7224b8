import pytest

from codecompanion.domain.errors import EnvironmentBroken
from codecompanion.domain.tidying import WorkKind
from codecompanion.workspace.tidying.tidier import ToolTidier
from workspace.tidying.conftest import Place, Tidy

pytestmark = pytest.mark.anyio

UGLY = "def f( x ):\n    '''Say.'''\n    return  {  'a':x }\n"
LONG = "value = {'a': 1111111111, 'b': 2222222222, 'c': 3333333333, 'd': 4444444444, 'e': 5}\n"


@pytest.mark.parametrize(
    ("files", "objective", "note", "quote"),
    [
        ({"pyproject.toml": "[tool.black]\nskip-string-normalization = true\n"}, "", "black formats: pyproject.toml", "'a'"),
        ({"ruff.toml": 'format.quote-style = "single"\n'}, "", "ruff formats: the project configures its formatter", "'a'"),
        ({"pyproject.toml": "[tool.ruff]\nline-length = 100\n"}, "", "ruff formats: the project configures ruff", '"a"'),
        ({".pre-commit-config.yaml": "repos:\n- hooks:\n  - id: black\n"}, "", "black formats: .pre-commit-config.yaml", '"a"'),
        ({}, "", "ruff formats, in its default style: the project configures no formatter", '"a"'),
        ({}, "run black", "black formats: the objective names it", '"a"'),
    ],
)
async def test_the_formatter_that_the_project_configures_is_used(
    tidy: Tidy, files: dict[str, str], objective: str, note: str, quote: str
) -> None:
    tidied = await tidy(WorkKind.FORMAT, {**files, "m.py": UGLY}, objective)
    assert tidied.before.notes[0].startswith(note)
    assert tidied.found() == {("m.py", "unformatted")}
    assert f"return {{{quote}: x}}" in tidied.files["m.py"]
    assert tidied.left() == set()
    assert "the syntax tree of the changed file is as before" in tidied.result.patches[0].reasons[0]


async def test_tests_are_formatted_too_and_what_is_excluded_is_not(tidy: Tidy) -> None:
    config = '[tool.ruff.format]\nexclude = ["vendored.py"]\n'
    tidied = await tidy(WorkKind.FORMAT, {"tests/test_m.py": LONG, "vendored.py": LONG, "pyproject.toml": config})
    assert list(tidied.files) == ["tests/test_m.py"]


@pytest.mark.parametrize("objective", ["run black", "run ruff format"])
async def test_a_file_that_cannot_be_parsed_remains(tidy: Tidy, objective: str) -> None:
    tidied = await tidy(WorkKind.FORMAT, {"broken.py": "def f(:\n", "m.py": UGLY}, objective)
    assert list(tidied.files) == ["m.py"]
    (left,) = tidied.after.asked
    assert left.rule.endswith("-error")
    assert "broken.py" in left.message


async def test_a_file_of_the_project_is_not_taken_for_a_module_of_the_tool(tidy: Tidy) -> None:
    hostile = {"black.py": "raise SystemExit(1)\n", "click.py": "raise SystemExit(1)\n", "ast.py": "raise SystemExit(1)\n"}
    tidied = await tidy(WorkKind.FORMAT, {**hostile, "m.py": UGLY}, "run black")
    assert list(tidied.files) == ["m.py"]


async def test_a_formatter_that_is_not_installed_is_asked_for(place: Place) -> None:
    place.restore({"m.py": UGLY, "pyproject.toml": "[tool.black]\nline-length = 80\n"})
    elsewhere = place.interpreter.model_copy(update={"executable": "/usr/bin/python3"})
    with pytest.raises(EnvironmentBroken, match="the project uses black, which is not installed") as raised:
        await ToolTidier(place.sandbox).inspect(place.task(WorkKind.FORMAT).model_copy(update={"interpreter": elsewhere}))
    assert "pip install black" in raised.value.fix
