"""The other returns of the customer whose return is looked at."""

from datetime import UTC, datetime

from backhaul_client.history import CustomerHistoryView, PastReturnsView
from domain.customer_history import LOOKS_BACK
from storage.customer_history import CustomerHistory
from storage.rows import ReturnRow


async def history_of(row: ReturnRow, histories: CustomerHistory) -> CustomerHistoryView:
    """Count what became of them; where nobody is named there is nothing to count."""
    since = datetime.now(UTC) - LOOKS_BACK
    if row.customer_ref is None:
        return CustomerHistoryView(is_known=False, since=since, counts=())
    found = await histories.before(row.tenant_id, row.customer_ref, since=since, but=row.return_id)
    counts = tuple(
        PastReturnsView(
            outcome=past.outcome,
            currency=past.currency,
            returns=past.returns,
            units=past.units,
            value_minor=past.value_minor,
        )
        for past in found
    )
    return CustomerHistoryView(is_known=True, since=since, counts=counts)
