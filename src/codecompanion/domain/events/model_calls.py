"""Which model was asked, why, and what it answered and cost."""

from codecompanion.domain.events.fact import Fact
from codecompanion.domain.events.trees import Snapshotted
from codecompanion.domain.labels import Label
from codecompanion.domain.routes import CascadeStep, Contribution, ProfileName, RemovedModel, RouteCandidate, RouteFeatures
from codecompanion.domain.team import Role


class RouteChosen(Fact):
    """A router chose who is asked for a task: `model` first, and `escalate_to` when its work is refused (None for nobody).

    `decision_id` is RUN:TASK:ATTEMPT:ROLE. `propensity` is how likely this plan was, `draw` the random number from [0, 1) that
    picked it; `explored`: it is not the plan of the highest expected utility. `policy` names the way of choosing and its
    version, `belief` what was believed, learned from so many `outcomes`. `reasons` are what sets the model apart from
    `runner_up`, the candidate of the next highest utility ("" when it was the only one), the largest first.
    """

    decision_id: str
    task_id: str
    attempt: int
    role: Role
    model: str
    escalate_to: str | None = None
    propensity: float
    profile: ProfileName
    draw: float
    explored: bool = False
    critical: bool = False
    policy: str
    belief: str
    outcomes: int
    candidates: tuple[RouteCandidate, ...]
    removed: tuple[RemovedModel, ...] = ()
    features: RouteFeatures
    runner_up: str = ""
    reasons: tuple[Contribution, ...] = ()


class CascadeStepped(Fact):
    """A cascade takes its next step: `model` works on this attempt ("builtin" for the builtin mind, "" for nobody).

    `refused` is what the verdict held against the attempt before, by name; `reason` why this step and no other. `success`,
    `cost_usd`, `latency_s` and `utility` are what was expected of it, None where nothing was to be expected.
    """

    decision_id: str
    task_id: str
    attempt: int
    role: Role
    step: CascadeStep
    model: str
    reason: str
    refused: tuple[str, ...] = ()
    success: float | None = None
    cost_usd: float | None = None
    latency_s: float | None = None
    utility: float | None = None


class TeamCalled(Fact):
    """The builtin mind, which went first, did not solve it: from here on a team works, on the files of the base (`tree`)."""

    reason: str
    tree: Snapshotted


class ModelCallReserved(Fact):
    """A request is about to be sent to a model. `call` is the journal's key, `send` counts its requests from 1.

    `worst_usd` is what it can cost at most, as decimal text; None is unknown. `prompt_sha256` is the blob of the request as
    JSON, `request_hash` the hash of what is sent. One without a result, after a crash, counts at its worst. `labels` are whose
    words the request holds; none in logs of versions that did not say.
    """

    call: str
    send: int
    task_id: str
    attempt: int
    role: Role
    model: str
    request_hash: str
    prompt_sha256: str
    input_tokens: int
    worst_usd: str | None
    labels: tuple[Label, ...] = ()


class ModelCallCompleted(Fact):
    """A model answered. `model` is what the provider says it is; `response_sha256` is the blob of the answer as JSON.

    `cost_usd` is decimal text, None for an unknown price; `from_cache` answers were not sent for. `sends` counts the requests.
    `asked` is the model that was asked, "" when the log is of a version that did not say; `usage_estimated` is whether the
    provider's own count of tokens was missing or could not be. `first_token_s` is after how many seconds the answer began, None
    when that is not known: it was kept, was not streamed, or the log is of a version that did not say.
    """

    call: str
    sends: int
    task_id: str
    role: Role
    model: str
    request_hash: str
    response_sha256: str
    input_tokens: int
    output_tokens: int
    cached_tokens: int = 0
    cost_usd: str | None
    price_version: str
    duration_s: float
    from_cache: bool = False
    asked: str = ""
    usage_estimated: bool = False
    first_token_s: float | None = None


class ModelCallFailed(Fact):
    """A request to a model failed. `wait_s` is the wait before the next one, None when it was the last.

    `cost_usd` is what it cost; of one that is `unsettled` nobody can tell, and it is the most that it may have cost.
    `body_sha256` is the blob of the first 4 KiB of what the server sent, "" for nothing.
    """

    call: str
    send: int
    role: Role
    model: str
    category: str
    what: str
    cost_usd: str | None = None
    wait_s: float | None = None
    unsettled: bool = False
    body_sha256: str = ""


class ModelSwitched(Fact):
    """A model did not answer, and the next one of the run was asked the same. `category` is how the first one failed."""

    call: str
    task_id: str
    role: Role
    from_model: str
    to_model: str
    category: str
