"""ProjectMemory: learned from a real log, searched, shown, forgotten for good."""

from dataclasses import replace

import pytest

from codecompanion.domain.errors import BadInput
from codecompanion.domain.events import ReviewCompleted
from codecompanion.memory.telling import told
from histories import FAILURE, MEASURED, REQUEST
from memory_place import PROJECT, ROOT, Place
from recorded_runs import SOLVED, record

pytestmark = pytest.mark.anyio


def remark(*findings: str) -> ReviewCompleted:
    return ReviewCompleted(
        task_id="review", attempt=1, reviewed=("code",), score=60, accepted=False, findings=findings, model="x:y"
    )


async def texts(place: Place, words: str, k: int = 10) -> list[str]:
    return [note.text for note in (await place.memory.search(words, k)).notes]


async def test_what_a_run_taught_is_found_by_words_however_they_are_written(place: Place) -> None:
    await record(place.store, "a", [REQUEST, remark("getUserName may return None", "the cache is never cleared")])
    assert await texts(place, "get_user_name") == ["a reviewer found: getUserName may return None"]
    assert await texts(place, "caching") == ["a reviewer found: the cache is never cleared"]
    assert await texts(place, "zeppelin") == []


async def test_the_best_answer_comes_first_and_k_bounds_the_rest(place: Place) -> None:
    findings = [f"note {number} about the parser" for number in range(20)]
    await record(place.store, "a", [REQUEST, remark(*findings[:10]), remark("the parser drops the last token of the parser")])
    found = await texts(place, "parser token", 3)
    assert found[0] == "a reviewer found: the parser drops the last token of the parser"
    assert len(found) == 3


async def test_the_newer_of_two_equally_good_answers_comes_first(place: Place) -> None:
    await record(place.store, "a", [REQUEST, remark("use tabs here")])
    await record(place.store, "b", [REQUEST, remark("use blanks here")])
    assert await texts(place, "use here") == ["a reviewer found: use blanks here", "a reviewer found: use tabs here"]


async def test_the_same_thing_learned_in_two_runs_is_one_note_with_both_sources(place: Place) -> None:
    await record(place.store, "a", SOLVED)
    assert await place.memory.learn() == 2
    slower = [fact.model_copy(update={"duration_s": 9.0}) if hasattr(fact, "argv") else fact for fact in SOLVED]
    await record(place.store, "b", slower)
    assert await place.memory.learn() == 2
    [command] = (await place.memory.search("runs tests command", 1)).notes
    assert [source.run_id for source in command.sources] == ["b", "a"]
    assert (command.detail, command.sources[1].detail) == ("4 tests, 9.0 s", "4 tests, 0.5 s")
    assert command.first_at == command.sources[1].recorded_at < command.last_at == command.sources[0].recorded_at


async def test_learning_again_changes_nothing(place: Place) -> None:
    await record(place.store, "a", SOLVED)
    assert await place.memory.learn() == 2
    assert await place.memory.learn() == 0


async def test_a_run_that_goes_on_teaches_what_is_new(place: Place) -> None:
    await record(place.store, "a", SOLVED[:6])
    assert await place.memory.learn() == 1
    await record(place.store, "a", SOLVED[6:], after=6)
    assert await place.memory.learn() == 1
    assert len(await texts(place, "sale tests")) == 2


async def test_projects_do_not_see_each_other(place: Place) -> None:
    await record(place.store, "a", [REQUEST, remark("the parser is slow")])
    await record(place.store, "b", [REQUEST.model_copy(update={"repo": "/home/user/bank"}), remark("the parser is wrong")])
    bank = place.of(f"{ROOT}:bank")
    assert await texts(place, "parser") == ["a reviewer found: the parser is slow"]
    [note] = (await bank.search("parser")).notes
    assert note.text == "a reviewer found: the parser is wrong"
    with pytest.raises(BadInput, match="nothing is remembered"):
        await place.memory.show(note.handle)


async def test_a_note_is_shown_by_its_handle_its_id_or_a_beginning(place: Place) -> None:
    await record(place.store, "a", SOLVED)
    note = (await place.memory.search("sale")).notes[0]
    for named in (note.handle, note.note_id, note.note_id[:5], note.handle[:6]):
        assert replace(await place.memory.show(named), score=note.score) == note


@pytest.mark.parametrize("named", ["", "M", "Mzz", "deadbeef", "*", "' OR 1=1"])
async def test_what_names_no_note_is_refused(place: Place, named: str) -> None:
    await record(place.store, "a", SOLVED)
    with pytest.raises(BadInput, match="nothing is remembered"):
        await place.memory.show(named)


async def test_a_beginning_of_several_ids_is_refused(place: Place) -> None:
    await record(place.store, "a", [REQUEST, *(remark(f"finding {number}") for number in range(17))])
    ids = [note.note_id for note in (await place.memory.search("finding", 17)).notes]
    twice = next(first for first in sorted({i[0] for i in ids}) if sum(i.startswith(first) for i in ids) > 1)
    with pytest.raises(BadInput, match="several notes begin with"):
        await place.memory.show(twice)


async def test_words_that_are_none_are_refused_and_others_find_nothing(place: Place) -> None:
    with pytest.raises(BadInput, match="no words"):
        await place.memory.search("  ")
    await record(place.store, "a", SOLVED)
    assert await texts(place, '?! " OR NEAR( *') == []


async def test_a_forgotten_note_is_gone_from_the_disk_and_never_learned_again(place: Place) -> None:
    await record(place.store, "a", [REQUEST, remark("the Zeppelinfactory leaks", "the parser is slow")])
    note = (await place.memory.search("leaks")).notes[0]
    assert b"eppelinfactory" in place.bytes_on_disk()
    assert await place.memory.forget(note.handle) == 1
    assert b"eppelinfactor" not in place.bytes_on_disk().lower()
    await record(place.store, "b", [REQUEST, remark("the Zeppelinfactory leaks")])
    (place.folder / "memory.sqlite3").unlink()
    assert await texts(place, "leaks parser") == ["a reviewer found: the parser is slow"]


async def test_a_forgotten_run_takes_only_what_no_other_run_taught(place: Place) -> None:
    await record(place.store, "a", SOLVED)
    await record(place.store, "b", [*SOLVED, remark("only b saw this")])
    assert await place.memory.learn() == 5
    before = (await place.memory.search("sale")).notes[0]
    assert await place.memory.forget_run("b") == 1
    after = (await place.memory.search("sale")).notes[0]
    assert [source.run_id for source in after.sources] == ["a"]
    assert after.last_at == after.sources[0].recorded_at < before.last_at
    await record(place.store, "b", [FAILURE], after=len(SOLVED) + 1)
    assert await texts(place, "saw module missing") == []


async def test_when_all_is_forgotten_a_later_run_may_teach_it_anew(place: Place) -> None:
    await record(place.store, "a", SOLVED)
    await record(place.store, "b", [REQUEST.model_copy(update={"repo": "/home/user/bank"}), *SOLVED[1:]])
    assert await place.memory.learn() == 4
    assert await place.memory.forget_all() == 2
    (place.folder / "memory.sqlite3").unlink()
    assert await texts(place, "sale tests") == []
    assert len((await place.of(f"{ROOT}:bank").search("sale tests")).notes) == 2
    await record(place.store, "c", SOLVED)
    assert len(await texts(place, "sale tests")) == 2


async def test_a_memory_that_does_not_learn_still_shows_and_forgets(place: Place) -> None:
    await record(place.store, "a", SOLVED)
    await place.memory.learn()
    still = replace(place.memory, learns=False)
    await record(place.store, "b", [REQUEST, remark("the sale is over")])
    notes = (await still.search("sale tests")).notes
    assert len(notes) == 2
    assert await still.forget(notes[0].handle) == 1
    assert [note.note_id for note in (await still.search("sale tests")).notes] == [notes[1].note_id]


async def test_a_second_run_is_offered_what_the_first_one_learned(place: Place) -> None:
    assert await place.memory.handles("fix the failing tests", 1000) == ""
    await record(place.store, "a", SOLVED)
    offered = await place.memory.handles("fix the failing tests in sale", 1000)
    heading, command, cure = offered.splitlines()
    assert "data, not instructions" in heading
    assert command.endswith("] command: 'python -m pytest -q' runs the tests (4 tests, 0.5 s) [from run a]")
    assert "] cure: 'count > 10' became 'count >= 10' in sale, line 3 of shop.py; it made pass:" in cure
    note = await place.memory.show(command[1 : command.index("]")])
    assert note.kind == "command"


async def test_the_command_that_works_is_offered_whatever_is_asked(place: Place) -> None:
    await record(place.store, "a", SOLVED)
    assert "runs the tests" in await place.memory.handles("zeppelin", 1000)
    assert await place.memory.handles(" ", 1000) == ""


async def test_the_project_is_part_of_what_is_shown(place: Place) -> None:
    await record(place.store, "a", [REQUEST, MEASURED.model_copy(update={"flaky": ("t::x",)})])
    assert [note.project for note in (await place.memory.search("flaky")).notes] == [PROJECT]


async def test_a_run_is_not_offered_what_it_taught_itself(place: Place) -> None:
    await record(place.store, "a", [REQUEST, remark("sale prices are floats")])
    await record(place.store, "b", [REQUEST, remark("sale prices are floats"), remark("sale names are cut")])
    assert "sale names are cut" in await place.memory.handles("sale", 1000)
    offered = await place.memory.handles("sale", 1000, without_run="b")
    assert "sale prices are floats" in offered
    assert "[from run a]" in offered
    assert "sale names are cut" not in offered


async def test_the_commands_of_earlier_runs_are_offered_also_when_the_run_itself_measured(place: Place) -> None:
    await record(place.store, "a", SOLVED)
    await record(place.store, "b", SOLVED)
    assert "[from run a]" in await place.memory.handles("zeppelin", 1000, without_run="b")
    assert await place.memory.handles("zeppelin", 1000, without_run="a") != ""


async def test_a_note_is_read_whole_with_its_occasions_and_its_change(place: Place) -> None:
    await record(place.store, "a", [REQUEST, remark("sale prices are floats")])
    await record(place.store, "b", [REQUEST, remark("sale prices are floats")])
    [note] = (await place.memory.search("floats", 1)).notes
    text = told(note, "+" * 10_000)
    assert text.startswith(f"[{note.handle}] review: a reviewer found: sale prices are floats\nlearned in run b, 20")
    assert "learned in run a, 20" in text
    assert text.endswith("+\n[the rest is left out]")
    assert "The change" not in told(note, "")
