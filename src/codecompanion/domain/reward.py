"""The reward: what an outcome counts for, from 0 to 1. Its definition has a version; state made with another is made anew.

Version 1, from the strongest word to the weakest:

1. Tests were made to say less, the checks refute the work, the user undid it or the history reverted it: 0.
2. Nothing was measured, or nothing was there to measure it with: no reward, neither good nor bad.
3. Verified. The value is 1 when something shows that the work was done: a failing test that passes, a new test that failed
   before, a review that accepts it. It is `NOTHING_BROKE` when all that is known is that no test broke.
4. A review can only lower it: of work that it sent back, half its score counts.
5. Lines that were soon replaced lower it: the value times (1 + the part that survived) / 2, after 30 days or else after 7.

What a model says of its own work, how long it talks and how sure it sounds have no part in it. Cost and time have none
either: they are weighed against the reward by the routing profile, so that the same outcomes serve every profile.
"""

from codecompanion.domain.outcomes import Later, TaskOutcome

REWARD_VERSION = 1
NOTHING_BROKE = 0.5
"""What a change counts for of which no test and no reviewer says that it does what was asked for."""
OF_A_REFUSED_REVIEW = 0.5


def share_of(outcome: TaskOutcome) -> float | None:
    """Return the reward of an outcome, None when it was not measured."""
    if outcome.clean is False or outcome.verified is False or outcome.later.taken_back or outcome.later.reverted:
        return 0.0
    if outcome.verified is None:
        return None
    if outcome.review_accepted is False:
        value = OF_A_REFUSED_REVIEW * (outcome.review_score or 0) / 100
    else:
        value = 1.0 if outcome.proven_by else NOTHING_BROKE
    return value * _kept(outcome.later)


def _kept(later: Later) -> float:
    survived = later.survived_7 if later.survived_30 is None else later.survived_30
    return 1.0 if survived is None else (1.0 + survived) / 2
