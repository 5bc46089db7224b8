"""Find what a patch does to look successful without being so. Everything here is pure: texts and reports in, findings out."""

from codecompanion.workspace.integrity.added import new_tests
from codecompanion.workspace.integrity.examine import examine

__all__ = ["examine", "new_tests"]
