from hypothesis import given
from hypothesis import strategies as st

from codecompanion.workspace.sandboxes.capture import HeadTail


def kept(chunks: list[bytes], head_bytes: int, tail_bytes: int) -> HeadTail:
    capture = HeadTail(head_bytes=head_bytes, tail_bytes=tail_bytes)
    for chunk in chunks:
        capture.add(chunk)
    return capture


@given(st.lists(st.binary(max_size=20)), st.integers(0, 30), st.integers(0, 30))
def test_all_is_kept_or_both_ends_are_and_the_gap_is_counted(chunks: list[bytes], head_bytes: int, tail_bytes: int) -> None:
    whole = b"".join(chunks)
    capture = kept(chunks, head_bytes, tail_bytes)
    assert capture.left_out == max(0, len(whole) - head_bytes - tail_bytes)
    if not capture.left_out:
        assert capture.content() == whole
    else:
        note = b"\n[... %d bytes left out ...]\n" % capture.left_out
        assert capture.content() == whole[:head_bytes] + note + whole[len(whole) - tail_bytes :]


@given(st.lists(st.binary(max_size=20)), st.integers(0, 30))
def test_looking_twice_shows_the_same(chunks: list[bytes], size: int) -> None:
    capture = kept(chunks, size, size)
    assert capture.content() == capture.content()
