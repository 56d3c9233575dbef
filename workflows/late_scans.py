"""An expired return whose parcel is scanned after all has its units locked again, or parks."""

from temporalio import workflow

from activities.relocking import RelockActivities
from domain.late_scans import revived_late, units_wanted, wants_units
from domain.work import RELOCKING
from storage.records import Relocking
from workflows.parking import Parking
from workflows.recording import Case
from workflows.steps import write


async def relock(case: Case, parking: Parking, _subject: str) -> None:
    """Lock the units and go on; while another return has them, ops know both."""
    work, ret = RELOCKING.key, case.ret
    asked = Relocking(ret.tenant_id, ret.return_id, ret.request.order_id, units_wanted(ret))
    while True:
        relocked = await parking.attempt(
            work,
            lambda: write(RelockActivities.relock_units, asked, summary="units locked again"),
            wanted=lambda: wants_units(case.ret),
        )
        if relocked.line_id is None:
            break
        held_by = ", ".join(relocked.held_by)
        detail = f"{ret.rma_no} was scanned late; {relocked.line_id} is returned with {held_by}"
        await parking.park(
            work, "units_used_elsewhere", detail, wanted=lambda: wants_units(case.ret)
        )
    case.take(revived_late(case.ret, dict(relocked.units), at=workflow.now()))
