"""Tell another return of a parcel that it has to do with."""

from dataclasses import dataclass

import structlog
from temporalio import activity
from temporalio.service import RPCError, RPCStatusCode

from activities.engine import ANSWERS_WITHIN
from activities.errors import refused, translated
from domain.ids import workflow_id_for
from storage.returns import Returns

_SIGNAL = "parcel_news"
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class TellOfParcel:
    """What ``own_return_id`` knows, for ``return_id``; told again it changes nothing."""

    tenant_id: str
    return_id: str
    tracking_code: str
    own_return_id: str
    own_rma_no: str
    kind: str
    event_id: str


class LinkActivities:
    def __init__(self, returns: Returns) -> None:
        self._returns = returns

    @activity.defn
    async def tell_of_parcel(self, asked: TellOfParcel) -> bool:
        """Signal the other return; say whether it has a run to hear it.

        Another tenant's return is told nothing.

        Raises:
            ApplicationError: type ``ProviderUnavailable`` while its run is lost: it hears of it
                once it has one again.
        """
        with translated():
            if await self._returns.get(asked.tenant_id, asked.return_id) is None:
                return False
            handle = activity.client().get_workflow_handle(workflow_id_for(asked.return_id))
            # JSON, as any system would send it.
            news = {
                "tracking_code": asked.tracking_code,
                "other": {"return_id": asked.own_return_id, "rma_no": asked.own_rma_no},
                "kind": asked.kind,
                "event_id": asked.event_id,
            }
            try:
                await handle.signal(_SIGNAL, news, rpc_timeout=ANSWERS_WITHIN)
            except RPCError as error:
                if error.status is not RPCStatusCode.NOT_FOUND:
                    raise
                row = await self._returns.get(asked.tenant_id, asked.return_id)
                if row is not None and not row.has_ended:
                    raise refused("ProviderUnavailable", "its run is gone for now") from error
                _log.info("parcel.link_not_needed", return_id=asked.return_id)
                return False
        return True
