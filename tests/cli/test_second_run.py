"""A second run in a repository uses what the first one learned, and says so."""

import json
from pathlib import Path

import pytest

from command_line import Cli
from projects import git
from team_runs import call, edit

FIX = "fix the failing tests"


def scripted(folder: Path, name: str, turns: list[dict[str, object]]) -> str:
    path = folder / name
    path.write_text(json.dumps(turns), encoding="utf-8")
    return f"scripted:{path}"


@pytest.mark.timeout(300)
def test_an_agent_is_offered_a_note_reads_it_whole_and_the_report_cites_it(cli: Cli, shop: Path, tmp_path: Path) -> None:
    solo = ("-C", str(shop), "--team", "solo", "--json")
    first = scripted(
        tmp_path,
        "first.json",
        [
            {"text": edit("shop.py", "    if count > 10:", "    if count >= 10:")},
            call("finish", summary="From ten pieces on there is a discount."),
        ],
    )
    done = cli("run", FIX, "--model", first, *solo)
    assert done.exit_code == 0, done.stderr
    git(shop, "merge", "--quiet", done.json["branch"])
    notes = cli("memory", "search", "discount", "-C", str(shop), "--json").json["notes"]
    cure = next(note for note in notes if note["kind"] == "cure")
    handle = f"M{cure['note_id'][:8]}"
    second = scripted(
        tmp_path,
        "second.json",
        [
            {"when": f"[{handle}] cure:", **call("recall_note", handle=handle)},
            {"when": "-    if count > 10:", **call("recall_note", handle="Mffffffff")},
            {
                "when": "No earlier run taught anything that is called",
                "text": f"{edit('shop.py', '    if count >= 10:', '    if count >= LEAST:')}\n\n"
                f"{edit('shop.py', 'def discount(count):', 'LEAST = 10' + chr(10) * 3 + 'def discount(count):')}",
            },
            call("finish", summary="The number of pieces has a name."),
        ],
    )
    again = cli("run", "Give the number of pieces from which on there is a discount a name", "--model", second, *solo)
    assert again.exit_code == 0, (again.stdout, again.stderr)
    told = [claim for claim in again.json["report"]["claims"] if "read the note" in claim["text"]]
    assert [claim["text"].partition(" cure: ")[0] for claim in told] == [f"solo (solo) read the note [{handle}]"]
    assert len(told[0]["evidence"]) == 1
    replayed = cli("replay", "last", "--offline")
    assert replayed.exit_code == 0, replayed.stderr
