"""The plan of a repair: what must hold in the end, and what may be touched."""

from codecompanion.domain.artifacts import Requirement, ScopeContract, SpecDoc
from codecompanion.domain.commands import AcceptPlan
from codecompanion.domain.events import PlanAccepted
from codecompanion.domain.ledgers import TaskLedger, WorkItem
from codecompanion.domain.state import Running
from codecompanion.execution.toolbox import Toolbox

REPAIR_TASK = "repair"

CONFIGURATION = (
    "conftest.py",
    "pytest.ini",
    "tox.ini",
    "setup.cfg",
    "setup.py",
    "pyproject.toml",
    "noxfile.py",
    ".coveragerc",
)
"""Files that can change what the tests do without being tests."""

TEST_PATTERNS = ("tests/**", "test/**", "**/tests/**", "**/test/**", "test_*.py", "**/test_*.py", "*_test.py", "**/*_test.py")


def repair_scope(failing: tuple[str, ...], passing: tuple[str, ...] = ()) -> ScopeContract:
    """Return what a repair may touch: every source file, but no test and nothing that configures tests."""
    files = {test_id.partition("::")[0] for test_id in (*failing, *passing) if ".py" in test_id}
    configuration = [pattern for name in CONFIGURATION for pattern in (name, f"**/{name}")]
    return ScopeContract(allowed=("**/*.py", "*.py"), forbidden=(*sorted(files), *TEST_PATTERNS, *configuration))


async def make_plan(tools: Toolbox, state: Running) -> None:
    """Write the SpecDoc and fix the one work item of a repair."""
    assert state.measured is not None
    failing = state.measured.failing
    criteria = ("every test that failed on the base passes", "every test that passed on the base still passes")
    spec = SpecDoc(
        title=f"Make {len(failing)} failing {'test' if len(failing) == 1 else 'tests'} pass",
        objective=state.request.objective,
        requirements=tuple(Requirement(id=f"R{i}", description=f"{t} passes") for i, t in enumerate(failing, 1)),
        acceptance_criteria=(*criteria, "no test and no test configuration is changed"),
        scope=repair_scope(failing),
    )
    spec_sha256 = await tools.artifact(spec, key="spec")
    ledger = TaskLedger(
        goal=state.request.objective,
        success_criteria=criteria,
        items=(WorkItem(item_id=REPAIR_TASK, title=spec.title, role="debugger"),),
    )
    await tools.journal.derive("plan", AcceptPlan(PlanAccepted(ledger=ledger, spec_sha256=spec_sha256)))
