import pytest

from codecompanion.domain.project import Interpreter


@pytest.mark.parametrize(
    ("source", "fix"),
    [
        (".venv", "/p/.venv/bin/python -m pip install pytest, or name another"),
        ("--python", "/p/.venv/bin/python -m pip install pytest, or name another"),
        ("current", "python3 -m venv .venv && .venv/bin/python -m pip install pytest, with what else it needs"),
    ],
)
def test_what_a_project_lacks_is_put_into_its_own_environment_and_never_into_ours(source: str, fix: str) -> None:
    interpreter = Interpreter(executable="/p/.venv/bin/python", prefixes=(), version="3.11.7", source=source)
    assert fix in interpreter.fix_for_missing("pytest")


def test_the_whole_of_what_helps_is_said() -> None:
    own = Interpreter(executable="/usr/bin/python3", prefixes=(), version="3.11.7", source="current")
    assert own.fix_for_missing("x") == (
        "as the project has no environment: python3 -m venv .venv && .venv/bin/python -m pip install x, "
        "with what else it needs; or name its interpreter with --python"
    )
    given = own.model_copy(update={"source": "--python"})
    assert given.fix_for_missing("x") == "/usr/bin/python3 -m pip install x, or name another interpreter with --python"
