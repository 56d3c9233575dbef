"""Money as a whole: for finance and auditors."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path

from api import views
from api.asking import KEY_REQUIRED, ServicesOf
from api.auth import Caller, needs
from backhaul_client.listing import ReconciliationView
from domain.codes import RefusedError

Day = Annotated[str, Path(pattern=r"^\d{4}-\d{2}-\d{2}$")]

router = APIRouter(prefix="/v1/reconciliations", tags=["finance"])


@router.post("/{day}", operation_id="reconcile", dependencies=[KEY_REQUIRED])
async def reconcile(
    caller: Annotated[Caller, needs("reconcile")], day: Day, services: ServicesOf
) -> ReconciliationView:
    """Compare the refunds of a day (UTC) with the provider's now; its word is taken for ours."""
    return views.reconciliation(await services.finance.compare(caller.tenant_id, _date(day)))


@router.get("/{day}", operation_id="get_reconciliation")
async def get_reconciliation(
    caller: Annotated[Caller, needs("read-reconciliation")], day: Day, services: ServicesOf
) -> ReconciliationView:
    """Read how the refunds of a day compare with the provider's, as they last did."""
    return views.reconciliation(await services.finance.report(caller.tenant_id, _date(day)))


def _date(day: str) -> date:
    try:
        return date.fromisoformat(day)
    except ValueError:
        raise RefusedError(
            "invalid_request", "wanted a day such as 2026-03-01", field="day"
        ) from None
