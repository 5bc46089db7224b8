"""What the calls of a run would have cost with another model, by the tokens that were counted. Nothing is asked."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from pydantic_ai.usage import RequestUsage

from codecompanion.domain.budget import NOTHING, plain
from codecompanion.domain.errors import BadInput
from codecompanion.domain.events import ModelCallCompleted, decode
from codecompanion.providers.prices import PRICE_VERSION, cost_of
from codecompanion.wiring import App
from codecompanion.wiring.team import full_name


async def what_if(app: App, run_id: str, model: str) -> dict[str, Any]:
    """Return what the answered calls of a run cost, and what calls of as many tokens cost with another model.

    Another model would write more or less, and might need other attempts: only its price is put in. `actual_usd` is None when
    the price of a call is unknown. The cached share of a prompt is taken to be the same.

    Raises:
        BadInput: There is no such model, or its price is unknown.
    """
    name = full_name(model)
    events = await app.store.read(run_id)
    calls = [(event.recorded_at, fact) for event in events if isinstance(fact := decode(event), ModelCallCompleted)]
    sent = [(at, call) for at, call in calls if not call.from_cache]
    costs = [cost_of(name, _usage(call), datetime.fromisoformat(at)) for at, call in sent]
    actual = [call.cost_usd for _, call in sent]
    if None in costs:
        raise BadInput(f"the price of {name} is unknown", fix="codecompanion models list shows those whose price is known")
    return {
        "model": str(name),
        "calls": len(sent),
        "usd": plain(sum((usd for usd in costs if usd is not None), NOTHING)),
        "actual_usd": None if None in actual else plain(sum((Decimal(usd) for usd in actual if usd is not None), NOTHING)),
        "price_version": PRICE_VERSION,
    }


def _usage(call: ModelCallCompleted) -> RequestUsage:
    return RequestUsage(input_tokens=call.input_tokens, output_tokens=call.output_tokens, cache_read_tokens=call.cached_tokens)
