"""What a run's state tells of its files."""

from codecompanion.domain.events.trees import BroughtFile, IgnoredFilesBrought
from codecompanion.domain.state import Running, brought_paths
from histories import REQUEST


def test_the_files_beside_the_trees_are_those_that_were_brought() -> None:
    files = tuple(BroughtFile(path=path, blob="b" * 40, size=1) for path in (".env", "data/a.db"))
    brought = IgnoredFilesBrought(commit="c" * 40, files=files)
    assert brought_paths(Running(request=REQUEST, brought=brought)) == (".env", "data/a.db")
    assert brought_paths(Running(request=REQUEST)) == ()
