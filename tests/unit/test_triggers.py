"""A pack's triggers: read as data, independent of each other, and refused where they clash."""

from dataclasses import replace
from typing import Any

import pytest

from api.preview import release_of
from domain.commands import TIMEOUT
from domain.granting import grant
from domain.orders import HoldMethod
from domain.pack_reading import PolicyError
from domain.policy_reading import parse_policy
from domain.reasons import Ground
from domain.releasing import lots_to_pay_early, value_minor
from domain.requests import RequestedLine
from domain.settlement import settle
from domain.triggers import AT_ACCEPTANCE, HoldRule, RecoveryWay, Trigger
from tests.support.builders import NOW, decided, exchange, opened, order, pack, policy
from tests.support.releasing import releasing, releasing_pack


def test_a_pack_without_triggers_waits_for_the_goods() -> None:
    """Nothing goes out early unless the pack says so."""
    assert policy().release == AT_ACCEPTANCE


@pytest.mark.parametrize("refund", Trigger)
@pytest.mark.parametrize("replacement", Trigger)
def test_each_pair_of_triggers_is_read(refund: Trigger, replacement: Trigger) -> None:
    """Money and replacement know nothing of each other: every pair makes sense."""
    read = releasing(refund=refund, replacement=replacement).release

    assert (read.refund, read.replacement) == (refund, replacement)


def test_a_hold_is_read_with_its_recovery() -> None:
    read = releasing(replacement="approval", hold="required", recovery="capture_hold").release

    assert (read.hold, read.recovery) == (HoldRule.REQUIRED, RecoveryWay.CAPTURE_HOLD)


EARLY = {"replacement": "approval"}


@pytest.mark.parametrize(
    ("terms", "path"),
    [
        ({"refund": "label"}, "triggers.refund"),
        ({"replacement": "shipped"}, "triggers.replacement"),
        ({"refund": "approval", "recovery": "sue"}, "recovery"),
        ({**EARLY, "hold": "maybe", "recovery": "ask"}, "advance_exchange.hold"),
        ({"refund": "approval", "hours": None}, "handling_hours.recovery"),
        ({"recovery": "ask"}, "recovery"),
        ({"refund": "approval", "hold": "required"}, "advance_exchange.hold"),
        ({**EARLY, "hold": "required"}, "recovery"),
        ({**EARLY, "recovery": "capture_hold"}, "recovery"),
        ({**EARLY, "hold": "required", "recovery": "write_off"}, "recovery"),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_path(terms: dict[str, Any], path: str) -> None:
    """Whoever writes a pack reads where it is wrong before it governs anything."""
    with pytest.raises(PolicyError) as refusal:
        parse_policy(releasing_pack(**terms))

    assert str(refusal.value).startswith(f"{path}: ")


@pytest.mark.parametrize("name", ["triggers", "advance_exchange"])
def test_a_mistyped_setting_is_refused(name: str) -> None:
    """It would be read by nobody, and the money would wait unnoticed."""
    with pytest.raises(PolicyError, match=rf"^{name}.refunds: wanted one of"):
        parse_policy(pack() | {name: {"refunds": "approval"}})


def test_a_return_under_review_is_not_paid_before_it() -> None:
    """A trigger at the approval waits for the reviewer's."""
    line = RequestedLine("shoes", 1, reason="DEFECTIVE")
    terms = releasing(refund="approval")
    in_review = decided(line, under=terms, ground=Ground.NON_CONFORMITY)

    by_person = grant(in_review, ["shoes"], by="human", at=NOW)[0]
    by_clock = grant(in_review, ["shoes"], by="timeout", at=NOW, actor=TIMEOUT)[0]

    assert lots_to_pay_early(in_review) == ()
    assert [lot.lot_id for lot in lots_to_pay_early(by_person)] == ["shoes/1"]
    assert lots_to_pay_early(by_clock) == ()


def test_each_unit_of_an_early_line_is_a_lot() -> None:
    """Each may have its own fate, and its own value to answer for."""
    early = opened(under=releasing(refund="approval"))
    late = opened(under=releasing(replacement="approval"))

    assert [lot.units for lot in early.lots] == [(0,), (1,), (2,)]
    assert [lot.units for lot in late.lots] == [(0, 1, 2)]


def test_the_values_of_all_units_are_what_was_paid() -> None:
    """No minor unit is lost between the holds of a line."""
    ret = opened(exchange(), under=releasing(replacement="approval"))

    values = [value_minor(ret, lot) for lot in ret.lots]

    assert sum(values) == order().lines[0].paid_minor + 490


@pytest.mark.parametrize(
    ("method", "forecast"),
    [
        (HoldMethod("pm_1", "cus_1"), (Trigger.APPROVAL, 4060, 4060)),
        # One approved authorization secures one of the three pairs.
        (HoldMethod("AUTH-1"), (Trigger.APPROVAL, 1353, 1353)),
        (None, (Trigger.ACCEPTED, 0, 0)),
    ],
    ids=["card", "authorization", "nothing"],
)
def test_the_preview_says_what_is_held(
    method: HoldMethod | None, forecast: tuple[Trigger, int, int]
) -> None:
    """Before anything is asked for; what nothing can secure waits for its goods."""
    terms = releasing(replacement="approval", hold="required", recovery="capture_hold")
    ret = replace(opened(exchange(), under=terms), hold_method=method)

    told = release_of(ret, ret.lots, 0)

    assert (told.trigger, told.recoverable_minor, told.hold_minor) == forecast


def test_the_preview_says_what_is_recoverable() -> None:
    """What goes out early is what the line is paid, with its share of the return's fees."""
    fees = {
        "return_shipping": {"per": "RETURN", "amount_minor": {"EUR": 490}},
        "taxable": False,
        "excused_grounds": [],
        "excused_faults": [],
    }
    one = RequestedLine("shoes", 1)
    ret = opened(one, under=releasing(refund="approval", fees=fees))
    (amount,) = settle(ret, [replace(lot, receipt_id="R") for lot in ret.lots])

    early = release_of(ret, ret.lots, amount.refund_minor)
    late = release_of(opened(), opened().lots, amount.refund_minor)

    assert (early.trigger, early.recoverable_minor) == (Trigger.APPROVAL, amount.refund_minor)
    assert early.recovery == ret.policy.handling.recovery
    assert (late.trigger, late.recoverable_minor, late.recovery) == (Trigger.ACCEPTED, 0, None)
