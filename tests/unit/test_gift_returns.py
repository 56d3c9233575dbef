"""The recipient of a gift returns it, and is told neither what was paid nor how."""

from dataclasses import replace
from typing import Any

import pytest

from api.recipients import return_for_recipient
from backhaul_client.answers import ReturnView
from domain.codes import RefusedError
from domain.diverting import diversion_of
from domain.exchanges import check_exchanges
from domain.gift_returns import check_recipient, written_to
from domain.granting import apply_policy
from domain.lifecycle import AuthorizationState
from domain.money import Money
from domain.opening import decide_lines, open_return
from domain.orders import Destination, TenderKind
from domain.policies import Policy
from domain.policy_reading import parse_policy
from domain.requests import (
    HandoverMethod,
    RequestedLine,
    Requester,
    Resolution,
    ReturnRequest,
    request_hash,
)
from domain.returns import Return
from domain.reviewing import check_approval
from domain.triggers import AT_ACCEPTANCE
from domain.view import document
from tests.support.builders import NOW, exchange, order, pack, policy, request
from tests.support.settling import Till, accepted

GIFT = replace(order(), gift_recipient="friend-1")
IN_CREDIT = parse_policy(pack() | {"gift_returns": "recipient_credit"})


def asked(*lines: RequestedLine) -> ReturnRequest:
    return replace(request(*lines), by=Requester.RECIPIENT)


def given_back(under: Policy) -> Return:
    wanted = asked()
    return open_return(
        tenant_id="acme",
        return_id="0b8f6a52-5f0e-5c0b-9d5e-1c2f3a4b5c6d",
        rma_no="RMA-0000-01-7",
        request=wanted,
        request_hash="sha256:0",
        order=GIFT,
        policy=under,
        decisions=decide_lines(wanted, GIFT, under, at=NOW),
        units={"shoes": (0, 1, 2)},
        at=NOW,
    )


class TestMoney:
    def test_edge_16_goes_to_what_the_purchaser_paid_with(self) -> None:
        """The shipped pack gives nobody's money to anybody else."""
        ret = given_back(policy())

        assert diversion_of(ret, ret.lots).of([(TenderKind.CARD, 100)]) == (None,)

    def test_edge_16_or_by_policy_to_the_recipients_credit(self) -> None:
        """What was paid with money, without a bonus; what was paid in kind goes back in kind."""
        ret = given_back(IN_CREDIT)
        parts = [(TenderKind.CARD, 100), (TenderKind.GIFT_CARD, 50)]

        card, gift_card = diversion_of(ret, ret.lots).of(parts)

        assert card is not None
        assert (card.destination, card.reference) == (Destination.STORE_CREDIT, "friend-1")
        assert (card.bonus_minor, gift_card) == (0, None)

    def test_a_purchaser_gets_his_own_money_of_a_gift(self) -> None:
        """The policy for recipients says nothing about who paid."""
        theirs = given_back(IN_CREDIT)
        own = replace(theirs.request, by=Requester.PURCHASER)

        ret = open_return(
            tenant_id="acme",
            return_id=theirs.return_id,
            rma_no="RMA-0000-02-E",
            request=own,
            request_hash="sha256:0",
            order=GIFT,
            policy=IN_CREDIT,
            decisions=[line.decision for line in theirs.lines],
            units={"shoes": (0, 1, 2)},
            at=NOW,
        )

        assert ret.gift_credit_account == ""

    def test_nothing_goes_out_before_the_gift_is_back(self) -> None:
        """The purchaser did not ask, so nothing is ever asked back of him."""
        early = pack() | {
            "triggers": {"refund": "approval"},
            "recovery": "ask",
            "handling_hours": {**pack()["handling_hours"], "recovery": 240},  # type: ignore[dict-item]  # JSON
        }

        assert given_back(parse_policy(early)).policy.release == AT_ACCEPTANCE

    def test_the_amount_is_what_it_would_be_for_the_purchaser(self) -> None:
        """Who asks changes no price."""
        till = Till(GIFT)

        till.settle(accepted(given_back(policy())), "shoes/1")

        assert till.paid_back == 3_000 + 570 + 490


class TestRefusals:
    @pytest.mark.parametrize(
        ("wanted", "recipient", "under", "refusal"),
        [
            (asked(), None, policy(), ("not_a_gift", "by")),
            (asked(), "", IN_CREDIT, ("store_credit_not_offered", "by")),
            (
                asked(RequestedLine("shoes", 1, Resolution.STORE_CREDIT)),
                "friend-1",
                IN_CREDIT,
                ("store_credit_not_offered", "lines[0].resolution"),
            ),
            (
                replace(asked(), handover=HandoverMethod.KEEP),
                "friend-1",
                policy(),
                ("invalid_request", "handover"),
            ),
        ],
    )
    def test_edge_16_what_a_recipient_cannot_have(
        self,
        wanted: ReturnRequest,
        recipient: str | None,
        under: Policy,
        refusal: tuple[str, str],
    ) -> None:
        """Refused by name before anything is written."""
        with pytest.raises(RefusedError) as refused:
            check_recipient(wanted, replace(GIFT, gift_recipient=recipient), under)

        assert (refused.value.code, refused.value.field) == refusal

    def test_a_purchaser_needs_no_recipient(self) -> None:
        """Most orders are no gifts."""
        check_recipient(request(), order(), IN_CREDIT)

    def test_edge_16_an_exchange_tells_no_price(self) -> None:
        """Goods of another price are refused, and the refusal names none."""
        wanted, prices = asked(exchange()), {"SHOES-42": Money(1_290, "EUR")}

        with pytest.raises(RefusedError) as refused:
            check_exchanges(wanted, GIFT, prices, uneven=True)

        assert refused.value.code == "exchange_not_even"
        assert not [letter for letter in str(refused.value) if letter.isdigit()]

    def test_no_reviewer_lets_a_gift_be_kept(self) -> None:
        """What was paid for it is given back once it is here."""
        ret = replace(given_back(policy()), authorization=AuthorizationState.IN_REVIEW)

        with pytest.raises(RefusedError, match="once it is here"):
            check_approval(ret, ["shoes"], "", (), HandoverMethod.KEEP)

    def test_who_asks_is_part_of_the_request(self) -> None:
        """The same key by the other one is another request; an old request keeps its hash."""
        plain = request()

        assert request_hash(asked()) != request_hash(plain)
        assert request_hash(plain) == request_hash(replace(plain, by=Requester.PURCHASER))


class TestWhatHeReads:
    def test_edge_16_the_recipients_view_has_no_money(self) -> None:
        """Not a tender, an amount or a price is left, wherever it stood."""
        shown: Any = document(apply_policy(given_back(policy()), at=NOW)[0])
        paid = {"intent_id": "i1", "tender_id": "card-4242", "amount_minor": 4_060}
        settlement = {
            "number": 1,
            "amount_minor": 4_060,
            "due_on": None,
            "sealed_at": NOW.isoformat(),
            "breakdown": [],
            "refunds": [
                paid
                | {"state": "succeeded", "refund_ref": "re_1", "failure": None}
                | {"generation": 1}
            ],
        }
        staff = ReturnView.model_validate(shown | {"settlements": [settlement]})

        theirs = return_for_recipient(staff)

        told = theirs.model_dump_json()
        assert "card-4242" in staff.model_dump_json()
        assert not [word for word in ("card-4242", "4060", "re_1") if word in told]
        assert (theirs.money_hidden, theirs.by) == (True, "recipient")
        assert (theirs.headline, theirs.next_step) == (staff.headline, staff.next_step)

    @pytest.mark.parametrize(
        ("kind", "destination", "reader"),
        [
            ("request_received", None, "recipient"),
            ("handover_ready", None, "recipient"),
            ("parcel_received", None, "recipient"),
            ("refund_sent", "original", "purchaser"),
            ("refund_sent", "store_credit", "recipient"),
            ("nothing_to_refund", None, "purchaser"),
        ],
    )
    def test_edge_16_messages_about_the_purchasers_money_are_his(
        self, kind: str, destination: str | None, reader: str
    ) -> None:
        """All others go to who has the parcel."""
        assert written_to(kind, destination) == reader
