from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from codecompanion.domain.repair import RepairResult

if TYPE_CHECKING:
    from codecompanion.ports import SearchProgress

Repair = Callable[..., Awaitable[RepairResult]]

pytestmark = pytest.mark.anyio


@dataclass(frozen=True)
class Bug:
    """A module `shop.py` with one fault: the faulty text, what it should be, what fails and what holds."""

    code: str
    wrong: str
    right: str
    failing: Mapping[str, str]
    passing: Mapping[str, str] = field(default_factory=dict[str, str])


BUGS = {
    "a missing import in a file without imports": Bug(
        """\
        WRONGdef words(text):
            return re.split(r"[ ,]+", text)
        """,
        "",
        "import re\n\n\n",
        {"two": "words('a, b') == ['a', 'b']", "one": "words('a') == ['a']"},
    ),
    "a set that is never filled": Bug(
        """\
        def repeated(values):
            seen = set()
            for value in values:
                if value in seen:
                    return value
        WRONG    return None
        """,
        "",
        "        seen.add(value)\n",
        {"two": "repeated('abcb') == 'b'", "one": "repeated([1, 1]) == 1", "far": "repeated([3, 4, 5, 4, 3]) == 4"},
        {"none": "repeated('abc') is None"},
    ),
    "a function": Bug(
        """\
        def total(prices):
            result = 0
            for price in prices:
                result WRONG price  # keep this comment
            return result
        """,
        "-=",
        "+=",
        {"sum": "total([1, 2]) == 3", "one": "total([4]) == 4"},
        {"none": "total([]) == 0"},
    ),
    "a method behind a decorator": Bug(
        """\
        import functools

        def loud(function):
            @functools.wraps(function)
            def call(*args):
                return function(*args).upper()
            return call

        class Greeter:
            greeting = "hello"

            @loud
            def greet(self, name):
                return self.greeting + " " + WRONG
        """,
        "self.greeting",
        "name",
        {"name": "Greeter().greet('ann') == 'HELLO ANN'", "two": "Greeter().greet('x y') == 'HELLO X Y'"},
    ),
    "a closure that lives since the import": Bug(
        """\
        def adder(step):
            def add(value):
                return value WRONG step
            return add

        add_two = adder(2)
        """,
        "-",
        "+",
        {"add": "add_two(5) == 7", "zero": "add_two(0) == 2", "far": "adder(9)(1) == 10"},
    ),
    "an attribute of a class": Bug(
        """\
        class Circle:
            corners = WRONG

            def is_round(self):
                return self.corners == 0
        """,
        "1",
        "0",
        {"round": "Circle().is_round()", "count": "Circle.corners == 0"},
    ),
    "a loop without end": Bug(
        """\
        def countdown(n):
            steps = []
            while n WRONG 0:
                steps.append(n)
                n -= 1
            return steps
        """,
        "!=",
        ">",
        {"below": "countdown(-1) == []"},
        {"down": "countdown(2) == [2, 1]"},
    ),
    "a test that ends its process": Bug(
        """\
        import os

        def halve(n):
            if n WRONG 0:
                os._exit(3)
            return n // 2
        """,
        "!=",
        "<",
        {"four": "halve(4) == 2", "five": "halve(5) == 2"},
        {"none": "halve(0) == 0"},
    ),
}


def project_of(bug: Bug) -> Mapping[str, str]:
    return {"shop.py": dedent(bug.code).replace("WRONG", bug.wrong), "test_shop.py": written(bug)}


def written(bug: Bug) -> str:
    tests = {**bug.failing, **bug.passing}.items()
    return "from shop import *\n" + "".join(f"\ndef test_{name}():\n    assert {claim}\n" for name, claim in tests)


def ids(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(f"test_shop.py::test_{name}" for name in names)


@pytest.mark.parametrize("bug", BUGS.values(), ids=BUGS)
async def test_the_first_patch_is_the_one_a_person_would_write(repair: Repair, bug: Bug) -> None:
    result = await repair(project_of(bug), failing=ids(bug.failing), passing=ids(bug.passing))
    assert result.patches[0].files == {"shop.py": dedent(bug.code).replace("WRONG", bug.right)}
    assert result.suspects[0].path == "shop.py"


async def test_two_faults_of_one_function_are_repaired_together(repair: Repair) -> None:
    code = (
        "def grade(points):\n    if points > 90:\n        return 'b'\n    if points > 50:\n        return 'a'\n    return 'c'\n"
    )
    tests = """\
        from grades import grade

        def test_best():
            assert grade(95) == 'a'

        def test_middle():
            assert grade(60) == 'b'

        def test_last():
            assert grade(10) == 'c'
        """
    files = {"grades.py": code, "test_grades.py": dedent(tests)}
    names = ("test_grades.py::test_best", "test_grades.py::test_middle")
    result = await repair(files, failing=names, passing=("test_grades.py::test_last",))
    space: dict[str, object] = {}
    exec(result.patches[0].files["grades.py"], space)
    grade = space["grade"]
    assert callable(grade)
    assert [grade(95), grade(60), grade(10)] == ["a", "b", "c"]


async def test_a_project_with_unittest_alone_is_repaired(repair: Repair) -> None:
    tests = """\
        import unittest
        from shop import larger

        class LargerTest(unittest.TestCase):
            def test_left(self):
                self.assertEqual(larger(2, 1), 2)

            def test_right(self):
                self.assertEqual(larger(1, 2), 2)
        """
    files = {"shop.py": "def larger(a, b):\n    return a if a < b else b\n", "test_shop.py": dedent(tests)}
    names = ("test_shop.LargerTest.test_left", "test_shop.LargerTest.test_right")
    result = await repair(files, failing=names, runner="unittest")
    assert result.patches[0].files["shop.py"] == "def larger(a, b):\n    return a if a > b else b\n"


async def test_what_cannot_be_repaired_ends_in_time_with_suspects(repair: Repair) -> None:
    progress: list[SearchProgress] = []
    files = {
        "shop.py": "def name():\n    return 'shop'\n",
        "test_shop.py": "from shop import name\n\ndef test_name():\n    assert name() == 'Xq7#'\n",
    }
    result = await repair(files, failing=("test_shop.py::test_name",), timeout_s=20.0, progress=progress)
    assert result.patches == ()
    assert [(suspect.path, suspect.function) for suspect in result.suspects][:1] == [("shop.py", "name")]
    assert progress[-1].candidates_tried == result.candidates_tried > 0


async def test_the_files_of_the_project_stay_as_they_were(repair: Repair, tmp_path: Path) -> None:
    bug = BUGS["a function"]
    await repair(project_of(bug), failing=ids(bug.failing), passing=ids(bug.passing))
    found = {path.name: path.read_text(encoding="utf-8") for path in (tmp_path / "project").rglob("*.py")}
    assert found == project_of(bug)


async def test_a_constant_is_repaired_where_a_conftest_imports_the_project(repair: Repair) -> None:
    conftest = "import pytest\nfrom pkg import ok\n\n@pytest.fixture\ndef check():\n    return ok\n"
    tests = "import pkg\n\ndef test_limit():\n    assert pkg.LIMIT == 4\n\ndef test_inside(check):\n    assert check(3)\n"
    files = {
        "pkg/__init__.py": "LIMIT = 3\n\ndef ok(n):\n    return n < LIMIT\n",
        "conftest.py": conftest,
        "test_pkg.py": tests,
    }
    result = await repair(files, failing=("test_pkg.py::test_limit", "test_pkg.py::test_inside"))
    assert result.patches[0].files == {"pkg/__init__.py": files["pkg/__init__.py"].replace("3", "4")}


async def test_a_test_that_fails_by_chance_is_left_out_and_named(repair: Repair) -> None:
    tests = """
        import random
        import shop

        def test_luck():
            assert shop.twice(random.random()) < 1.5

        def test_twice():
            assert shop.twice(4) == 8
        """
    files = {"shop.py": "def twice(value):\n    return value * 3\n", "test_shop.py": dedent(tests)}
    result = await repair(files, failing=("test_shop.py::test_luck", "test_shop.py::test_twice"))
    assert result.flaky == ("test_shop.py::test_luck",)
    assert result.patches[0].files["shop.py"] == "def twice(value):\n    return value * 2\n"


async def test_an_edit_that_passes_by_chance_is_not_believed(repair: Repair) -> None:
    tests = """
        import random
        import shop

        def test_never_above_one():
            assert shop.clamp(random.random() * 1.5) <= 1
            assert shop.clamp(7) == 7 if shop.OPEN else shop.clamp(7) == 1
        """
    code = "OPEN = False\n\ndef clamp(value):\n    if value WRONG 1:\n        return 1\n    return value\n"
    files = {"shop.py": code.replace("WRONG", "> 10 *"), "test_shop.py": dedent(tests)}
    result = await repair(files, failing=("test_shop.py::test_never_above_one",))
    assert all("OPEN = True" not in patch.files["shop.py"] for patch in result.patches)


async def test_a_cache_of_the_project_does_not_hide_the_right_edit(repair: Repair) -> None:
    code = """
        _CACHE = {}

        def squares(limit):
            if limit not in _CACHE:
                _CACHE[limit] = _squares(limit)
            return _CACHE[limit]

        def _squares(limit):
            found = []
            for number in range(limit):
                if number % 2 == 1:
                    found.append(number * limit)
            return found
        """
    tests = """
        from numbers_ import squares

        def test_odd_squares():
            assert squares(6) == [1, 9, 25]
        """
    files = {"numbers_.py": dedent(code), "test_numbers.py": dedent(tests)}
    result = await repair(files, failing=("test_numbers.py::test_odd_squares",))
    assert "found.append(number * number)" in result.patches[0].files["numbers_.py"]
