"""Returns tell each other of parcels that they have to do with together."""

from temporalio import workflow

from activities.linking import LinkActivities, TellOfParcel
from domain.commands import SYSTEM
from domain.ids import part_id
from domain.parcel_links import links_to_tell, other_knows, told_of
from domain.texts import bad_text_in
from domain.work import link_subject
from workflows.messages import PARCEL_SIGNAL, ParcelNews
from workflows.parking import Parking
from workflows.recording import Case


def listen(case: Case) -> None:
    """Take what other returns know from here on; what came before is given now."""

    def take(news: ParcelNews) -> None:
        if bad_text_in(news) is not None or case.has_taken(PARCEL_SIGNAL, news.event_id):
            return
        change = told_of(case.ret, news.tracking_code, news.other, news.kind, at=workflow.now())
        case.take(change, actor=SYSTEM, cause_id=news.event_id)
        case.note(PARCEL_SIGNAL, news.event_id)

    workflow.set_signal_handler(PARCEL_SIGNAL, take)


async def tell(case: Case, parking: Parking, subject: str) -> None:
    """Tell the other return of a link; one that has ended needs not know."""
    ret = case.ret
    link = next((one for one in links_to_tell(ret) if link_subject(one) == subject), None)
    if link is None:
        return
    asked = TellOfParcel(
        tenant_id=ret.tenant_id,
        return_id=link.return_id,
        tracking_code=link.tracking_code,
        own_return_id=ret.return_id,
        own_rma_no=ret.rma_no,
        kind=link.kind,
        event_id=part_id(ret.return_id, "link", link.tracking_code, link.return_id, link.kind),
    )
    told = await parking.attempt(
        f"tell/{subject}",
        lambda: case.call(
            LinkActivities.tell_of_parcel, asked, summary=f"{link.rma_no}: a parcel of both"
        ),
    )
    case.take(other_knows(case.ret, link, told=told))
