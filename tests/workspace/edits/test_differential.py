"""Random edits of real files, in every form and cut off anywhere: what is applied is the edit, or whole blocks of it.

`python tests/workspace/edits/test_differential.py TRIALS` looks at more.
"""

import random
import sys
from pathlib import Path

import pytest

import codecompanion
import model_responses
from codecompanion.domain.errors import CodeCompanionError
from codecompanion.workspace.edits.apply import apply_edits
from codecompanion.workspace.edits.detect import normalised, read_edits
from codecompanion.workspace.edits.paths import Places
from codecompanion.workspace.edits.syntax import broken_line
from codecompanion.workspace.edits.work import FileResult
from random_edits import edited, real_files, text_of

PATH = "src/pkg/module.py"
TEXTS = [text for path in real_files(Path(codecompanion.__file__).parent) if (text := text_of(path)) and path.suffix == ".py"]


def applied(before: str, response: str, fmt: str | None) -> str | None:
    """Return what a file becomes, None when the response is refused."""
    try:
        results = apply_edits(read_edits(normalised(response), fmt), Places({PATH: before.encode()}, "", (PATH,)))
    except CodeCompanionError:
        return None
    return (results[0].after or b"").decode() if results else before


def trial(seed: int, *, cut: bool) -> str:
    """Apply one random edit and say how it went: right, refused, some blocks of it, or wrong."""
    chance = random.Random(seed)
    before, after = _edit(chance)
    fmt, render = model_responses.FORMS[chance.choice(list(model_responses.FORMS))]
    blocks = model_responses.blocks_of(PATH, before, after, chance.choice((1, 2, 3)))
    response = render(blocks)
    got = applied(before, response[: chance.randrange(len(response))] if cut else response, chance.choice((None, fmt)))
    if got is None or got == after:
        return "refused" if got is None else "right"
    parts = {before, *(applied(before, render(blocks[:count]), fmt) for count in range(1, len(blocks)))}
    return "some blocks" if cut and got in parts else "wrong"


def _edit(chance: random.Random) -> tuple[str, str]:
    """Return a text and what it becomes; an edit after which it is no Python any more is made anew."""
    while True:
        before = chance.choice(TEXTS)
        after = edited(chance, before)
        if after != before and broken_line(FileResult(PATH, before.encode(), after.encode())) is None:
            return before, after


@pytest.mark.parametrize("start", range(0, 120, 40))
def test_a_random_edit_gives_what_it_says(start: int) -> None:
    found = [trial(seed, cut=False) for seed in range(start, start + 40)]
    assert set(found) == {"right"}


@pytest.mark.parametrize("start", range(0, 120, 40))
def test_a_random_edit_that_is_cut_off_anywhere_leaves_no_half_of_a_block(start: int) -> None:
    found = [trial(seed, cut=True) for seed in range(start, start + 40)]
    assert "wrong" not in found
    assert "refused" in found


if __name__ == "__main__":
    for cut in (False, True):
        outcomes = [trial(seed, cut=cut) for seed in range(1000, 1000 + int(sys.argv[1]))]
        sys.stdout.write(f"cut off: {cut}; { ({name: outcomes.count(name) for name in sorted(set(outcomes))}) }\n")
