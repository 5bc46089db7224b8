"""What the fuzzer begins with and what it once found, once more through every door (`benchmarks/fuzz.py` looks for more)."""

import pytest

from fuzz_doors import DOORS, seeds


@pytest.mark.parametrize(("door", "name"), [(door, name) for door in DOORS for name in seeds(door)])
def test_a_door_takes_what_the_corpus_holds(door: str, name: str) -> None:
    DOORS[door](seeds(door)[name])
