import pytest

from stockroom.articles import BadNumber, checked_number


def test_a_number_is_read_as_people_type_it() -> None:
    assert checked_number(" ab-123 ") == "AB-123"


@pytest.mark.parametrize("text", ["", "AB123", "A-123", "AB-1234"])
def test_anything_else_is_no_number(text: str) -> None:
    with pytest.raises(BadNumber):
        checked_number(text)
