import pytest

from codecompanion.observability.log_fields import fields_here
from codecompanion.observability.trace_context import inside, new_trace, read_traceparent, recorded_here

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


def test_a_place_is_read_from_the_header_and_told_on() -> None:
    place = read_traceparent(f"00-{TRACE}-{SPAN}-00")
    assert place is not None
    assert (place.trace_id, place.span_id) == (TRACE, SPAN)
    assert place.traceparent == f"00-{TRACE}-{SPAN}-01"
    assert place.below().trace_id == TRACE
    assert place.below().span_id != SPAN


@pytest.mark.parametrize(
    "text",
    [
        *("", "00", f"00-{TRACE}-{SPAN}", f"ff-{TRACE}-{SPAN}-01", f"00-{'0' * 32}-{SPAN}-01"),
        *(f"00-{TRACE}-{'0' * 16}-01", f"00-{TRACE.upper()}-{SPAN}-01", f"00-{TRACE}-{SPAN}-01\n"),
    ],
)
def test_what_is_no_place_of_a_trace_is_none(text: str) -> None:
    assert read_traceparent(text) is None


def test_lines_and_facts_name_the_place_where_they_are_made() -> None:
    place = new_trace()
    with inside(place):
        assert fields_here() == {"trace_id": place.trace_id, "span_id": place.span_id}
        assert recorded_here() == f"{place.trace_id}-{place.span_id}"
    assert not recorded_here()
