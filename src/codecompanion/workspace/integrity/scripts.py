"""Read JavaScript and TypeScript tests plainly: their titles, what switches them off, and how much they expect."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

from codecompanion.domain.integrity import IntegrityKind
from codecompanion.workspace.integrity.doubt import Doubt
from codecompanion.workspace.integrity.syntax import shown

_TEST = re.compile(
    r"(?<![\w.$])(?P<call>x?it|x?test|fit|ftest|x?specify|x?describe|fdescribe|x?context|suite)(?P<more>(?:\.\w+)*)\s*\(\s*(?P<quote>['\"`])(?P<title>(?:\\.|(?!(?P=quote)).)*)(?P=quote)",
    re.DOTALL,
)
_NOT_CODE = re.compile(r"//[^\n]*|/\*.*?\*/|(?P<kept>'(?:\\.|[^'\\\n])*'|\"(?:\\.|[^\"\\\n])*\"|`(?:\\.|[^`\\])*`)", re.DOTALL)
_EXPECTS = re.compile(r"(?<![\w$])(?:expect|assert|t)\b(?:\.\w+)*\s*\(|\.should\b")
_STRICT = re.compile(
    r"\.(?:toBe|toEqual|toStrictEqual|toThrow|toHaveBeenCalledWith|toMatchObject|equal|deepEqual|strictEqual|deepStrictEqual|eql)\s*\(|\.to\.(?:deep\.)?equal\s*\("
)
_LOOSE = re.compile(
    r"\.(?:toBeTruthy|toBeDefined|toBeFalsy|toBeInstanceOf|toHaveBeenCalled|toContain|toMatch|ok|not\.toBe\w*|not\.toThrow|exists?)\b|\.to\.exist\b|\.to\.be\.ok\b"
)
_TRIVIAL = re.compile(r"expect\(\s*(true|1|!0)\s*\)\.\w+\(\s*(true|1)?\s*\)|assert(?:\.ok)?\(\s*(?:true|1)\s*\)")
_OFF = ("skip", "todo", "failing", "fails", "skipIf", "runIf")
_ALIKE = 0.6


@dataclass(frozen=True, slots=True)
class _Script:
    """One test or group: its title, its line, what switches it off ("" when it runs), and its text up to the next one."""

    title: str
    line: int
    off: str
    only: bool
    group: bool
    body: str


def script_doubts(before: str, after: str) -> Iterator[tuple[str, Doubt]]:
    """Yield what is weaker in a file of tests, each with the title of the test."""
    old, new = _scripts(before), _scripts(after)
    by_title = {one.title: one for one in new}
    fresh = [one for one in new if one.title not in {other.title for other in old}]
    for one in old:
        now = by_title.get(one.title) or _renamed(one, fresh)
        if now is None and not one.group:
            yield one.title, Doubt(IntegrityKind.TEST_DELETED, "blocks", one.line, "the test is gone")
        elif now is not None:
            yield from ((one.title, doubt) for doubt in _weaker(one, now))


def script_tests(text: str) -> list[tuple[str, int]]:
    """Return the titles of the tests in a file that run, each with its line."""
    return [(one.title, one.line) for one in _scripts(text) if not one.group and not one.off]


def _scripts(text: str) -> list[_Script]:
    code = _NOT_CODE.sub(lambda found: found["kept"] or "\n" * found[0].count("\n"), text)
    found = list(_TEST.finditer(code))
    if not found:
        return []
    ends = [one.start() for one in found[1:]] + [len(code)]
    return [_script(one, code, end) for one, end in zip(found, ends, strict=True)]


def _script(found: re.Match[str], code: str, end: int) -> _Script:
    call, more = found["call"], found["more"].split(".")
    off = next((one for one in more if one in _OFF), "x" if call.startswith("x") else "")
    only = call in ("fit", "fdescribe", "ftest") or "only" in more
    group = call.removeprefix("x").removeprefix("f") in ("describe", "context", "suite")
    return _Script(found["title"], code.count("\n", 0, found.start()) + 1, off, only, group, code[found.end() : end])


def _renamed(old: _Script, fresh: list[_Script]) -> _Script | None:
    for one in fresh:
        if (
            one.group == old.group
            and SequenceMatcher(None, old.body.split(), one.body.split(), autojunk=False).ratio() >= _ALIKE
        ):
            fresh.remove(one)
            return one
    return None


def _weaker(old: _Script, new: _Script) -> Iterator[Doubt]:
    if new.off and not old.off:
        yield Doubt(IntegrityKind.TEST_DISABLED, "blocks", new.line, "it is switched off")
    if new.only and not old.only:
        yield Doubt(IntegrityKind.TEST_DISABLED, "blocks", new.line, "it alone runs, and the others of its file do not")
    had, has = _expectations(old.body), _expectations(new.body)
    if has < had:
        yield Doubt(IntegrityKind.ASSERTION_REMOVED, "blocks", new.line, f"it expects {has} things in place of {had}")
    elif len(_STRICT.findall(new.body)) < len(_STRICT.findall(old.body)) and len(_LOOSE.findall(new.body)) > len(
        _LOOSE.findall(old.body)
    ):
        yield Doubt(IntegrityKind.ASSERTION_LOOSENED, "blocks", new.line, "it expects less precisely")
    elif (changed := _changed(old.body, new.body)) is not None:
        yield Doubt(IntegrityKind.EXPECTATION_CHANGED, "blocks", new.line, changed)


def _expectations(body: str) -> int:
    return len(_EXPECTS.findall(body)) - len(_TRIVIAL.findall(body))


_ONE = re.compile(r"expect\((?P<subject>.+)\)\.(?P<matcher>(?:not\.|resolves\.|rejects\.)*\w+)\((?P<expected>[^()\n]*)\)")


def _changed(before: str, after: str) -> str | None:
    had = {(one["subject"], one["matcher"]): one["expected"] for one in _ONE.finditer(before)}
    for one in _ONE.finditer(after):
        was = had.get((one["subject"], one["matcher"]))
        if was is not None and was != one["expected"]:
            return f"{shown(one['subject'])!r} is expected to be {shown(one['expected'])} in place of {shown(was)}"
    return None
