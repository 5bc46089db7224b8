"""How a task came to its model: what was known of it, what was expected of each candidate, and what was decided."""

from enum import StrEnum

from codecompanion.domain.project import Value


class ProfileName(StrEnum):
    """How much a success may cost, in money and in time; `routing.profiles` has the weights."""

    QUALITY = "quality"
    BALANCED = "balanced"
    FRUGAL = "frugal"


class Constraint(StrEnum):
    """Why a model may not be asked.

    It has no `KEY` or address; the settings do not allow its provider (`POLICY`); it keeps failing (`CIRCUIT`); it cannot call
    `TOOLS`; the prompt does not fit (`CONTEXT`); its `PRICE` is unknown, and must not be; the `BUDGET` does not leave its
    worst; it is of the `FAMILY` that wrote what is to be reviewed.
    """

    KEY = "key"
    POLICY = "policy"
    CIRCUIT = "circuit"
    TOOLS = "tools"
    CONTEXT = "context"
    PRICE = "price"
    BUDGET = "budget"
    FAMILY = "family"


class CascadeStep(StrEnum):
    """A step of a cascade: the builtin mind, the plan's first model, the same with the failure, another one, nobody."""

    BUILTIN = "builtin"
    FIRST = "first"
    AGAIN = "again"
    ESCALATE = "escalate"
    STOP = "stop"


class RouteFeatures(Value):
    """What is known of a task before a model is asked; "" and 0 are unknown. `attempt` counts from 1."""

    role: str
    task_type: str = ""
    language: str = ""
    complexity: str = ""
    prompt_tokens: int = 0
    files: int = 0
    has_traceback: bool = False
    attempt: int = 1


class RouteCandidate(Value):
    """What is expected of a model for the task. `success` is from 0 to 1, `cost_usd` and `latency_s` are of one attempt.

    `utility` is success less the worth of cost and time; `propensity` is how likely it was to be asked first.
    """

    model: str
    success: float
    cost_usd: float
    latency_s: float
    utility: float
    propensity: float


class RemovedModel(Value):
    """A model that could not be asked, and why, in a word and in words."""

    model: str
    constraint: Constraint
    reason: str


class Contribution(Value):
    """What one feature adds to the difference between two models, in logits of success."""

    feature: str
    logit: float
