"""What a file is for, by its path."""

import pytest

from codecompanion.workspace.retrieval.kinds import Kind, kind_of


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("shell/history.py", Kind.SOURCE),
        ("builders/changes.py", Kind.SOURCE),
        ("news/models.py", Kind.SOURCE),
        ("billing/tasks.py", Kind.SOURCE),
        ("HISTORY", Kind.DOCS),
        ("CHANGES.d.yaml", Kind.DOCS),
        ("news/1234.bugfix", Kind.DOCS),
        ("docs/history.py", Kind.DOCS),
        ("tasks.py", Kind.TOOLING),
        ("billing/test_tasks.py", Kind.TEST),
        ("_vendor/history.py", Kind.COPY),
        ("build/history.js", Kind.COPY),
        ("packages/shop/build/history.js", Kind.COPY),
        ("src/shop/build/history.py", Kind.SOURCE),
        ("internal/build/history.go", Kind.SOURCE),
    ],
)
def test_code_is_told_from_prose_and_tooling_of_the_same_name(path: str, kind: Kind) -> None:
    assert kind_of(path) is kind
