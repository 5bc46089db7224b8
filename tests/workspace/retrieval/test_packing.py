import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codecompanion.workspace.retrieval.analysis import analyse
from codecompanion.workspace.retrieval.packing import pack, unpack


@given(st.text(), st.sampled_from(["a.py", "a.go", "a.ts", "a.txt"]))
def test_what_is_packed_comes_out_as_it_was(text: str, path: str) -> None:
    analysis = analyse(path, text)
    again = unpack(pack(analysis))
    for one, other in ((analysis.words, again.words), (analysis.neighbours, again.neighbours), (analysis.names, again.names)):
        assert np.array_equal(one.terms, other.terms)
        assert np.array_equal(one.counts, other.counts)
        assert np.array_equal(one.blocks, other.blocks)
    assert again.imports == analysis.imports


@pytest.mark.parametrize("keep", [0, 5, 12, 40])
def test_an_analysis_that_is_cut_short_is_refused(keep: int) -> None:
    packed = pack(analyse("a.py", "import os\n\ndef total(tax):\n    return tax\n"))
    with pytest.raises(ValueError, match="analysis"):
        unpack(packed[:keep])
