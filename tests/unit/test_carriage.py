"""Goods that no carrier may have: brought to a store, kept, or decided on by a person."""

from dataclasses import replace

import pytest

from domain.codes import RefusedError
from domain.events import Fact
from domain.granting import apply_policy, grant
from domain.handover import check_change
from domain.orders import Order
from domain.requests import HandoverMethod, RequestedLine
from domain.returns import Return
from domain.reviewing import check_approval
from domain.waiting import waits
from domain.work import due_work
from tests.support.builders import NOW, WINDOW, after, opened, order, order_line, policy

M = HandoverMethod
WITH_CARRIER = [M.PICKUP, M.DROP_OFF, M.QR_DROP_OFF, M.OWN_CARRIER]
BATTERY, BOOK = RequestedLine("battery", 1), RequestedLine("book", 1)


def bought(trait: str = "HAZARDOUS") -> Order:
    return order(order_line("battery", quantity=1, traits=(trait,)), order_line("book", quantity=1))


def wished(
    method: HandoverMethod, *lines: RequestedLine, trait: str = "HAZARDOUS", keep_up_to: int = 0
) -> tuple[Return, tuple[Fact, ...]]:
    under = replace(policy(), keep_item_up_to=(("EUR", keep_up_to),))
    ret = opened(*(lines or (BATTERY,)), of=bought(trait), under=under)
    window = WINDOW if method is M.PICKUP else None
    request = replace(ret.request, handover=method, pickup_window=window)
    return apply_policy(replace(ret, request=request), at=NOW)


@pytest.mark.parametrize("trait", ["HAZARDOUS", "NOT_TRANSPORTABLE"])
@pytest.mark.parametrize("method", WITH_CARRIER)
def test_edge_24_a_way_with_a_carrier_is_decided_by_a_person(
    method: HandoverMethod, trait: str
) -> None:
    """Nothing is booked and nothing refused: the reviewer reads why it came to him."""
    ret, (started,) = wished(method, trait=trait)

    assert (ret.authorization, due_work(ret)) == ("IN_REVIEW", ())
    assert waits(ret)[0].detail == "M_NOT_TRANSPORTABLE"
    assert "M_NOT_TRANSPORTABLE" in str(started.data["codes"])


@pytest.mark.parametrize(("method", "works"), [(M.IN_STORE, []), (M.KEEP, ["settle/1"])])
def test_edge_24_a_store_takes_them_or_they_are_kept(
    method: HandoverMethod, works: list[str]
) -> None:
    """Neither needs a carrier, so the rules decide as ever."""
    ret, _ = wished(method, keep_up_to=10_000)

    assert ret.authorization == "APPROVED"
    assert [work.key for work in due_work(ret)] == works


def test_edge_24_one_such_line_decides_for_its_whole_return() -> None:
    """All of it would go in one parcel."""
    assert wished(M.DROP_OFF, BATTERY, BOOK)[0].authorization == "IN_REVIEW"
    assert wished(M.DROP_OFF, BOOK)[0].authorization == "APPROVED"
    assert wished(M.DROP_OFF, trait="FRAGILE")[0].authorization == "APPROVED"


@pytest.mark.parametrize("method", [None, M.DROP_OFF, M.OWN_CARRIER])
def test_edge_24_a_reviewer_cannot_send_them_with_a_carrier(method: HandoverMethod | None) -> None:
    """Nor leave it at what was wished; the refusal names the field."""
    ret, _ = wished(M.DROP_OFF, BATTERY, BOOK)

    with pytest.raises(RefusedError) as refused:
        check_approval(ret, ["battery", "book"], "", [], method)

    assert (refused.value.code, refused.value.field) == ("not_transportable", "handover")
    check_approval(ret, ["battery", "book"], "", [], M.IN_STORE)
    check_approval(ret, ["book"], "the battery stays", [], None)


def test_edge_24_what_nobody_reviewed_in_time_is_brought_to_a_store() -> None:
    """The clock books no carrier for it."""
    ret, _ = wished(M.DROP_OFF)

    ret = grant(ret, ["battery"], by="timeout", at=after(days=2))[0]

    assert [delivery.method for delivery in ret.deliveries] == [M.IN_STORE]
    assert due_work(ret) == ()


@pytest.mark.parametrize("method", WITH_CARRIER)
def test_edge_24_the_way_cannot_be_changed_to_a_carriers(method: HandoverMethod) -> None:
    ret, _ = wished(M.IN_STORE)
    window = WINDOW if method is M.PICKUP else None

    with pytest.raises(RefusedError) as refused:
        check_change(ret, method, window, at=after(hours=1))

    assert (refused.value.code, refused.value.field) == ("not_transportable", "handover")
