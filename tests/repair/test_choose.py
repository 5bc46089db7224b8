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


STACK = """\
class Stack:
    def __init__(self):
        self.values, self.least = [], []

    def push(self, value):
        self.values.append(value)
        if not self.least or value < self.least[-1]:
            self.least.append(value)

    def pop(self):
        value = self.values.pop()
        if value == self.least[-1]:
            self.least.pop()
        return value

    def smallest(self):
        return self.least[-1]
"""

STACK_TESTS = """\
from stack import Stack

def stack(*values):
    made = Stack()
    for value in values:
        made.push(value)
    return made

def test_twice_the_same():
    pair = stack(1, 1)
    assert pair.pop() == 1
    assert pair.smallest() == 1

def test_pop():
    assert stack(2).pop() == 2

def test_smallest():
    assert stack(5, 7).smallest() == 5
"""


async def test_a_patch_that_leaves_code_unrun_is_believed_less(repair: Repair) -> None:
    names = [f"test_stack.py::{name}" for name in ("test_twice_the_same", "test_pop", "test_smallest")]
    files = {"stack.py": STACK, "test_stack.py": STACK_TESTS}
    result = await repair(files, failing=tuple(names[:1]), passing=tuple(names[1:]))
    assert result.patches[0].files["stack.py"] == STACK.replace("value < self", "value <= self")
    assert any("no test runs any more" in reason for patch in result.patches for reason in patch.reasons)
