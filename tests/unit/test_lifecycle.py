"""The axes, the lot's moves and the headline that is read from them."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.lifecycle import (
    ARRIVED,
    AWAITED,
    LOT_MOVES,
    WITHOUT_EFFECT,
    AuthorizationState,
    DeliveryState,
    Headline,
    IllegalMoveError,
    LogisticsState,
    LotState,
    SettlementState,
    check_move,
    derive_headline,
    is_terminal,
    roll_up,
)

_L = LotState
NO_MONEY = SettlementState.NONE
APPROVED = AuthorizationState.APPROVED


def headline(
    lots: Sequence[LotState],
    *,
    deliveries: Sequence[DeliveryState] = (DeliveryState.RECEIVED,),
    settlement: SettlementState = NO_MONEY,
    closed: bool = False,
) -> Headline:
    logistics = roll_up(deliveries, lots)
    return derive_headline(APPROVED, logistics, settlement, lots, closed=closed)


class TestMoves:
    def test_every_state_is_reached_from_the_first(self) -> None:
        """No state of a lot is a word that nothing leads to."""
        reached = {_L.PENDING}
        for _ in LotState:
            reached |= {to for state in reached for to in LOT_MOVES.get(state, ())}

        assert reached == set(LotState)

    def test_every_state_leads_to_an_end(self) -> None:
        """From wherever it stands, a lot can come to an end."""
        ending = {state for state in LotState if is_terminal(state)}
        for _ in LotState:
            ending |= {state for state, moves in LOT_MOVES.items() if moves & ending}

        assert ending == set(LotState)

    def test_an_end_is_left_only_for_what_happens_outside(self) -> None:
        """A refund may be undone, goods that stayed away may come, and be scanned after all."""
        ends = [state for state in LotState if is_terminal(state)]

        left = [(state, to) for state in ends for to in LOT_MOVES.get(state, ())]

        assert left == [
            (_L.EXPIRED, _L.AUTHORIZED),
            (_L.NOT_RETURNED, _L.RECEIVED),
            (_L.REFUNDED, _L.REFUND_BLOCKED),
        ]

    def test_only_ends_are_without_a_way_on(self) -> None:
        """There is no dead end that is not an end."""
        assert all(is_terminal(state) for state in LotState if state not in LOT_MOVES)

    def test_the_groups_of_states_do_not_overlap(self) -> None:
        """A unit is awaited, or here, or out of the matter."""
        assert not AWAITED & ARRIVED
        assert not WITHOUT_EFFECT & ARRIVED
        assert all(is_terminal(state) for state in WITHOUT_EFFECT)

    @pytest.mark.parametrize(
        ("state", "to"),
        [(_L.PENDING, _L.RECEIVED), (_L.REFUNDED, _L.REFUND_PENDING), (_L.RECEIVED, _L.REFUNDED)],
    )
    def test_no_shortcut_leads_to_money(self, state: LotState, to: LotState) -> None:
        """What was not graded is not paid, and what was paid is not paid again."""
        with pytest.raises(IllegalMoveError, match=f"from {state} to {to}"):
            check_move(state, to)


class TestLogistics:
    @pytest.mark.parametrize(
        ("deliveries", "lots", "state"),
        [
            ([], [_L.PENDING], LogisticsState.NOT_REQUIRED),
            (["LABEL_PENDING"], [_L.AUTHORIZED], LogisticsState.LABEL_PENDING),
            (["AWAITING_HANDOVER"], [_L.AUTHORIZED], LogisticsState.AWAITING_HANDOVER),
            (["PICKUP_SCHEDULED"], [_L.AUTHORIZED], LogisticsState.AWAITING_HANDOVER),
            (["IN_TRANSIT"], [_L.IN_TRANSIT], LogisticsState.IN_TRANSIT),
            (["EXCEPTION"], [_L.IN_TRANSIT], LogisticsState.IN_TRANSIT),
            (["RETURNED_TO_SENDER"], [_L.IN_TRANSIT], LogisticsState.IN_TRANSIT),
            (["DELIVERED"], [_L.IN_TRANSIT], LogisticsState.DELIVERED),
            (["IN_TRANSIT", "DELIVERED"], [_L.IN_TRANSIT], LogisticsState.DELIVERED),
            (["RECEIVED"], [_L.RECEIVED, _L.MISSING], LogisticsState.PARTIALLY_RECEIVED),
            (["RECEIVED"], [_L.RECEIVED, _L.NOT_SENT], LogisticsState.RECEIVED),
            (["RECEIVED"], [_L.MISSING], LogisticsState.PARTIALLY_RECEIVED),
            (["RECEIVED"], [_L.NOT_SENT], LogisticsState.RECEIVED),
            (["CANCELLED"], [_L.CANCELLED], LogisticsState.CANCELLED),
            (["CANCEL_REQUESTED"], [_L.AUTHORIZED], LogisticsState.AWAITING_HANDOVER),
        ],
    )
    def test_rolls_up_what_is_furthest(
        self, deliveries: list[str], lots: list[LotState], state: LogisticsState
    ) -> None:
        """What was counted comes first, then the parcel that got furthest."""
        assert roll_up([DeliveryState(name) for name in deliveries], lots) is state


class TestHeadline:
    @given(
        st.sampled_from(AuthorizationState),
        st.sampled_from(LogisticsState),
        st.sampled_from(SettlementState),
        st.lists(st.sampled_from(LotState), min_size=1, max_size=4),
        st.booleans(),
    )
    def test_there_is_one_for_whatever_state(
        self,
        authorization: AuthorizationState,
        logistics: LogisticsState,
        settlement: SettlementState,
        lots: list[LotState],
        closed: bool,
    ) -> None:
        """Any combination has its word, and nothing open is called complete."""
        word = derive_headline(authorization, logistics, settlement, lots, closed=closed)

        if word in (Headline.COMPLETED, Headline.CLOSED):
            assert all(is_terminal(state) for state in lots)
            assert settlement in (SettlementState.SETTLED, SettlementState.NONE)
        if word is Headline.CLOSED:
            assert closed

    @pytest.mark.parametrize("state", ["REQUESTED", "IN_REVIEW", "DENIED", "WITHDRAWN", "EXPIRED"])
    def test_before_the_goods_the_authorization_speaks(self, state: str) -> None:
        """A denied return is denied, whatever else there is."""
        word = derive_headline(
            AuthorizationState(state),
            LogisticsState.IN_TRANSIT,
            NO_MONEY,
            [_L.PENDING],
            closed=False,
        )

        assert word == state

    @pytest.mark.parametrize(
        ("lots", "word"),
        [
            ([_L.AUTHORIZED, _L.DECLINED], Headline.APPROVED),
            ([_L.RECEIVED], Headline.RECEIVED),
            ([_L.RECEIVED, _L.MISSING], Headline.PARTIALLY_RECEIVED),
            ([_L.MISSING], Headline.PARTIALLY_RECEIVED),
            ([_L.RECEIVED, _L.ACCEPTED], Headline.INSPECTING),
            ([_L.RECEIVED, _L.REFUNDED], Headline.INSPECTING),
            ([_L.ACCEPTED], Headline.RESOLVING),
            ([_L.DISPUTE_WINDOW, _L.REFUNDED], Headline.RESOLVING),
            ([_L.REFUNDED, _L.MISSING], Headline.PARTIALLY_RECEIVED),
            ([_L.REFUNDED, _L.REPLACEMENT_SHIPPED], Headline.RESOLVING),
            ([_L.REFUND_BLOCKED], Headline.RESOLVING),
            ([_L.REFUNDED, _L.REPLACED, _L.NOT_SENT], Headline.COMPLETED),
            ([_L.CLOSED_RETURNED, _L.DECLINED], Headline.COMPLETED),
            ([_L.NOT_SENT], Headline.COMPLETED),
        ],
    )
    def test_reads_from_the_lots(self, lots: list[LotState], word: Headline) -> None:
        """The one word says what is furthest from done."""
        deliveries = [DeliveryState.RECEIVED]
        if _L.AUTHORIZED in lots:
            deliveries = [DeliveryState.AWAITING_HANDOVER]

        assert headline(lots, deliveries=deliveries) is word

    def test_blocked_money_is_not_complete(self) -> None:
        """All lots at their end, and a refund that hangs: still being resolved."""
        word = headline([_L.REFUNDED], settlement=SettlementState.BLOCKED)

        assert word is Headline.RESOLVING

    def test_closed_is_after_completed(self) -> None:
        """The dispute window's end closes what was complete."""
        assert headline([_L.REFUNDED], closed=True) is Headline.CLOSED
