"""The sentences of a report, each with the ids of the events that show it."""

from codecompanion.domain.artifacts import Claim, CodePatch
from codecompanion.domain.counting import counted
from codecompanion.domain.events import (
    BaseMeasured,
    ChecksCompleted,
    IgnoredFilesBrought,
    PatchRevalidated,
    SearchCompleted,
    UsersFilesSeen,
)
from codecompanion.domain.repair import CandidatePatch


def about_brought_files(brought: IgnoredFilesBrought, event_id: str) -> list[Claim]:
    """Say which files that git ignores the tests had at hand, and which they had not."""
    claims: list[Claim] = []
    if brought.files:
        paths = _some(tuple(file.path for file in brought.files))
        text = (
            f"git ignores these files and the tests had them at hand, as they are in your folder: {paths}; no change has them"
        )
        claims.append(Claim(text=text, evidence=(event_id,)))
    if brought.left_out:
        named = _some(tuple(f"{one.path} ({one.why})" for one in brought.left_out))
        claims.append(
            Claim(text=f"git does not have these files and the tests had to do without: {named}", evidence=(event_id,))
        )
    return claims


def about_the_base(measured: BaseMeasured) -> list[Claim]:
    """Say what failed before anything was changed."""
    counts = measured.counts
    total = counts.passed + counts.failed + counts.errors + counts.flaky
    failing = f"before the change {len(measured.failing)} of {counted(total, 'test')} failed: {_some(measured.failing)}"
    claims = [Claim(text=failing, evidence=measured.evidence)]
    if measured.flaky:
        flaky = f"these tests are flaky, they failed and passed on the same tree: {_some(measured.flaky)}"
        claims.append(Claim(text=flaky, evidence=measured.evidence))
    return claims


def about_the_search(searched: SearchCompleted, event_id: str) -> Claim:
    """Say how far the search went."""
    edits = counted(searched.candidates_tried, "candidate edit was", "candidate edits were")
    tried = f"{edits} tried in {searched.duration_s:.1f} s"
    all_of_them = ", all there were" if searched.exhausted and searched.candidates_tried else ""
    flaky = f"; left out because they passed when they were run again: {_some(searched.flaky)}" if searched.flaky else ""
    plausible = f"{searched.plausible} made the selected tests pass"
    learned = "; what became of earlier edits weighed the kinds of edit" if searched.weights else ""
    return Claim(text=f"{tried}{all_of_them}; {plausible}{flaky}{learned}", evidence=(event_id,))


def about_the_choice(chosen: CandidatePatch, plausible: int, event_id: str) -> list[Claim]:
    """Say how far the chosen patch is to be believed; nothing when it was not compared with others."""
    if chosen.confidence is None:
        return []
    among = (
        f"of {plausible} patches that pass this one is believed most" if plausible > 1 else "no other patch was found to pass"
    )
    text = f"{among}; confidence {chosen.confidence:.2f} that it is what was meant, and not only what the tests let pass"
    return [Claim(text=text, evidence=(event_id,))]


def about_a_refuted_patch(checks: ChecksCompleted) -> Claim:
    """Say what the whole suite held against the last patch."""
    against = _some((*checks.broken, *checks.still_failing))
    return Claim(text=f"the whole suite refuted the last patch: {against}", evidence=checks.evidence)


def about_a_verified_change(checks: ChecksCompleted, patch: CodePatch, evidence: tuple[str, ...]) -> list[Claim]:
    """Say what was proven of a change, and what was not. `evidence` are the events that recorded the changed files."""
    green = f"after the change {counted(checks.counts.passed, 'test passes', 'tests pass')} and none that passed before fails"
    if checks.flaky:
        green += f", but for flaky ones that failed and passed: {_some(checks.flaky)}"
    files = ", ".join(change.path for change in patch.files_changed)
    return [
        Claim(text=green, evidence=checks.evidence),
        Claim(text=f"only {files} changed: no test and no test configuration", evidence=evidence),
        Claim(text="behaviour that no test covers is what you want"),
    ]


def about_the_users_files(seen: UsersFilesSeen, checked: PatchRevalidated | None, event_id: str) -> list[Claim]:
    """Say whether the change holds in the user's files, if they are not those that the run began with."""
    if not seen.changed:
        return []
    differ = f"your files differ from the run's base in {_some(seen.changed)}"
    if seen.conflicts:
        text = f"{differ}; the change does not merge with yours in {_some(seen.conflicts)}: it was proven on the base only"
        return [Claim(text=text, evidence=(event_id,))]
    if checked is None:
        return []
    holds = f"{counted(checked.counts.passed, 'test passes', 'tests pass')} and none that should pass fails"
    if checked.passed and not checked.counts.passed:
        holds = "it merges, and no test says whether it holds"
    verdict = holds if checked.passed else f"the tests do not all pass: {_some(checked.failing) or 'they did not end in time'}"
    return [Claim(text=f"{differ}; with the change in them {verdict}", evidence=(event_id, *checked.evidence))]


def _some(test_ids: tuple[str, ...], shown: int = 5) -> str:
    more = len(test_ids) - shown
    return ", ".join(test_ids[:shown]) + (f" and {more} more" if more > 0 else "")
