import pytest

from codecompanion.repair.docstring_evidence import NAMED, SPOKEN_OF, evidence
from codecompanion.repair.source import Edit, SourceFile
from codecompanion.repair.units import Candidate


@pytest.mark.parametrize(
    ("docstring", "new", "weight"),
    [
        ("Tell whether the balance falls below the limit.", "balance < limit", SPOKEN_OF),
        ("Tell whether it is at least the limit.", "balance >= limit", SPOKEN_OF),
        ("Compare it with 12 of them.", "balance == 12", SPOKEN_OF),
        ("Compare with 'zero'.", "balance == 'zero'", SPOKEN_OF),
        ("Words stand between spaces.", "balance == ' '", SPOKEN_OF),
        ("Words stand between commas.", "balance == ' '", 1.0),
        ("Uses the floor.", "balance == floor", NAMED),
        ("Compare.", "balance < limit", 1.0),
        ("Compare.\n\n    >>> f(12, 13)\n    False\n    ", "balance == 12", 1.0),
        ("Compare with 1.", "balance == 1", 1.0),
        ("The balance equals the limit.", "balance == limit", 1.0),
    ],
)
def test_what_the_docstring_speaks_of_is_believed_more(docstring: str, new: str, weight: float) -> None:
    code = f'def f(balance, limit):\n    """{docstring}"""\n    return balance == limit\n'
    start = code.index("balance == limit")
    edit = Edit(start, start + len("balance == limit"), new)
    candidate = Candidate(SourceFile("m.py", code.encode()), (edit,), "comparison operator", 1.0, 3, "f", "")
    assert evidence(candidate) == weight
