"""When money and replacements go out, and how value is got back whose goods stay away."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from domain.pack_reading import At
from domain.requests import Resolution


class Trigger(StrEnum):
    """What has to have happened before the value of a lot goes out, in the order of a return."""

    APPROVAL = "approval"
    FIRST_SCAN = "first_scan"
    DELIVERED = "delivered"
    RECEIVED = "received"
    ACCEPTED = "accepted"


class RecoveryWay(StrEnum):
    """What happens once value is due back: take the hold, ask finance, or let it go."""

    CAPTURE_HOLD = "capture_hold"
    ASK = "ask"
    WRITE_OFF = "write_off"


class HoldRule(StrEnum):
    REQUIRED = "required"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class ReleaseTerms:
    """When value goes out; ``refund`` and ``replacement`` know nothing of each other.

    ``hold`` is of a replacement that goes out before its goods are accepted.
    """

    refund: Trigger = Trigger.ACCEPTED
    replacement: Trigger = Trigger.ACCEPTED
    recovery: RecoveryWay = RecoveryWay.ASK
    hold: HoldRule = HoldRule.NONE

    def of(self, resolution: Resolution) -> Trigger:
        return self.replacement if resolution is Resolution.EXCHANGE else self.refund

    def is_early(self, resolution: Resolution) -> bool:
        """Say whether the value of such a lot may go out before its goods are accepted."""
        return self.of(resolution) is not Trigger.ACCEPTED


AT_ACCEPTANCE = ReleaseTerms()


def read_release(pack: At) -> ReleaseTerms:
    """Read triggers, recovery and holds; what is left out waits for the goods, without a hold.

    Raises:
        PolicyError: an unknown value, or values that make no sense together.
    """
    triggers = _table(pack, "triggers", "refund", "replacement")
    exchange = _table(pack, "advance_exchange", "hold")
    terms = ReleaseTerms(
        refund=triggers.option("refund", Trigger, default=Trigger.ACCEPTED),
        replacement=triggers.option("replacement", Trigger, default=Trigger.ACCEPTED),
        recovery=pack.option("recovery", RecoveryWay, default=RecoveryWay.ASK),
        hold=exchange.option("hold", HoldRule, default=HoldRule.NONE),
    )
    _check(pack, exchange, terms)
    return terms


def _check(pack: At, exchange: At, terms: ReleaseTerms) -> None:
    early = [r for r in (Resolution.REFUND, Resolution.EXCHANGE) if terms.is_early(r)]
    if early and "recovery" not in pack.table("handling_hours").data:
        raise pack.error("handling_hours.recovery", "is missing: value goes out before its goods")
    if "recovery" in pack.data and not early:
        raise pack.error("recovery", "goes with a trigger before accepted")
    held = terms.hold is HoldRule.REQUIRED
    if held and not terms.is_early(Resolution.EXCHANGE):
        raise exchange.error("hold", "goes with a replacement trigger before accepted")
    if held != (terms.recovery is RecoveryWay.CAPTURE_HOLD):
        raise pack.error("recovery", "wanted capture_hold with a required hold, and only with one")


def _table(pack: At, name: str, *known: str) -> At:
    none: Mapping[str, object] = {}
    table = pack.table(name) if name in pack.data else At(f"{pack.path}{name}.", none)
    table.only(*known)
    return table
