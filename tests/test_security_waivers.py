"""What was waived is looked at again when its date has come."""

import tomllib
from datetime import date
from pathlib import Path

WAIVERS = tomllib.loads((Path(__file__).parents[1] / "security/waivers.toml").read_text(encoding="utf-8"))["waiver"]


def test_each_waiver_has_a_reason_and_a_date_that_has_not_come() -> None:
    assert [row["test"] for row in WAIVERS if len(row["reason"]) < 20 or row["expires"] <= date.today()] == []  # noqa: DTZ011 - a day
