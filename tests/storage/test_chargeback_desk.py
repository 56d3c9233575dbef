"""News of a chargeback reaches every return of its order, whatever else goes wrong meanwhile."""

from dataclasses import dataclass, field

import pytest

from domain.money import Money
from integrations.errors import TemporarilyUnavailableError
from integrations.payments.port import Chargeback, ChargebackState, PaymentEvent, Refund
from runtime.chargebacks import ChargebackDesk
from storage.database import Database
from storage.returns import Returns
from storage.settlements import Settlements
from storage.states import IntentState
from tests.storage.builders import CARD, TENANT, opened, return_id
from tests.storage.test_settlements import _seal
from workflows.messages import ChargebackNews

EVENT = PaymentEvent("evt_1", "charge.dispute.created", None, "du_1")


class GoneError(Exception):
    """A return cannot be told now."""


class Bank:
    """A provider that shows an open chargeback and answers nothing else."""

    async def get_chargeback(self, dispute_ref: str) -> Chargeback:
        return Chargeback(
            dispute_ref,
            (CARD.payment_ref,),
            Money(10_000, "EUR"),
            ChargebackState.OPEN,
            "fraudulent",
            None,
        )

    async def attach_evidence(self, dispute_ref: str, text: str, *, idempotency_key: str) -> None:  # noqa: ARG002
        raise TemporarilyUnavailableError("stripe", f"{dispute_ref}: no answer")

    async def cancel_refund(self, refund_ref: str, *, idempotency_key: str) -> Refund:  # noqa: ARG002
        raise TemporarilyUnavailableError("stripe", f"{refund_ref}: no answer")


@dataclass
class Returned:
    """Takes what returns are told; one of them cannot be reached."""

    gone: str = ""
    told: list[tuple[str, ChargebackNews]] = field(default_factory=list)

    async def __call__(self, tenant_id: str, return_id: str, name: str, told: object) -> None:
        assert (tenant_id, name) == (TENANT, "chargeback_news")
        if return_id == self.gone:
            raise GoneError(return_id)
        assert isinstance(told, ChargebackNews)
        self.told.append((return_id, told))


async def two_returns(returns: Returns) -> list[str]:
    for name in ("first", "second"):
        await opened(returns, name, wanted=(("shoes", 1),))
    return sorted(return_id(name) for name in ("first", "second"))


async def test_a_return_that_cannot_be_told_keeps_it_from_no_other(
    store: Database, returns: Returns
) -> None:
    """The others are told first; then the webhook fails, and is tried again."""
    gone, other = await two_returns(returns)
    tell = Returned(gone)

    with pytest.raises(GoneError, match=gone):
        await ChargebackDesk(store, tell).take(TENANT, Bank(), EVENT, again=False)

    assert [name for name, _ in tell.told] == [other]


async def test_a_provider_that_takes_no_evidence_keeps_it_from_nobody(
    store: Database, returns: Returns, settlements: Settlements
) -> None:
    """Returns hear which refunds went out before, and the webhook counts as heard."""
    both = await two_returns(returns)
    (intent,) = await _seal(settlements, 500)
    await settlements.begin(TENANT, intent.intent_id)
    tell = Returned()

    await ChargebackDesk(store, tell).take(TENANT, Bank(), EVENT, again=False)

    assert [name for name, _ in tell.told] == both
    assert {news.refunds_sent for _, news in tell.told} == {(intent.intent_id,)}


async def test_a_refund_that_cannot_be_stopped_now_is_tried_again_after_all_were_told(
    store: Database, returns: Returns, settlements: Settlements
) -> None:
    """The provider does not answer: the webhook fails, but every return knows of the bank."""
    both = await two_returns(returns)
    (intent,) = await _seal(settlements, 500)
    await settlements.begin(TENANT, intent.intent_id)
    await settlements.finish(TENANT, intent.intent_id, state=IntentState.PENDING, refund_ref="re_1")
    tell = Returned()

    with pytest.raises(TemporarilyUnavailableError):
        await ChargebackDesk(store, tell).take(TENANT, Bank(), EVENT, again=False)

    assert [name for name, _ in tell.told] == both
