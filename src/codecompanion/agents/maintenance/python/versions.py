"""Compare versions and match them with specifiers, by the rules of PEP 440."""

import re
from dataclasses import dataclass
from functools import total_ordering

_VERSION = re.compile(
    r"v?(?:(?P<epoch>\d+)!)?(?P<release>\d+(?:\.\d+)*)"
    r"(?:[-_.]?(?P<pre>alpha|a|beta|b|preview|pre|c|rc)[-_.]?(?P<pre_n>\d*))?"
    r"(?:-(?P<post_dash>\d+)|[-_.]?(?P<post>post|rev|r)[-_.]?(?P<post_n>\d*))?"
    r"(?:[-_.]?(?P<dev>dev)[-_.]?(?P<dev_n>\d*))?(?:\+(?P<local>[a-z0-9]+(?:[-_.][a-z0-9]+)*))?",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"\s*(===|~=|==|!=|<=|>=|<|>)\s*([^\s,]+)\s*")
_PRE = {"alpha": "a", "beta": "b", "preview": "rc", "pre": "rc", "c": "rc"}
_BEFORE_ALL, _AFTER_ALL = (-1, "", 0), (1, "", 0)


@total_ordering
@dataclass(frozen=True, slots=True)
class Version:
    """A version. `pre` is ("a" | "b" | "rc", number); None where a part is absent. "1.0" equals "1"."""

    release: tuple[int, ...]
    epoch: int = 0
    pre: tuple[str, int] | None = None
    post: int | None = None
    dev: int | None = None
    local: str = ""

    @property
    def _key(self) -> tuple[object, ...]:
        only_dev = self.dev is not None and self.pre is None and self.post is None
        pre = (0, *self.pre) if self.pre else (_BEFORE_ALL if only_dev else _AFTER_ALL)
        dev = self.dev if self.dev is not None else float("inf")
        return (self.epoch, self.trimmed, pre, -1 if self.post is None else self.post, dev, _local_key(self.local))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Version) and self._key == other._key

    def __lt__(self, other: "Version") -> bool:
        return self._key < other._key

    def __hash__(self) -> int:
        return hash(self._key)

    @property
    def trimmed(self) -> tuple[int, ...]:
        """The release without trailing zeros."""
        release = self.release
        while len(release) > 1 and not release[-1]:
            release = release[:-1]
        return release

    @property
    def public(self) -> "Version":
        """The version without its local part."""
        return Version(self.release, self.epoch, self.pre, self.post, self.dev)

    @property
    def is_prerelease(self) -> bool:
        """Whether it comes before a release."""
        return self.pre is not None or self.dev is not None


def _local_key(local: str) -> tuple[tuple[int, int, str], ...]:
    # A number is newer than a word.
    parts = re.split(r"[-_.]", local.lower()) if local else []
    return tuple((1, int(part), "") if part.isdigit() else (0, 0, part) for part in parts)


def parse_version(text: str) -> Version | None:
    """Return a version, None when the text is none."""
    found = _VERSION.fullmatch(text.strip())
    if found is None:
        return None
    pre = found["pre"].lower() if found["pre"] else None
    post = found["post_dash"] or (found["post_n"] or "0" if found["post"] else None)
    return Version(
        release=tuple(map(int, found["release"].split("."))),
        epoch=int(found["epoch"] or 0),
        pre=(_PRE.get(pre, pre), int(found["pre_n"] or 0)) if pre else None,
        post=None if post is None else int(post),
        dev=int(found["dev_n"] or 0) if found["dev"] else None,
        local=found["local"] or "",
    )


def accepts(specifier: str, version: str) -> bool | None:
    """Whether a specifier (">=1.2,<2") accepts an installed version; None when one of them cannot be read."""
    found = parse_version(version)
    clauses = [part for part in specifier.split(",") if part.strip()]
    answers = [_clause_accepts(clause, version, found) for clause in clauses]
    if None in answers:
        return None
    return all(answers)


def _clause_accepts(clause: str, text: str, version: Version | None) -> bool | None:
    matched = _CLAUSE.fullmatch(clause)
    if matched is None:
        return None
    operator, wanted = matched[1], matched[2]
    if operator == "===":
        return text.strip().lower() == wanted.lower()
    if wanted.endswith(".*"):
        return _in_series(operator, wanted.removesuffix(".*"), version)
    bound = parse_version(wanted)
    if version is None or bound is None:
        return None
    return _compares(operator, version, bound)


def _in_series(operator: str, prefix: str, version: Version | None) -> bool | None:
    series = parse_version(prefix)
    if series is None or version is None or operator not in ("==", "!="):
        return None
    release = (*version.release, *[0] * len(series.release))[: len(series.release)]
    return (version.epoch == series.epoch and release == series.release) is (operator == "==")


def _compares(operator: str, version: Version, bound: Version) -> bool | None:  # noqa: PLR0911 - one line for each operator
    public = version.public
    match operator:
        case "==":
            return (version if bound.local else public) == bound
        case "!=":
            return (version if bound.local else public) != bound
        case "<=":
            return public <= bound
        case ">=":
            return public >= bound
        case "<":
            early = public.is_prerelease and not bound.is_prerelease and public.trimmed == bound.trimmed
            return public < bound and not early
        case ">":
            late = public.post is not None and bound.post is None and public.trimmed == bound.trimmed
            return public > bound and not late
        case _:  # "~="
            series = ".".join(map(str, bound.release[:-1]))
            return public >= bound and bool(_in_series("==", series, public)) if series else None
