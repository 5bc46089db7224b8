import pytest

from stockroom.deliveries import BadLine, read_delivery


def test_a_note_lists_articles_and_counts() -> None:
    assert read_delivery("AB-123 4\ncd-001 10  # on the second pallet\n\n") == {"AB-123": 4, "CD-001": 10}


@pytest.mark.parametrize("line", ["AB-123", "AB-123 four", "AB-123 0", "123 4", "AB-123 4 5"])
def test_a_line_that_cannot_be_read_is_named(line: str) -> None:
    with pytest.raises(BadLine, match="line 2"):
        read_delivery(f"AB-123 1\n{line}\n")
