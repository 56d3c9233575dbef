"""Money as a whole: for finance and auditors."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter

from api import views
from api.asking import KEY_REQUIRED, ServicesOf
from api.auth import Caller, needs
from backhaul_client.listing import ReconciliationView

router = APIRouter(prefix="/v1/reconciliations", tags=["finance"])


@router.post("/{day}", operation_id="reconcile", dependencies=[KEY_REQUIRED])
async def reconcile(
    caller: Annotated[Caller, needs("reconcile")], day: date, services: ServicesOf
) -> ReconciliationView:
    """Compare the refunds of a day (UTC) with the provider's now; its word is taken for ours."""
    return views.reconciliation(await services.finance.compare(caller.tenant_id, day))


@router.get("/{day}", operation_id="get_reconciliation")
async def get_reconciliation(
    caller: Annotated[Caller, needs("read-reconciliation")], day: date, services: ServicesOf
) -> ReconciliationView:
    """Read how the refunds of a day compare with the provider's, as they last did."""
    return views.reconciliation(await services.finance.report(caller.tenant_id, day))
