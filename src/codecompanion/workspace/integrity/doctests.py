"""Find examples in docstrings and documents that ran as tests and no longer do."""

from collections.abc import Iterator

from codecompanion.domain.checks import SuiteReport
from codecompanion.domain.integrity import IntegrityKind
from codecompanion.workspace.integrity.doubt import Doubt


def fewer_examples(path: str, before: str, after: str, report: SuiteReport) -> Iterator[Doubt]:
    """Yield what a file's doctests no longer show. Only of files whose doctests ran: others' examples are prose."""
    if not any(_is_doctest(one.test_id, path) for one in report.outcomes):
        return
    had, has = (text.count(">>> ") for text in (before, after))
    if has < had:
        yield Doubt(IntegrityKind.ASSERTION_REMOVED, "blocks", 0, f"{had - has} of its {had} examples are gone")
    skipped = [text.count("+SKIP") + text.count("+ELLIPSIS") for text in (before, after)]
    if skipped[1] > skipped[0]:
        yield Doubt(
            IntegrityKind.TEST_DISABLED,
            "blocks",
            0,
            f"{skipped[1] - skipped[0]} more of its examples are skipped or compared loosely",
        )


def _is_doctest(test_id: str, path: str) -> bool:
    file, _, name = test_id.partition("::")
    return file == path and ("." in name or not path.endswith(".py"))
