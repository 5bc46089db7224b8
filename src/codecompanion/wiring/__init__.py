"""The only package that names concrete alternatives. It opens everything a face needs, and closes it again."""

from codecompanion.wiring.app import App
from codecompanion.wiring.opening import open_app

__all__ = ["App", "open_app"]
