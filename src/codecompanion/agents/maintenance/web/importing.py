"""What an import that failed says of the application, and what it only says of the cage."""

import re
from collections.abc import Mapping

from codecompanion.agents.maintenance.report import Noted
from codecompanion.agents.maintenance.web.applications import Application
from codecompanion.agents.maintenance.web.proving import Failure
from codecompanion.workspace.tidying.declaring import WELL_KNOWN
from codecompanion.workspace.tidying.manifests import normalized

_SETTING = re.compile(r"\b([A-Z][A-Z0-9]*_[A-Z0-9_]+)\b")
_MISSING = re.compile(r"No module named '([\w.]+)'")
_UPPER_KEY = re.compile(r"^KeyError: '([A-Z][A-Z0-9_]*)'")
_OF_THE_OUTSIDE = frozenset(("OSError", "ConnectionError", "TimeoutError", "OperationalError", "ValidationError"))


def import_finding(application: Application, failure: Failure, installing: Mapping[str, str]) -> Noted:
    """Return what is to be said of an application that could not be imported.

    Args:
        application: Which one.
        failure: What was raised.
        installing: The commands that install the declared distributions, by their names.

    It is an error, but for what may well be the cage's doing: there is no network, and no key or setting of the user is there.
    """
    where = failure.where or application.where
    named = _MISSING.search(failure.text)
    what = f"the application {application.name} cannot be imported: {failure.text}"
    if named and "ModuleNotFoundError" in failure.types:
        return Noted(severity="error", what=what, where=where, fix=_installing(named[1], installing))
    setting = _UPPER_KEY.search(failure.text) or _SETTING.search(failure.text)
    if setting or _OF_THE_OUTSIDE & set(failure.types):
        asked = f"the setting {setting[1]}" if setting else "something outside"
        what = f"the application {application.name} cannot be imported without {asked}: {failure.text}"
        fix = "read settings and open connections when it starts, not when it is imported: then it can be tested without them"
        return Noted(severity="warning", what=what, where=where, fix=fix)
    return Noted(severity="error", what=what, where=where, fix="mend what the import runs into")


def _installing(module: str, installing: Mapping[str, str]) -> str:
    """Return how to get a module. A name that no manifest has is not offered: anybody may own it."""
    top = module.partition(".")[0]
    command = installing.get(normalized(WELL_KNOWN.get(top, top)))
    return command or f"find out which distribution brings {top}, declare it and install it"
