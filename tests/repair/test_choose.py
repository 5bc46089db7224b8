from collections.abc import Awaitable, Callable

import pytest

from codecompanion.domain.repair import RepairResult

Repair = Callable[..., Awaitable[RepairResult]]

pytestmark = pytest.mark.anyio

CODE = '''\
def overdrawn(balance):
    """Tell whether a balance is below zero.

    >>> overdrawn(-7)
    True
    """
    return balance == 0
'''

TESTS = """\
from bank import overdrawn

def test_some():
    assert not overdrawn(0)
    assert overdrawn(-1)
    assert not overdrawn(5)
"""


async def test_a_docstring_decides_between_patches_that_pass(repair: Repair) -> None:
    result = await repair({"bank.py": CODE, "test_bank.py": TESTS}, failing=("test_bank.py::test_some",))
    assert result.patches[0].files["bank.py"] == CODE.replace("==", "<")
    wrong = [patch for patch in result.patches if "balance == -1" in patch.files["bank.py"]]
    assert all(patch.score < result.patches[0].score for patch in wrong)
    assert all(any("examples of the docstring" in reason for reason in patch.reasons) for patch in wrong)
