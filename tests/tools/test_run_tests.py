import pytest
from pydantic_ai import ModelRetry

import projects
from agent_world import World
from codecompanion.domain.errors import LimitReached
from codecompanion.domain.permission import PermissionMode
from codecompanion.tools.run_tests import run_tests

pytestmark = pytest.mark.anyio

TEST = "tests/test_shop.py::test_"


def mend(world: World) -> None:
    projects.write(world.root, {"shop.py": projects.BUGGY.replace("count > 10", "count >= 10")})


async def test_untouched_nothing_is_new(world: World) -> None:
    text = await world.call(run_tests)
    assert "Ran all tests in " in text
    assert "3 passed, 1 failed, 0 errors, 0 skipped [E1]" in text
    assert f"Still failing, as before your changes: 1\n- {TEST}ten_pieces_have_a_discount\n" in text
    assert "assert 0 == 5" in text
    assert "Newly" not in text
    assert len(world.heard) == 4
    assert world.recorded[0][3] is not None


async def test_a_mended_test_is_said_to_pass_now(world: World) -> None:
    mend(world)
    text = await world.call(run_tests)
    assert text.endswith(f"Now passing, failed before your changes: 1\n- {TEST}ten_pieces_have_a_discount\nNothing fails.")


async def test_a_broken_test_is_told_from_one_that_failed_before(world: World) -> None:
    projects.write(world.root, {"shop.py": projects.BUGGY.replace("return 5", "return 6")})
    text = await world.call(run_tests)
    assert "Newly failing (passed before your changes, or are new): 2" in text
    assert f"- {TEST}many_pieces_have_a_discount\n" in text
    assert "Still failing, as before your changes: 1" in text


async def test_a_test_that_was_deleted_counts_as_newly_failing(world: World) -> None:
    mend(world)
    projects.write(world.root, {"tests/test_shop.py": projects.TESTS.replace("def test_few", "def not_few")})
    text = await world.call(run_tests)
    assert f"- {TEST}few_pieces_have_no_discount\n    it did not run" in text


async def test_some_tests_are_run_by_id_file_or_folder_with_new_ones(world: World) -> None:
    text = await world.call(run_tests, [f"{TEST}ten_pieces_have_a_discount"])
    assert "0 passed, 1 failed" in text
    assert "Newly" not in text
    projects.write(world.root, {"tests/test_new.py": "def test_new():\n    assert 0, 'not yet'\n"})
    assert "0 passed, 1 failed" in (new := await world.call(run_tests, ["tests/test_new.py"]))
    assert "Newly failing (passed before your changes, or are new): 1\n- tests/test_new.py::test_new" in new
    assert "3 passed, 2 failed" in await world.call(run_tests, ["./tests/"])
    nothing = await world.call(run_tests, ["tests/test_gone.py"])
    assert "No test ran: check the names." in nothing


async def test_one_file_can_be_named_without_a_list(world: World) -> None:
    assert "Ran tests/test_shop.py in " in await world.call(run_tests, "tests/test_shop.py")
    with pytest.raises(ModelRetry, match="at least one"):
        await world.call(run_tests, " ")


async def test_tests_that_fail_alike_tell_it_once_and_by_paths_of_the_project(world: World) -> None:
    case = "def test_{0}(nobody_has_it):\n    pass\n\n\n"
    projects.write(world.root, {"tests/test_new.py": "".join(map(case.format, "abc"))})
    text = await world.call(run_tests, ["tests/test_new.py"])
    assert text.count("fixture 'nobody_has_it' not found") == 1
    assert text.endswith(
        "- tests/test_new.py::test_b: as tests/test_new.py::test_a\n- tests/test_new.py::test_c: as tests/test_new.py::test_a"
    )
    assert "    file tests/test_new.py, line 1\n" in text
    assert str(world.root) not in text


async def test_impacted_tests_are_those_that_import_what_changed(world: World) -> None:
    files = {"other.py": "x = 1\n", "tests/test_other.py": "from other import x\n\ndef test_x():\n    assert x == 1\n"}
    projects.write(world.root, files)
    projects.git(world.root, "add", "--all")
    projects.git(world.root, "commit", "--quiet", "--message", "more")
    world.desk.passing = (*world.desk.passing, "tests/test_other.py::test_x")
    projects.write(world.root, {"other.py": "x = 2\n"})
    text = await world.call(run_tests, "impacted")
    # The test that was to be repaired is always among them.
    assert sorted({test for test, _ in world.heard}) == ["tests/test_other.py::test_x", f"{TEST}ten_pieces_have_a_discount"]
    assert "Newly failing (passed before your changes, or are new): 1\n- tests/test_other.py::test_x" in text


async def test_when_it_cannot_be_told_what_is_reached_all_are_run(world: World) -> None:
    projects.write(world.root, {"data.json": "{}\n"})
    assert "all tests, because it cannot be told" in await world.call(run_tests, "impacted")
    assert len(world.heard) == 4


async def test_a_file_that_cannot_be_loaded_is_told_with_its_error(world: World) -> None:
    projects.write(world.root, {"shop.py": "def (\n"})
    text = await world.call(run_tests)
    assert "SyntaxError" in text
    assert "Newly failing" in text


async def test_a_missing_module_is_for_the_model_to_mend(world: World) -> None:
    projects.write(world.root, {"tests/test_shop.py": "import not_a_module_anywhere\n" + projects.TESTS})
    assert "not_a_module_anywhere" in await world.call(run_tests)


async def test_plan_mode_and_no_time_run_nothing(world: World) -> None:
    world.desk.mode = PermissionMode.PLAN
    assert await world.call(run_tests) == "Not run: in plan mode nothing is run."
    world.desk.mode = PermissionMode.DEFAULT
    world.desk.time_left_s = lambda: -1.0
    with pytest.raises(LimitReached):
        await world.call(run_tests)


async def test_a_new_test_that_passes_is_named(world: World) -> None:
    projects.write(world.root, {"tests/test_new.py": "def test_new():\n    assert 1\n"})
    text = await world.call(run_tests, ["tests/test_new.py"])
    assert "Now passing, new or skipped before your changes: 1\n- tests/test_new.py::test_new" in text
