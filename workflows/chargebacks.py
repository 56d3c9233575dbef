"""A return is told of a chargeback: refunds of that payment wait for the bank, or go on."""

from temporalio import workflow

from domain.chargebacks import Chargeback
from domain.disputing import held_by, told
from domain.texts import bad_text_in
from domain.work import Work, WorkKind
from workflows.messages import CHARGEBACK_SIGNAL, ChargebackNews
from workflows.parking import Parking
from workflows.recording import Case
from workflows.settlement import PROVIDER


def listen(case: Case, parking: Parking) -> None:
    """Take news of chargebacks from here on; what came before is given now."""

    def take(news: ChargebackNews) -> None:
        if bad_text_in(news) is None:
            take_news(case, parking, news)

    workflow.set_signal_handler(CHARGEBACK_SIGNAL, take)


def take_news(case: Case, parking: Parking, news: ChargebackNews) -> None:
    """Note how it stands, and let refunds that depend on it be tried again: the ledger decides.

    One that may not go out parks by that name; one that may goes on; what was lost covers it.
    """
    if case.has_taken(CHARGEBACK_SIGNAL, news.event_id):
        return
    chargeback = Chargeback(
        dispute_ref=news.dispute_ref,
        tender_id=news.tender_id,
        amount_minor=news.amount_minor,
        state=news.state,
        reason=news.reason,
        since=workflow.now(),
        evidence_due_by=news.evidence_due_by,
        evidence=news.refunds_sent,
    )
    case.take(told(case.ret, chargeback), actor=PROVIDER, cause_id=news.event_id)
    case.note(CHARGEBACK_SIGNAL, news.event_id)
    for intent in held_by(case.ret, chargeback):
        parking.insist(Work(WorkKind.REFUND, intent.intent_id).key)
