"""News of a refund for a return that has closed: what is owed again starts a new run of it."""

import json
from dataclasses import asdict, dataclass
from typing import Any

import structlog
from temporalio import activity
from temporalio.client import Client

from activities.engine import begin_again_with_news
from activities.errors import translated
from domain.lifecycle import Headline
from storage.returns import Returns
from storage.states import IntentState

_SIGNAL = "refund_news"
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class RefundTold:
    """What a return is told of one of its refunds, in the words of its signal."""

    intent_id: str
    state: str
    refund_ref: str
    failure: str | None
    event_id: str


@dataclass(frozen=True, slots=True)
class ReopenFor:
    tenant_id: str
    return_id: str
    told: RefundTold


class Reopener:
    def __init__(self, returns: Returns) -> None:
        self._returns = returns

    async def reopen(self, client: Client, asked: ReopenFor, *, task_queue: str) -> bool:
        """Start a new run of a closed return, with the news; say whether it is owed again.

        Of two that race one starts it and the other tells it. What the closed run knew already, and
        what leaves nothing owed, starts nothing. The new run goes on from the projection.
        """
        row = await self._returns.get(asked.tenant_id, asked.return_id)
        if row is None or row.headline != Headline.CLOSED:
            return False
        kept = await self._returns.resume_from(asked.tenant_id, asked.return_id)
        start: dict[str, Any] | None = json.loads(kept) if kept is not None else None
        if start is None or not _is_owed_again(start, asked.told):
            return False
        # JSON, as the projection keeps it: the workflow reads it as any start.
        start |= {"reopened": {}, "restarts": start.get("restarts", 0) + 1}
        await begin_again_with_news(
            client,
            start,
            tenant_id=asked.tenant_id,
            return_id=asked.return_id,
            task_queue=task_queue,
            signal=_SIGNAL,
            told=asdict(asked.told),
            summary=f"{row.rma_no} reopened: a refund came back",
        )
        _log.warning(
            "return.reopened",
            tenant_id=asked.tenant_id,
            return_id=asked.return_id,
            intent_id=asked.told.intent_id,
            failure=asked.told.failure,
        )
        return True


def _is_owed_again(start: dict[str, Any], told: RefundTold) -> bool:
    """Say whether the closed return counts a refund as paid that turned out not to be."""
    resumed = start["resumed"]
    if f"{_SIGNAL}/{told.event_id}" in resumed["taken"]:
        return False
    return told.state == IntentState.REJECTED and any(
        intent["intent_id"] == told.intent_id and intent["state"] == IntentState.SUCCEEDED
        for settlement in resumed["ret"]["settlements"]
        for intent in settlement["intents"]
    )


class ReopenActivities:
    def __init__(self, returns: Returns) -> None:
        self._reopener = Reopener(returns)

    @activity.defn
    async def reopen_for(self, asked: ReopenFor) -> bool:
        """Reopen a closed return of which a comparison found a refund that came back."""
        with translated():
            queue = activity.info().task_queue
            return await self._reopener.reopen(activity.client(), asked, task_queue=queue)
