"""The licences of what is installed, as its metadata tells them."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from codecompanion.agents.maintenance.python.installed import Installed
from codecompanion.agents.maintenance.python.requirements import MAIN, Requirement
from codecompanion.agents.maintenance.report import Noted

_STRONG = re.compile(r"\b(AGPL|GPL)|Affero|(?<!Lesser )(?<!Library )General Public License")
_WEAK = re.compile(r"LGPL|Lesser|Library General")


def licence_findings(asked: Sequence[Requirement], installed: Installed) -> Iterator[Noted]:
    """Yield the direct dependencies whose licence binds those who pass the project on, or is not told."""
    for name in dict.fromkeys(one.name for one in asked if one.group == MAIN):
        found = installed.distributions.get(name)
        if found is None:
            continue
        if not found.licence:
            yield Noted(severity="note", what=f"{name} {found.version} does not tell its licence", where=name)
        elif _STRONG.search(found.licence) and not _WEAK.search(found.licence):
            what = f"{name} {found.version} is under {found.licence}: who passes the project on is bound by it"
            yield Noted(severity="warning", what=what, where=name, fix="ask whether that is wanted")


def licence_counts(installed: Installed) -> list[str]:
    """Return how many installed distributions have which licence, the most frequent first."""
    counts = Counter(one.licence or "not told" for one in installed.distributions.values())
    return [f"{count:>4}  {licence}" for licence, count in counts.most_common(10)]
