"""Find what a patch does to look successful without being so. Everything here is pure: texts and reports in, findings out."""

from codecompanion.workspace.integrity.examine import examine
from codecompanion.workspace.integrity.secrets import new_secrets

__all__ = ["examine", "new_secrets"]
