"""SF's answers in the port's words."""

from datetime import datetime

from domain.money import Money
from domain.tracking import Scan, ScanStatus
from integrations.amounts import exact
from integrations.carriers.clocks import read_in_china
from integrations.carriers.port import Label, Offer, TrackingSnapshot
from integrations.carriers.sf.refs import CURRENCY, Quote, written
from integrations.carriers.sf.wire import SYSTEM, WireRates, WireTracked
from integrations.errors import NotFoundError

FREE = Money(0, CURRENCY)
"""A visit's price is the label's."""
_STATUS = {
    "50": ScanStatus.ACCEPTED,
    "54": ScanStatus.ACCEPTED,
    "607": ScanStatus.ACCEPTED,
    "30": ScanStatus.IN_TRANSIT,
    "31": ScanStatus.IN_TRANSIT,
    "36": ScanStatus.IN_TRANSIT,
    "33": ScanStatus.IN_TRANSIT,
    "70": ScanStatus.IN_TRANSIT,
    "44": ScanStatus.OUT_FOR_DELIVERY,
    "204": ScanStatus.OUT_FOR_DELIVERY,
    "80": ScanStatus.DELIVERED,
    "8000": ScanStatus.DELIVERED,
    "631": ScanStatus.RETURNED_TO_SENDER,
    "648": ScanStatus.RETURNED_TO_SENDER,
}
"""50 and 31 are of RoutePushService's example, the others as integrators tell, unconfirmed.

33 and 70 are deliveries in vain, which SF tries again; after 631 and 648 the parcel goes back, or
on, under another number.
"""


def quoted(rates: WireRates, product: str, *, begins: datetime) -> Quote | None:
    """Return what ``product`` costs from ``begins`` on, local; ``None`` where it is not offered.

    Raises:
        ProtocolError: the price is no whole number of fen.
    """
    for rate in rates.deliver_tm_dto or ():
        if rate.business_type != product or rate.fee is None:
            continue
        price = exact(SYSTEM, rate.fee, CURRENCY, field="fee")
        return Quote(product, price, _days(rate.deliver_time, begins))
    return None


def offered(quote: Quote | None) -> Offer | None:
    return None if quote is None else Offer("SF", quote.product, quote.price, quote.days)


def label(key: str, quote: Quote, number: str | None) -> Label:
    return Label(
        shipment_ref=written(key, quote),
        # SF may decide later on a number; until then the order's own is shown.
        tracking_code=number or key,
        tracker_ref=key,
        carrier="SF",
        service=quote.product,
        # The courier brings it: there is nothing to print.
        label_url="",
        cost=quote.price,
        promised_days=quote.days,
    )


def snapshot(tracked: WireTracked) -> TrackingSnapshot:
    """Return the scans of a parcel, those without a time that can be read left out.

    What SF remarks on a scan names couriers and who signed: its code alone is kept.

    Raises:
        NotFoundError: SF knows no scan of it, which is all that it says of strangers, too.
    """
    for parcel in tracked.route_resps or ():
        scans = [
            Scan(_STATUS.get(code, ScanStatus.UNKNOWN), moment, code)
            for route in parcel.routes or ()
            if (moment := read_in_china(route.accept_time)) and (code := str(route.op_code))
        ]
        if scans:
            in_order = sorted(scans, key=lambda scan: scan.occurred_at)
            return TrackingSnapshot(parcel.mail_no, tuple(in_order))
    raise NotFoundError(SYSTEM, "no scan is known of it")


def _days(deliver_time: str | None, begins: datetime) -> int | None:
    """Return the promised days: the last of the times that SF tells counts."""
    promised = read_in_china((deliver_time or "").rpartition(",")[2])
    return None if promised is None else max((promised.date() - begins.date()).days, 0)
