"""Whatever a response holds, the answer comes, and a refusal leaves the files as they were.

`python tests/workspace/edits/test_fuzz.py MINUTES` looks for longer.
"""

import random
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

import model_responses
from codecompanion.workspace.edits import FORMATS, apply_response
from edit_workspace import PYTHON

PATH = "src/reader.py"
AFTER = PYTHON.replace("self.count += 1", "self.count += 2").replace("import os\n", "import os\nimport sys\n")
PIECES = (
    *(
        "<<<<<<< SEARCH\n",
        "=======\n",
        ">>>>>>> REPLACE\n",
        "```\n",
        "````python\n",
        "~~~\n",
        "*** Begin Patch\n",
        "*** End Patch\n",
    ),
    *(
        "*** Update File: src/reader.py\n",
        "*** Add File: a\n",
        "*** Move to: b\n",
        "*** Delete File: src/reader.py\n",
        "*** End of File\n",
    ),
    *(
        "@@\n",
        "@@ -1,2 +1,2 @@\n",
        "@@ def f\n",
        "--- a/src/reader.py\n",
        "+++ b/src/reader.py\n",
        "diff --git a/x b/y\n",
        "rename from x\n",
    ),
    *(
        '{"name": "str_replace", "arguments": {',
        '"path": "src/reader.py",',
        '"old_str": "',
        "}}",
        "[",
        "]",
        "\\",
        "\\u12",
        "\\n",
        '"""',
    ),
    *(
        '<invoke name="x">',
        '<parameter name="path">',
        "</parameter>",
        "<str_replace>",
        "<path>",
        "...\n",
        "# ... rest ...\n",
        "\0",
        "\r",
    ),
    *("\u2028", "\ufeff", "\u200b", "\ud800", "&lt;", " ", "\t", "\n", "-", "+", "12| ", "..", "/", ".git/config\n"),
)


def mutated(chance: random.Random, text: str) -> str:
    """Return a text with pieces cut out, doubled, moved and put in."""
    for _ in range(chance.randint(1, 6)):
        start, length = chance.randrange(len(text) + 1), chance.choice((1, 1, 5, 40, 200))
        piece = text[start : start + length]
        match chance.randrange(4):
            case 0:
                text = text[:start] + text[start + length :]
            case 1:
                text = text[:start] + piece * chance.randint(2, 3) + text[start + length :]
            case 2:
                at = chance.randrange(len(text) + 1)
                text = text[:at] + piece + text[at:]
            case _:
                text = text[:start] + chance.choice(PIECES) + text[start:]
    return text


def attempt(seed: int) -> float:
    """Apply one damaged response and return the seconds it took."""
    chance = random.Random(seed)
    _, render = model_responses.FORMS[chance.choice(list(model_responses.FORMS))]
    response = mutated(chance, render(model_responses.blocks_of(PATH, PYTHON, AFTER)))
    with TemporaryDirectory() as folder:
        file = Path(folder, PATH)
        file.parent.mkdir()
        file.write_text(PYTHON)
        begun = time.perf_counter()
        answer = apply_response(folder, response, chance.choice([None, *FORMATS]), [PATH])
        took = time.perf_counter() - begun
        if not answer["ok"]:
            assert [path.name for path in Path(folder).rglob("*") if path.is_file()] == ["reader.py"], seed
            assert file.read_text() == PYTHON, seed
        elif file.exists():
            assert file.read_text().strip(), seed
    return took


@pytest.mark.parametrize("start", range(0, 400, 100))
def test_damaged_responses_are_answered(start: int) -> None:
    assert max(attempt(seed) for seed in range(start, start + 100)) < 5


if __name__ == "__main__":
    end = time.monotonic() + 60 * float(sys.argv[1])
    seed, slowest = 10_000, 0.0
    while time.monotonic() < end:
        slowest = max(slowest, attempt(seed))
        seed += 1
    sys.stdout.write(f"{seed - 10_000} responses, the slowest took {slowest:.2f} s\n")
