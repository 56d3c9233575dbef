"""The API's methods, one each."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import date
from urllib.parse import quote

import httpx

from backhaul_client import requests
from backhaul_client.admin import AdminClient
from backhaul_client.answers import Accepted, CommandLeft, CommandView, EventView, ReturnView
from backhaul_client.arrivals import ArrivalPage
from backhaul_client.books_client import BooksClient
from backhaul_client.credit_client import CreditClient
from backhaul_client.decision_tree import DecisionTree
from backhaul_client.documents import DocumentList, Paper
from backhaul_client.errors import BackhaulError
from backhaul_client.history import CustomerHistoryView
from backhaul_client.listing import (
    Explanation,
    Preview,
    ReturnPage,
    ReturnSummary,
    SurveyReceipt,
    TimelinePage,
)
from backhaul_client.paging import all_of
from backhaul_client.parcels import ParcelView
from backhaul_client.policies import DecisionRecordList
from backhaul_client.policy_client import PolicyClient
from backhaul_client.review import (
    AcceptOfferCommand,
    AnswerInfoCommand,
    AskInfoCommand,
    CounterOfferCommand,
    DeclineOfferCommand,
)
from backhaul_client.transport import Query, Transport, read

_ACCEPTED = 202
_ARRIVALS = "/v1/expected-arrivals"
_NOTHING = requests.RequestModel()


class BackhaulClient:
    """One tenant's returns, as far as the role of the key reaches.

    Every method raises :class:`BackhaulError` when the API refuses, and httpx's errors when nothing
    came back: after those, repeat the call with the same key and content.

    Args:
        http: Yours, with the API's base URL and an ``Authorization: Bearer`` header.
    """

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._api = Transport(http)
        self.admin = AdminClient(self._api)
        self.policies = PolicyClient(self._api)
        self.books = BooksClient(self._api)
        self.credit = CreditClient(self._api)

    async def preview(self, wanted: requests.NewReturn) -> Preview:
        """Ask what a start would decide and pay. Writes nothing."""
        return await self._api.post("/v1/returns/preview", wanted, Preview)

    async def start_return(
        self, wanted: requests.NewReturn, *, idempotency_key: str
    ) -> ReturnView | Accepted:
        """Ask for a return: granted, under review or denied, as its ``headline`` says.

        :class:`Accepted` means that it will be decided later: repeat the call, with the same key,
        to learn how.
        """
        response = await self._api.send("/v1/returns", wanted, key=idempotency_key)
        if response.status_code == _ACCEPTED:
            return read(response, Accepted)
        return read(response, ReturnView)

    async def get_return(self, return_id: str) -> ReturnView:
        """Read a return by its id or its RMA number."""
        return await self._api.get(_return(return_id), ReturnView)

    async def get_return_for_recipient(self, return_id: str) -> ReturnView:
        """Read a return as the recipient of a gift may: without amounts, prices and tenders."""
        return await self._api.get(f"{_return(return_id)}/for-recipient", ReturnView)

    async def list_returns(
        self,
        *,
        headline: str | None = None,
        order_id: str | None = None,
        blocker: str | None = None,
        page_size: int = 50,
    ) -> AsyncIterator[ReturnSummary]:
        """Read all returns that fit, newest first, one page at a time as you go on."""
        filters = {"headline": headline, "order_id": order_id, "blocker": blocker}
        query: dict[str, str | int] = {
            "limit": page_size,
            **{name: value for name, value in filters.items() if value is not None},
        }
        async for page in self._api.pages("/v1/returns", ReturnPage, query):
            for item in page.items:
                yield item

    async def timeline(self, return_id: str, *, after: int = 0) -> tuple[EventView, ...]:
        """Read all that happened after the event of number ``after``, oldest first."""
        events: list[EventView] = []
        following: int | None = after
        while following is not None:
            query: Query = {"after": following}
            page = await self._api.get(f"{_return(return_id)}/timeline", TimelinePage, query)
            events += page.items
            following = page.next_after
        return tuple(events)

    async def explain(self, return_id: str) -> Explanation:
        """Ask what a return waits for, who must act and by when; needs no worker to answer."""
        return await self._api.get(f"{_return(return_id)}/explain", Explanation)

    async def list_decisions(self, return_id: str) -> DecisionRecordList:
        """Read what the rules, people and time-outs decided on each line, and on which facts."""
        return await self._api.get(f"{_return(return_id)}/decisions", DecisionRecordList)

    async def customer_history(self, return_id: str) -> CustomerHistoryView:
        """Count the other returns of the same customer in the last 365 days."""
        return await self._api.get(f"{_return(return_id)}/customer-history", CustomerHistoryView)

    async def list_documents(self, return_id: str) -> DocumentList:
        """Read which papers the return's parcels have, and where each is."""
        return await self._api.get(f"{_return(return_id)}/documents", DocumentList)

    async def get_packing_slip(self, return_id: str, delivery_id: str) -> Paper:
        """Get the page that goes into a parcel, as PDF; the same return is the same content."""
        path = f"{_delivery(return_id, delivery_id)}/packing-slip"
        return _paper(await self._api.fetch(path))

    async def get_qr_code(
        self, return_id: str, delivery_id: str, *, of_label: bool = False
    ) -> Paper:
        """Get the QR code of the RMA number, or of where the carrier shows its own, as SVG."""
        path = f"{_delivery(return_id, delivery_id)}/qr-code"
        return _paper(await self._api.fetch(path, {"of": "label" if of_label else "return"}))

    async def get_decision_tree(
        self, return_id: str, *, language: str | None = None
    ) -> DecisionTree:
        """Get how each line was decided, in words: en, zh, de or ja; English unless stated."""
        query = {"lang": language} if language is not None else {}
        return await self._api.get(f"{_return(return_id)}/decision-tree", DecisionTree, query)

    async def get_decision_page(self, return_id: str, *, language: str | None = None) -> Paper:
        """Get the same as a page of HTML that stands alone, to be shown to the customer."""
        query = {"lang": language} if language is not None else {}
        return _paper(await self._api.fetch(f"{_return(return_id)}/decision-page", query))

    async def read_parcel(self, tracking_code: str) -> ParcelView:
        """Read which returns travel under a tracking code; a bulk parcel holds many, by bag."""
        return await self._api.get(f"/v1/parcels/{quote(tracking_code, safe='')}", ParcelView)

    async def list_expected_arrivals(
        self, first: date, last: date, *, location: str | None = None, page_size: int = 200
    ) -> ArrivalPage:
        """Read all parcels to be expected from day ``first`` to ``last``, 31 days at most.

        With what comes to each place on each day, by SKU.
        """
        query: dict[str, str | int] = {
            "from": first.isoformat(),
            "to": last.isoformat(),
            "limit": page_size,
            **({"location": location} if location is not None else {}),
        }
        pages = [page async for page in self._api.pages(_ARRIVALS, ArrivalPage, query)]
        return pages[0].model_copy(update=all_of(pages))

    async def withdraw(
        self, return_id: str, command: requests.WithdrawCommand, *, idempotency_key: str
    ) -> CommandView:
        """Take the request back, before anything was handed over."""
        return await self._command(return_id, "withdraw", command, idempotency_key)

    async def approve(
        self, return_id: str, command: requests.ApproveCommand, *, idempotency_key: str
    ) -> CommandView:
        return await self._command(return_id, "approve", command, idempotency_key)

    async def deny(
        self, return_id: str, command: requests.DenyCommand, *, idempotency_key: str
    ) -> CommandView:
        return await self._command(return_id, "deny", command, idempotency_key)

    async def ask_info(
        self, return_id: str, command: AskInfoCommand, *, idempotency_key: str
    ) -> CommandView:
        """Ask the customer for facts or evidence; the review's clock stands until the answer."""
        return await self._command(return_id, "ask-info", command, idempotency_key)

    async def answer_info(
        self, return_id: str, command: AnswerInfoCommand, *, idempotency_key: str
    ) -> CommandView:
        """Answer a reviewer's question: the review goes on with what was left of its clock."""
        return await self._command(return_id, "answer-info", command, idempotency_key)

    async def counter_offer(
        self, return_id: str, command: CounterOfferCommand, *, idempotency_key: str
    ) -> CommandView:
        """Offer to let the goods be kept for a part of what was paid for them."""
        return await self._command(return_id, "counter-offer", command, idempotency_key)

    async def accept_offer(
        self, return_id: str, command: AcceptOfferCommand, *, idempotency_key: str
    ) -> CommandView:
        """Keep the goods for what is offered: that is paid at once."""
        return await self._command(return_id, "accept-offer", command, idempotency_key)

    async def decline_offer(
        self, return_id: str, command: DeclineOfferCommand, *, idempotency_key: str
    ) -> CommandView:
        """Leave the decision to the reviewer."""
        return await self._command(return_id, "decline-offer", command, idempotency_key)

    async def report_pickup_outcome(
        self, return_id: str, command: requests.PickupOutcomeCommand, *, idempotency_key: str
    ) -> CommandView:
        """Tell that a courier came or did not, and has no parcel: another visit, or drop-off."""
        return await self._command(return_id, "report-pickup-outcome", command, idempotency_key)

    async def change_handover(
        self, return_id: str, command: requests.ChangeHandoverCommand, *, idempotency_key: str
    ) -> CommandView:
        """Choose another way back, or another window, before anything was handed over."""
        return await self._command(return_id, "change-handover", command, idempotency_key)

    async def record_sending(
        self, return_id: str, command: requests.RecordSendingCommand, *, idempotency_key: str
    ) -> CommandView:
        """Say, with proof, that the customer sent the parcel; it is under way from then on."""
        return await self._command(return_id, "record-sending", command, idempotency_key)

    async def replace_label(
        self, return_id: str, command: requests.ReplaceLabelCommand, *, idempotency_key: str
    ) -> CommandView:
        """Buy another label for a parcel whose own ran out, or that came back to its sender."""
        return await self._command(return_id, "replace-label", command, idempotency_key)

    async def record_customs_papers(
        self,
        return_id: str,
        command: requests.RecordCustomsPapersCommand,
        *,
        idempotency_key: str,
    ) -> CommandView:
        """Say where the papers are with which the goods cross a customs border."""
        name = "record-customs-papers"
        return await self._command(return_id, name, command, idempotency_key)

    async def mark_lost(
        self, return_id: str, command: requests.MarkLostCommand, *, idempotency_key: str
    ) -> CommandView:
        """Say that the carrier lost a parcel: what it held is settled without it."""
        return await self._command(return_id, "mark-lost", command, idempotency_key)

    async def leave_expired(
        self, return_id: str, command: requests.LeaveExpiredCommand, *, idempotency_key: str
    ) -> CommandView:
        """Leave an expired return so, whose parcel was scanned late."""
        return await self._command(return_id, "leave-expired", command, idempotency_key)

    async def receive(
        self, return_id: str, command: requests.ReceiveCommand, *, idempotency_key: str
    ) -> CommandView:
        """Tell what a parcel holds. Receipts add up; the same receipt counts once."""
        return await self._command(return_id, "receive", command, idempotency_key)

    async def report_refusal(self, refusal: requests.NewRefusal) -> ReturnView | Accepted:
        """Tell what a parcel holds that came back though nobody asked: a return and its receipt.

        The parcel is the key. Repeat the call after :class:`Accepted`, and after the review of a
        return that needs one, to have it counted.
        """
        response = await self._api.send("/v1/refusals", refusal)
        if response.status_code == _ACCEPTED:
            return read(response, Accepted)
        return read(response, ReturnView)

    async def record_inspection(
        self, return_id: str, command: requests.InspectionCommand, *, idempotency_key: str
    ) -> CommandView | CommandLeft:
        """Grade a lot; ``CommandLeft`` when nobody was there to carry it out yet."""
        path = f"{_return(return_id)}/commands/record-inspection"
        response = await self._api.send(path, command, key=idempotency_key)
        if response.status_code == _ACCEPTED:
            return read(response, CommandLeft)
        return read(response, CommandView)

    async def choose_resolution(
        self, return_id: str, command: requests.ChooseResolutionCommand, *, idempotency_key: str
    ) -> CommandView:
        return await self._command(return_id, "choose-resolution", command, idempotency_key)

    async def retry(
        self, return_id: str, command: requests.RetryCommand, *, idempotency_key: str
    ) -> CommandView:
        return await self._command(return_id, "retry", command, idempotency_key)

    async def correct(
        self, return_id: str, command: requests.CorrectCommand, *, idempotency_key: str
    ) -> CommandView:
        """Say what is true of a parked start's order, and try again."""
        return await self._command(return_id, "correct", command, idempotency_key)

    async def reconcile_refund(
        self, return_id: str, command: requests.ReconcileRefundCommand, *, idempotency_key: str
    ) -> CommandView:
        return await self._command(return_id, "reconcile-refund", command, idempotency_key)

    async def approve_settlement(
        self, return_id: str, command: requests.ApproveSettlementCommand, *, idempotency_key: str
    ) -> CommandView:
        """Let a settlement above the policy's limit be paid, as its hash says it is."""
        return await self._command(return_id, "approve-settlement", command, idempotency_key)

    async def decline_settlement(
        self, return_id: str, command: requests.DeclineSettlementCommand, *, idempotency_key: str
    ) -> CommandView:
        return await self._command(return_id, "decline-settlement", command, idempotency_key)

    async def change_tender(
        self, return_id: str, command: requests.ChangeTenderCommand, *, idempotency_key: str
    ) -> CommandView:
        """Pay a refused refund elsewhere, with the customer's consent."""
        return await self._command(return_id, "change-tender", command, idempotency_key)

    async def resolve_recovery(
        self, return_id: str, command: requests.ResolveRecoveryCommand, *, idempotency_key: str
    ) -> CommandView:
        return await self._command(return_id, "resolve-recovery", command, idempotency_key)

    async def extend_deadline(
        self, return_id: str, command: requests.ExtendDeadlineCommand, *, idempotency_key: str
    ) -> CommandView:
        return await self._command(return_id, "extend-deadline", command, idempotency_key)

    async def restart_from_projection(
        self, return_id: str, command: requests.RestartCommand, *, idempotency_key: str
    ) -> CommandView:
        """Go on in a new run, where the engine has lost the one there was."""
        return await self._command(return_id, "restart-from-projection", command, idempotency_key)

    async def reopen(
        self, return_id: str, command: requests.ReopenCommand, *, idempotency_key: str
    ) -> CommandView:
        """Go on with a closed return: what is owed by now is paid, or it completes anew."""
        return await self._command(return_id, "reopen", command, idempotency_key)

    async def answer_survey(self, token: str, answer: requests.NewSurveyAnswer) -> SurveyReceipt:
        """Answer a survey; its token is the credential, and the first answer counts."""
        return await self._api.post(f"/v1/surveys/{quote(token, safe='')}", answer, SurveyReceipt)

    async def wait_until(
        self,
        return_id: str,
        predicate: Callable[[ReturnView], bool],
        *,
        timeout: float,  # noqa: ASYNC109  # what asyncio.timeout is given
        every: float = 0.25,
    ) -> ReturnView:
        """Read a return until ``predicate`` holds. One that is not registered yet is awaited.

        Ask for "that state or later": the return may pass a state between two looks.

        Args:
            timeout: Seconds until it raises ``TimeoutError``.
            every: Seconds between two looks.
        """
        async with asyncio.timeout(timeout):
            while True:
                try:
                    view = await self.get_return(return_id)
                except BackhaulError as error:
                    if error.code != "return_not_found":
                        raise
                else:
                    if predicate(view):
                        return view
                await asyncio.sleep(every)

    async def _command(
        self, return_id: str, name: str, command: requests.Command, key: str
    ) -> CommandView:
        path = f"{_return(return_id)}/commands/{name}"
        return await self._api.post(path, command, CommandView, key=key)


def _return(return_id: str) -> str:
    return f"/v1/returns/{quote(return_id, safe='')}"


def _delivery(return_id: str, delivery_id: str) -> str:
    return f"{_return(return_id)}/deliveries/{quote(delivery_id, safe='')}"


def _paper(response: httpx.Response) -> Paper:
    disposition = response.headers.get("Content-Disposition", "")
    return Paper(
        content=response.content,
        media_type=response.headers.get("Content-Type", ""),
        file_name=disposition.partition('filename="')[2].rstrip('"'),
        etag=response.headers.get("ETag", ""),
    )
