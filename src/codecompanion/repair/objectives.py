"""Which objectives the builtin mind can serve: those that ask for failing tests, or a bug they show, to be mended."""

import re

SERVED_KINDS = "makes failing tests of a Python project pass"

_MEND = re.compile(r"\b(fix|repair|mend|solve|resolve|debug|correct|heal|make|get|turn|find)\w*\b", re.IGNORECASE)
_BROKEN = re.compile(
    r"\b(tests?|testsuite|suite|failing|failures?|failed|fails?|bugs?|errors?|broken|green|red|pass(es|ing)?|pytest|unittest|ci)\b",
    re.IGNORECASE,
)
_OTHER = re.compile(
    r"\b(add|write|create|implement|refactor|rename|document|migrate|upgrade|optimi[sz]e|translate|delete|remove|port)\b",
    re.IGNORECASE,
)


def serves(objective: str) -> bool:
    """Whether an objective asks for what the builtin mind does.

    Words decide: one that means mending, one that means something is broken, and none that asks for other work.
    """
    first_line = objective.strip().splitlines()[0]
    return bool(_MEND.search(objective) and _BROKEN.search(objective)) and not _OTHER.search(first_line)
