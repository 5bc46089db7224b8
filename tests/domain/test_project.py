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
