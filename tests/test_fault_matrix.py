"""No row of the fault matrix can be claimed without a test that bears its number, and no such test is left out."""

import re

from fault_matrix import ROOT, numbers_in, numbers_of, rows

STATES = {"held", "in part", "not held"}
ROWS = [f"F{number:02}" for number in range(1, 53)]


def test_every_row_is_there_once_and_says_how_it_stands() -> None:
    found = rows()
    assert [row.number for row in found] == ROWS
    for row in found:
        assert row.state in STATES, row
        assert row.fault, row
        assert row.promise, row
        assert row.files if row.state == "held" else re.search(r"\w{4,} \w+ \w+", row.shown), row


def test_what_a_row_claims_is_shown_by_a_test_of_its_number_in_each_file_that_it_names() -> None:
    claimed = {(row.number, file) for row in rows() for file in row.files}
    files = {path.relative_to(ROOT).as_posix(): path for path in (ROOT / "tests").rglob("test_*.py")}
    assert claimed == {(number, file) for file, path in files.items() for number in numbers_in(path)}


def test_a_number_is_read_from_a_name_or_a_case_and_not_from_elsewhere() -> None:
    assert numbers_of("test_f01_f05_a_run[sqlite]") == {"F01", "F05"}
    assert numbers_of("test_a_fault[F31 529-openai]") == {"F31"}
    assert numbers_of("test_a_flag[0xF12 fF12]") == set()
