"""Say how a settlement would be split over its order's tenders now, sealing nothing."""

from dataclasses import dataclass

from temporalio import activity

from activities.errors import refused, translated
from activities.payments import split_balances
from domain.policies import TENDER_ORDER
from domain.promotions import Standing
from domain.proposals import ByTender
from domain.tenders import NothingLeftError, TenderOrder
from storage.returns import Returns


@dataclass(frozen=True, slots=True)
class AskForQuote:
    """``standing`` is what the amount was computed on, where a promotion is looked at."""

    tenant_id: str
    order_id: str
    amount_minor: int
    standing: Standing | None = None
    tender_order: TenderOrder = TENDER_ORDER


@dataclass(frozen=True, slots=True)
class Quote:
    """With ``standing`` nothing is split: that is what the amount has to be computed on."""

    by_tender: ByTender = ()
    standing: Standing | None = None


class QuoteActivities:
    def __init__(self, returns: Returns) -> None:
        self._returns = returns

    @activity.defn
    async def quote_settlement(self, asked: AskForQuote) -> Quote:
        """Read what is left and split the amount. Nothing is held: sealing splits it again.

        Raises:
            ApplicationError: type ``NothingLeft`` when more is owed than the order has left.
        """
        with translated():
            if asked.standing is not None:
                standing = await self._returns.standing(asked.tenant_id, asked.order_id)
                if standing != asked.standing:
                    return Quote(standing=standing)
            balances = await self._returns.tender_balances(asked.tenant_id, asked.order_id)
        try:
            parts = split_balances(balances, asked.amount_minor, order=asked.tender_order)
        except NothingLeftError as error:
            raise refused("NothingLeft", str(error)) from error
        return Quote(
            tuple((b.tender_id, part) for b, part in zip(balances, parts, strict=True) if part)
        )
