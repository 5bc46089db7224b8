"""Turn what a model says it achieved into claims that cite recorded events, and say which citations were made up."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from codecompanion.domain.artifacts import Claim

MAX_CLAIMS = 100
MAX_CLAIM_LENGTH = 1_000
_LONGEST_LINE = 4_000

_BULLET = re.compile(r"[ \t]{0,12}(?:[-*+\u2022]|\d{1,3}[.)])[ \t]+(?P<text>\S.*)")
_CITED = re.compile(
    r"(?P<text>.*?)[ \t]*(?P<ids>(?:\[[ \t]*E[0-9]{1,9}(?:[ \t]*,[ \t]*E[0-9]{1,9})*[ \t]*\][ \t]*)+)(?P<end>[.;,]?)[ \t]*"
)
_ID = re.compile(r"E\d{1,9}", re.ASCII)
_INVISIBLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")


@dataclass(frozen=True, slots=True)
class CitedClaims:
    """Claims with the events that show them, and the ids that were cited and are none, each with the claim that cited it."""

    claims: tuple[Claim, ...] = ()
    unknown: tuple[tuple[str, str], ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """A sentence for each citation that was dropped."""
        return tuple(f"{cited} is cited for {text!r} and names no recorded command" for cited, text in self.unknown)


def cited(claims: Iterable[tuple[str, Sequence[str]]], events: Mapping[str, str]) -> CitedClaims:
    """Return claims bound to events.

    Args:
        claims: Sentences, each with the evidence ids that it cites ("E7").
        events: The event id of each real command by its evidence id.

    A claim that cites nothing real is kept without evidence, and is shown as unverified. Ids that are not in `events` are
    dropped and named in `unknown`. Empty sentences are left out, long ones cut at 1 000 characters, 100 claims kept.
    """
    kept: list[Claim] = []
    unknown: list[tuple[str, str]] = []
    for written, ids in claims:
        text = _clean(written)
        if not text or len(kept) == MAX_CLAIMS:
            continue
        once = dict.fromkeys(ids)
        kept.append(Claim(text=text, evidence=tuple(dict.fromkeys(events[one] for one in once if one in events))))
        unknown += [(one, text) for one in once if one not in events]
    return CitedClaims(tuple(kept), tuple(unknown))


def claims_in(text: str, events: Mapping[str, str]) -> CitedClaims:
    """Return the claims of a model's final text, bound to events as by `cited`.

    A claim is a line that begins as a list item ("- ", "* ", "1. "), or that ends in citations: "the suite passes [E7, E9]".
    Citations count only at the end of the line and only when they are ids alone; anything else in brackets is part of the
    sentence. Lines inside code fences, and prose that cites nothing, are no claims. Never raises, whatever the text.
    """
    return cited(_stated(text), events)


def _stated(text: str) -> Iterator[tuple[str, list[str]]]:
    fenced = False
    for whole in text.split("\n"):
        line = whole[:_LONGEST_LINE]
        if line.lstrip().startswith(("```", "~~~")):
            fenced = not fenced
        elif not fenced:
            item = _BULLET.fullmatch(line.rstrip())
            sentence = item["text"] if item else line.strip()
            found = _CITED.fullmatch(sentence)
            if found:
                yield found["text"], _ID.findall(found["ids"])
            elif item:
                yield sentence, []


def _clean(text: str) -> str:
    line = " ".join(_INVISIBLE.sub("", text).split())
    return line if len(line) <= MAX_CLAIM_LENGTH else f"{line[: MAX_CLAIM_LENGTH - 3]}..."
