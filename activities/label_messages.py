"""What is asked of the steps that buy and show labels, and what they answer."""

from dataclasses import dataclass
from datetime import datetime

from activities.choosing import PassedOver
from domain.corrections import Correction
from domain.money import Money
from domain.requests import PickupWindow


@dataclass(frozen=True, slots=True)
class BuyLabel:
    """``to_customer``: from the warehouse to the customer instead of the other way round.

    ``connection_id`` is the account to buy with, once chosen; those ``excluded`` were asked in
    vain. ``country`` is the customer's, ``currency`` the one that prices are compared in. With
    ``as_code`` a drop-off point is to print the label from a code.
    """

    tenant_id: str
    return_id: str
    delivery_id: str
    order_id: str
    location_id: str
    weight_grams: int
    to_customer: bool = False
    corrections: tuple[Correction, ...] = ()
    country: str | None = None
    currency: str = ""
    courier: PickupWindow | None = None
    as_code: bool = False
    connection_id: str | None = None
    excluded: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Candidate:
    """An account that can be asked for a label, and the carrier's task queue it is asked on."""

    connection_id: str
    carrier: str


@dataclass(frozen=True, slots=True)
class Candidates:
    """Who can be asked; one alone needs no choice."""

    accounts: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class Chosen:
    """The account that was chosen for ``cost``, and what put the others behind it."""

    account: Candidate
    cost: Money | None = None
    passed_over: tuple[PassedOver, ...] = ()


@dataclass(frozen=True, slots=True)
class BoughtLabel:
    """``with_courier``: the courier who brings the label was ordered with it, for ``courier``.

    ``carrier`` takes the parcel, ``adapter`` is whose account it was bought from. ``valid_until``
    is when the label runs out, if its carrier says so.
    """

    carrier: str
    shipment_ref: str
    tracking_code: str
    tracker_ref: str | None
    label_url: str
    cost: Money
    with_courier: bool = False
    adapter: str | None = None
    promised_days: int | None = None
    valid_until: datetime | None = None
    courier: PickupWindow | None = None


@dataclass(frozen=True, slots=True)
class MakeQrCode:
    tenant_id: str
    shipment_ref: str
    return_id: str = ""
    delivery_id: str = ""


@dataclass(frozen=True, slots=True)
class QrCode:
    url: str
