"""Which tests a patch adds: a new test that does not fail on the base proves nothing."""

from collections.abc import Mapping

from codecompanion.domain.checks import SuiteReport
from codecompanion.workspace.integrity.places import is_script_test
from codecompanion.workspace.integrity.scripts import script_tests
from codecompanion.workspace.integrity.suite import suite_of


def new_tests(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[str, ...]:
    """Return the ids of the test functions that are new, "path::Class::function" or "path::title", in order of the files.

    A test that was moved or renamed is not new. The mappings are those of `examine`.
    """
    python = [one.test_id for one in suite_of(before, after, SuiteReport()).pairs.new]
    scripts = [
        f"{path}::{title}"
        for path in after
        if is_script_test(path)
        for title, _ in script_tests(after[path])
        if title not in dict(script_tests(before.get(path, "")))
    ]
    return (*python, *scripts)
