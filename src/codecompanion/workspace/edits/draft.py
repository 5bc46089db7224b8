"""One file while the edits of a response are put into it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from codecompanion.workspace.edits.applied_before import doubles, repeats, stands, was_applied
from codecompanion.workspace.edits.blocks import Block, alternatives, check_block
from codecompanion.workspace.edits.edit import Hunk, Insert, Swap
from codecompanion.workspace.edits.literal import literal_splices
from codecompanion.workspace.edits.matching.blank_lines import find_spaced
from codecompanion.workspace.edits.matching.fitting import Unfit, pairs_of
from codecompanion.workspace.edits.matching.indentation import Pair, indent_unit
from codecompanion.workspace.edits.matching.line_index import LineIndex
from codecompanion.workspace.edits.matching.place import LOOSE, STRICT, Hints, Place, Several, find, find_elided, hints_of
from codecompanion.workspace.edits.matching.readings import NUMBERS, REPAIRS, Reading, readings
from codecompanion.workspace.edits.matching.substring import LineText
from codecompanion.workspace.edits.matching.weave import weave
from codecompanion.workspace.edits.reasons import Reasons
from codecompanion.workspace.edits.refusal import EditRefused, TwoAnswers
from codecompanion.workspace.edits.source_text import SourceText, Splice, split_lines
from codecompanion.workspace.edits.splices import Splices


@dataclass(slots=True)
class Draft:
    """A text file, the splices that earlier blocks made, and what they showed.

    Blocks are looked for in the file as the model saw it. Only a block that is not there is looked for in what the blocks
    before it made: some models write the second edit against the result of the first.
    """

    path: str
    text: SourceText
    splices: Splices = field(default_factory=Splices)
    seen: dict[Pair, None] = field(default_factory=dict[Pair, None])
    repairs: set[str] = field(default_factory=set[str])
    final_newline: bool | None = None
    changed: bool = False
    _moved: bool = False
    _first_ways: set[Splice] = field(default_factory=set[Splice])
    _numbers: set[bool] = field(default_factory=set[bool])
    _index: LineIndex | None = None
    _joined: LineText | None = None
    _unit: str | None = None
    _unit_is_known: bool = False

    def finished(self) -> SourceText:
        """Return the file with all blocks in it."""
        return self.text.spliced(self.splices, final_newline=self.final_newline)

    def apply(self, block: Block, number: int, repair: str = "") -> None:
        """Put a block in, or find that it already is.

        Raises:
            EditRefused: It fits nowhere, or in several places; or its new lines cannot be fitted in.
        """
        if not self.splices:
            self._apply(block, number, repair)
            return
        try:
            self._apply(block, number, repair, repeated=False)
        except TwoAnswers:
            raise
        except EditRefused:
            self._rebase()
            self._apply(block, number, repair)

    def insert(self, insertion: Insert, number: int) -> None:
        """Put lines behind a line that is known by its number.

        Raises:
            EditRefused: The file has fewer lines, or the lines are there already.
        """
        reasons = Reasons(self.path, number, self.text.lines)
        lines = split_lines(insertion.text)
        at = insertion.after_line
        if not 0 <= at <= len(self.text.lines) or self._moved:
            raise reasons.no_such_line(at)
        if repeats(self.text.lines, lines, at):
            return
        self._add([Splice(at, at, tuple(lines))], reasons)

    def append_by_number(self, hunk: Hunk, number: int) -> None:
        """Put in a hunk that has nothing to find, where its number says or at the end of the file.

        Raises:
            EditRefused: Nothing shows that the number is right.
        """
        reasons = Reasons(self.path, number, self.text.lines)
        check_block(hunk, reasons, self.path)
        lines = tuple(line.text for line in hunk.lines)
        at = self._line_for(hunk)
        if at is None:
            raise reasons.nothing_to_find()
        if repeats(self.text.lines, lines, at):
            return
        self._add([Splice(at, at, lines)], reasons)

    def _line_for(self, hunk: Hunk) -> int | None:
        count = len(self.text.lines)
        if hunk.at_end or not count:
            return count
        trusted = self._numbers == {True} and not self._moved and hunk.counts is not None and hunk.counts[0] == 0
        return hunk.first_line if trusted and hunk.first_line is not None and hunk.first_line <= count else None

    def _apply(self, block: Block, number: int, repair: str, *, repeated: bool = True) -> None:
        """Put a block in. With `repeated`, one whose new lines stand in the file already needs nothing more."""
        reasons = Reasons(self.path, number, self.text.lines)
        order = [repair, *(name for name in REPAIRS if name != repair)] if repair else list(REPAIRS)
        tried = [(way, list(readings(way, order))) for way in alternatives(block, self.path, self.index)]
        for way, ways in tried:
            check_block(way, reasons, self.path)
            if isinstance(way, Swap) and not repair and self._swapped(way, reasons):
                return
            place = self._place(ways, hints_of(way, self.splices.touched, moved=self._moved))
            if isinstance(place, Several):
                raise reasons.several([start + 1 for start in place.starts])
            if place is not None and isinstance(way, Swap) and (way.sites or 1) > 1:
                raise reasons.several([(place.positions[0] or 0) + 1], wanted=way.sites or 1)
            if place is not None:
                self._put(way, place, reasons)
                return
        if any(isinstance(way, Swap) and self._swapped_mended(way, reasons) for way, _ in tried):
            return
        if isinstance(block, Hunk) and block.cut_off:
            raise reasons.cut_off()
        if not (repeated and any(was_applied(self.index, ways) for _, ways in tried)):
            raise reasons.nowhere(next((way for _, ways in tried for way in ways), Reading((), ())))

    def _place(self, ways: Sequence[Reading], hints: Hints) -> Place | Several | None:
        strict = find(self.index, ways, hints, STRICT)
        # What was applied before is not to be found again in lines that are only like the old ones.
        if strict is not None or stands(self.index, ways):
            return strict
        return find(self.index, ways, hints, LOOSE) or find_elided(self.index, ways) or find_spaced(self.index, ways)

    def _put(self, block: Block, place: Place, reasons: Reasons) -> None:
        woven = weave(self.text.lines, place, self.unit, [*self.seen])
        if isinstance(woven, Unfit):
            raise reasons.unfit(woven.reason, place)
        if isinstance(block, Hunk) and block.cut_off and not self._lacks_blank_lines(block, place):
            raise reasons.cut_off()
        if doubles(self.text.lines, place, woven):
            return
        self._add(woven, reasons)
        self.repairs |= {place.reading.repair} - {""}
        self.seen |= dict.fromkeys(pairs_of(self.text.lines, place, place.reading.lines(place.tolerance)))
        if isinstance(block, Hunk):
            self._note(block, place)

    def _lacks_blank_lines(self, hunk: Hunk, place: Place) -> bool:
        """Whether a hunk that is too short for its counts ends where the file does, or lacks blank lines that stay."""
        end = (place.positions[-1] or 0) + 1
        old, new = hunk.counts or (0, 0)
        missing = old - len(place.positions)
        following = self.text.lines[end : end + missing]
        blank = len(following) == missing == new - sum(line.sign != "-" for line in hunk.lines) and not any(
            map(str.strip, following)
        )
        return end == len(self.text.lines) or (missing > 0 and blank)

    def _note(self, hunk: Hunk, place: Place) -> None:
        first = next((position for position in place.positions if position is not None), 0)
        if hunk.first_line is not None:
            self._numbers.add(hunk.first_line == first + 1)
        last = next((position for position in reversed(place.positions) if position is not None), -1)
        if hunk.final_newline is not None and last == len(self.text.lines) - 1:
            self.final_newline = hunk.final_newline

    def _swapped(self, swap: Swap, reasons: Reasons) -> bool:
        splices = literal_splices(self.joined, swap, self.splices.touched, reasons)
        if splices is not None:
            self._add(splices, reasons)
        return splices is not None

    def _swapped_mended(self, swap: Swap, reasons: Reasons) -> bool:
        """Put in a text that stands in the file once the damage done to all of it is undone."""
        for name in (name for name in REPAIRS if name and name not in NUMBERS):
            old, new = REPAIRS[name](swap.old), REPAIRS[name](swap.new)
            if old != swap.old and self._swapped(replace(swap, old=old, new=new), reasons):
                self.repairs.add(name)
                return True
        return False

    def _add(self, splices: Sequence[Splice], reasons: Reasons) -> None:
        ours = [splice for splice in splices if self.text.lines[splice.start : splice.end] != splice.lines]
        ours = [splice for splice in ours if self._first_way(splice) not in self._first_ways]
        changed = self.splices.add(ours)
        if changed is None and all(splice.start == splice.end and self.splices.inserts_at(splice.start) for splice in ours):
            raise reasons.two_answers()
        if changed is None:
            raise reasons.overlaps()
        self.changed = self.changed or changed
        self._first_ways.update(map(self._first_way, ours))

    def _first_way(self, splice: Splice) -> Splice:
        """Return a splice that makes the same of the file, as far up as its lines can be put in.

        Two forms of one edit may put lines in before the bracket that ends them and behind it.
        """
        if splice.end > splice.start or not any(map(str.strip, splice.lines)):
            return splice
        start, lines = splice.start, splice.lines
        while start and self.text.lines[start - 1] == lines[-1]:
            start, lines = start - 1, (lines[-1], *lines[:-1])
        return Splice(start, start, lines)

    def _rebase(self) -> None:
        self.text = self.finished()
        self.splices.clear()
        self._first_ways.clear()
        self._index = self._joined = None
        self._moved = True

    @property
    def index(self) -> LineIndex:
        """The lines by what is compared of them."""
        if self._index is None:
            self._index = LineIndex(self.text.lines)
        return self._index

    @property
    def joined(self) -> LineText:
        """The lines as one text."""
        if self._joined is None:
            self._joined = LineText(self.text.lines, final_newline=self.text.final_newline)
        return self._joined

    @property
    def unit(self) -> str | None:
        """One level of the file's indentation."""
        if not self._unit_is_known:
            self._unit, self._unit_is_known = indent_unit(self.text.lines), True
        return self._unit
