"""What a return costs the customer by policy: fees as a pack states them, and who is excused."""

from dataclasses import dataclass
from enum import StrEnum

from domain.inspection import Fault
from domain.pack_reading import At
from domain.reasons import Ground


class Per(StrEnum):
    """How often a return-shipping fee is taken: once per return, or per parcel that arrived."""

    RETURN = "RETURN"
    PARCEL = "PARCEL"


@dataclass(frozen=True, slots=True)
class Flat:
    """A fixed amount in minor units, by ISO 4217 currency; none in a currency that is not named."""

    by_currency: tuple[tuple[str, int], ...] = ()

    def minor(self, currency: str) -> int:
        return dict(self.by_currency).get(currency, 0)


@dataclass(frozen=True, slots=True)
class Fees:
    """``restocking_percent``, 0..100, is of the price that the condition left.

    ``taxable`` fees are before tax and keep back the tax of what they take: of a line its own, of
    the return the average of its lines. Others are what the customer bears in the end.
    ``return_shipping`` is taken only where the rule lets the CONSUMER pay the way back.
    ``missed_visit`` is for each courier's visit that was in vain by the customer's own fault. The
    excused pay no fee at all.
    """

    restocking_percent: int = 0
    restocking_per_unit: Flat = Flat()
    restocking_per_return: Flat = Flat()
    handling: Flat = Flat()
    return_shipping: Flat = Flat()
    return_shipping_per: Per = Per.PARCEL
    taxable: bool = False
    excused_grounds: tuple[Ground, ...] = ()
    excused_faults: tuple[Fault, ...] = ()
    missed_visit: Flat = Flat()


NO_FEES = Fees()


def read_fees(pack: At) -> Fees:
    """Read a pack's ``fees``; a kind of fee that is left out is none.

    Raises:
        PolicyError: something is of the wrong type, out of range, or of an unknown name.
    """
    pack.only(
        "restocking",
        "handling",
        "return_shipping",
        "missed_visit",
        "taxable",
        "excused_grounds",
        "excused_faults",
    )
    empty = At("", {})
    restocking = pack.table("restocking") if "restocking" in pack.data else empty
    restocking.only("percent", "per_unit_minor", "per_return_minor")
    handling = pack.table("handling") if "handling" in pack.data else empty
    handling.only("per_return_minor")
    missed = pack.table("missed_visit") if "missed_visit" in pack.data else empty
    missed.only("per_visit_minor")
    shipping = pack.table("return_shipping") if "return_shipping" in pack.data else None
    if shipping is not None:
        shipping.only("per", "amount_minor")
    return Fees(
        restocking_percent=restocking.percent("percent") if "percent" in restocking.data else 0,
        restocking_per_unit=_flat(restocking, "per_unit_minor"),
        restocking_per_return=_flat(restocking, "per_return_minor"),
        handling=_flat(handling, "per_return_minor"),
        return_shipping=Flat(shipping.amounts("amount_minor")) if shipping else Flat(),
        return_shipping_per=shipping.option("per", Per) if shipping else Per.PARCEL,
        taxable=pack.flag("taxable"),
        excused_grounds=pack.options("excused_grounds", Ground),
        excused_faults=pack.options("excused_faults", Fault),
        missed_visit=_flat(missed, "per_visit_minor"),
    )


def _flat(table: At, name: str) -> Flat:
    return Flat(table.amounts(name)) if name in table.data else Flat()
