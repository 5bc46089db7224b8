"""Ways in which an assertion after a change is the partner of one before it, and what to think of the pair.

Each returns a doubt about the pair, True when all is well with it, False when the two are no pair.
"""

import ast

from codecompanion.domain.integrity import IntegrityKind
from codecompanion.workspace.integrity.assertions import Assertion
from codecompanion.workspace.integrity.doubt import Doubt
from codecompanion.workspace.integrity.reach import Guard
from codecompanion.workspace.integrity.relations import OPPOSITES, WIDER_WHEN_LESS, WIDER_WHEN_MORE, Strength
from codecompanion.workspace.integrity.syntax import identifiers, shape, shown

_LOSSY = frozenset(
    {"round", "int", "set", "frozenset", "sorted", "len", "bool", "type", "abs", "str", "lower", "upper", "strip", "casefold"}
)
_WIDE_ERRORS = ("Exception", "BaseException")


def guarded(old: Assertion, new: Assertion) -> Doubt | bool:
    """Match an assertion with itself when what stands between it and the outcome has changed."""
    if old.text != new.text or old.guard == new.guard:
        return False
    if new.guard and old.guard is not Guard.SWALLOWED:
        return loosened(new, f"{shown(old.source)!r} is now checked {new.guard.value}")
    return True


def same_with_other_limits(old: Assertion, new: Assertion) -> Doubt | bool:
    """Match an assertion with itself when its tolerance has changed."""
    if old.text != new.text:
        return False
    return loosened(new, f"the tolerance of {shown(old.source)!r} is wider") if _wider(old, new) else True


def _wider(old: Assertion, new: Assertion) -> bool:
    more = any(_limit(new, name, usual) > _limit(old, name, usual) for name, usual in WIDER_WHEN_MORE.items())
    return more or any(_limit(new, name, usual) < _limit(old, name, usual) for name, usual in WIDER_WHEN_LESS.items())


def _limit(one: Assertion, name: str, usual: float) -> float:
    try:
        return float(ast.literal_eval(one.tolerances.get(name, repr(usual))))
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return usual


def same_relation(old: Assertion, new: Assertion) -> Doubt | bool:
    """Match an assertion that compares the same value in the same way with something else."""
    if old.subject != new.subject or old.relation != new.relation:
        return False
    if old.relation == "raises" and _raises_wider(old, new):
        return loosened(new, f"it expects {new.expected or 'anything'} to be raised in place of {old.expected}")
    if old.literal and new.literal:
        return _expects(old, new)
    same_error = old.relation != "raises" or _error(old) == _error(new)
    if old.constants <= new.constants and same_error:
        return True
    if old.relation == "raises":
        return _expects(old, new)
    return Doubt(IntegrityKind.TEST_CHANGED, "tell", new.line, f"{shown(old.source)!r} became {shown(new.source)!r}")


def _raises_wider(old: Assertion, new: Assertion) -> bool:
    was, now = old.expected.partition(", ")[0], new.expected
    lost_match = "match=" in old.expected and "match=" not in now
    wide = any(
        one in now and one not in was.split("(") for one in _WIDE_ERRORS if f"{one}" in _names(now) and one not in _names(was)
    )
    return lost_match or wide or (now.startswith("(") and _names(was) < _names(now))


def _error(one: Assertion) -> str:
    return one.expected.partition(", match=")[0]


def _names(text: str) -> frozenset[str]:
    return frozenset(text.replace("(", " ").replace(")", " ").replace(",", " ").split())


def _expects(old: Assertion, new: Assertion) -> Doubt:
    text = f"{shown(old.subject)!r} is expected to be {shown(new.expected)} in place of {shown(old.expected)}"
    return Doubt(IntegrityKind.EXPECTATION_CHANGED, "blocks", new.line, text)


def other_relation(old: Assertion, new: Assertion) -> Doubt | bool:
    """Match an assertion that compares the same value in another way."""
    if old.subject != new.subject:
        return False
    approximates = new.relation == "≈" and old.relation == "=="
    if {(old.relation, new.relation), (new.relation, old.relation)} & OPPOSITES and old.expected == new.expected:
        what = f"{shown(old.source)!r} became its contrary {shown(new.source)!r}"
        return Doubt(IntegrityKind.EXPECTATION_CHANGED, "blocks", new.line, what)
    bare = new.relation == "is true" and not new.expected
    if new.strength == Strength.EXACT == old.strength and not approximates and not old.constants <= new.constants:
        what = f"{shown(old.source)!r} became {shown(new.source)!r}, which expects another value"
        return Doubt(IntegrityKind.EXPECTATION_CHANGED, "blocks", new.line, what)
    if new.strength >= old.strength and not approximates and not bare:
        return True
    return loosened(new, f"{shown(old.source)!r} became {shown(new.source)!r}", mild=approximates and not new.tolerances)


def wrapped(old: Assertion, new: Assertion) -> Doubt | bool:
    """Match an assertion of the same value after something was thrown away of it: rounded, sorted, its length alone."""
    lossy = any(f"{name}(" in new.subject and f"{name}(" not in old.subject for name in _LOSSY)
    if not lossy or old.subject not in new.subject or new.relation not in (old.relation, "==", "is true"):
        return False
    return loosened(new, f"{shown(old.source)!r} became {shown(new.source)!r}")


def rewritten(old: Assertion, new: Assertion) -> Doubt | bool:
    """Match an assertion that expects the same of an expression that was rewritten, or of another input."""
    if (old.relation, old.expected) != (new.relation, new.expected) or (new.guard and not old.guard):
        return False
    names = identifiers(old.subject)
    if old.source == new.source and shape(old.subject) != shape(new.subject):
        return True
    if not names or not old.expected or 2 * len(names & identifiers(new.subject)) < len(names):
        return False
    if shape(old.subject) != shape(new.subject):
        return True
    return Doubt(
        IntegrityKind.TEST_CHANGED, "tell", new.line, f"{shown(old.source)!r} became {shown(new.source)!r}, with other inputs"
    )


def loosened(new: Assertion, what: str, *, mild: bool = False) -> Doubt:
    """Return the doubt that an assertion asks less; a `mild` one does not block."""
    return Doubt(IntegrityKind.ASSERTION_LOOSENED, "tell" if mild else "blocks", new.line, what)


MATCHES = (guarded, same_with_other_limits, same_relation, other_relation, wrapped, rewritten)
"""All of them, the closest first."""
