"""Give back what was captured of a hold, exactly once."""

from dataclasses import dataclass

from temporalio import activity

from activities.errors import refused, translated
from activities.payments import intent_of
from activities.refunds import IssueRefund, RefundAnswer, Refunder
from domain.holds import HoldState
from domain.intents import Intent
from domain.money import Money
from integrations.directory import Connections
from storage.database import Database
from storage.externals import ExternalRefunds
from storage.giving_back import GivingBack
from storage.holds import Holds
from storage.redirects import Redirects
from storage.sealing import OverRefundError, SealedOtherwiseError
from storage.settlements import Settlements


@dataclass(frozen=True, slots=True)
class GiveBack:
    """Give back ``amount`` of what was captured for a lot, once.

    ``gate_minor`` is as in :class:`IssueRefund`.
    """

    tenant_id: str
    return_id: str
    purpose: str
    amount: Money
    gate_minor: int | None = None


@dataclass(frozen=True, slots=True)
class GivenBack:
    """The intent as it was sealed, and what its first try led to; go on by ``issue_refund``."""

    intent: Intent
    first_try: RefundAnswer


class GivingBackActivities:
    def __init__(self, connections: Connections, database: Database) -> None:
        self._holds = Holds(database)
        self._giving_back = GivingBack(database)
        self._refunder = Refunder(
            connections, Settlements(database), ExternalRefunds(database), Redirects(database)
        )

    @activity.defn
    async def give_back(self, asked: GiveBack) -> GivenBack:
        """Seal the refund of what was captured for a lot, then send it once; repeats pay once.

        Raises:
            ApplicationError: ``NoHold`` when nothing was captured; ``NothingLeft`` when more is
                asked than was captured; ``SealedOtherwise`` when another amount was sealed.
        """
        with translated():
            rows = await self._holds.of_purpose(asked.tenant_id, asked.return_id, asked.purpose)
            taken = next((row for row in rows if row.state is HoldState.CAPTURED), None)
            if taken is None:
                raise refused("NoHold", f"nothing was captured for {asked.purpose}")
            try:
                intent = await self._giving_back.seal(asked.tenant_id, taken, asked.amount)
            except OverRefundError as error:
                raise refused("NothingLeft", str(error), field="amount") from error
            except SealedOtherwiseError as error:
                raise refused("SealedOtherwise", str(error), field="amount") from error
        wanted = IssueRefund(
            asked.tenant_id, intent.intent_id, intent.generation, gate_minor=asked.gate_minor
        )
        return GivenBack(intent_of(intent), await self._refunder.try_once(wanted))
