"""Kuaidi100's capability sheet."""

from datetime import timedelta

from integrations.carriers.capabilities import BookingLookUp, CarrierCapabilities

_MANUAL = "api.kuaidi100.com/document/603cb649a62a19500e19866b"

CAPABILITIES = CarrierCapabilities(
    carrier="kuaidi100",
    proven=False,
    labels=False,
    qr_codes=False,
    couriers=True,
    courier_brings_label=True,
    label_lookup=BookingLookUp.NONE,
    pickup_lookup=BookingLookUp.NONE,
    key_window=timedelta(hours=48),
    settle_time=timedelta(0),
    visits_are_shared=False,
    pushes_scans=True,
    countries=frozenset({"CN"}),
    max_weight_grams=None,
    calls_per_second=1,
    sources={
        "carrier": f"Kuaidi100's manual, {_MANUAL}, and its published examples",
        "proven": "built from documents alone: no account has confirmed it",
        "labels": "the manual of merchant sending: the courier brings the label, none is printed",
        "qr_codes": "none is documented",
        "couriers": "the manual, bOrder: dayType, pickupStartTime and pickupEndTime",
        "courier_brings_label": "the manual: one order is both, and cancel ends it whole",
        "label_lookup": "detail is documented by its own taskId, which a lost answer takes along;"
        " by our thirdOrderId unconfirmed, so not relied on",
        "pickup_lookup": "ordered with the label: as label_lookup",
        "key_window": "thirdOrderId: within 48 hours the first order is answered, later it is"
        " ordered again; as integrators tell, unconfirmed",
        "settle_time": "nothing is looked up by our key",
        "visits_are_shared": "each order is a visit of its own; unconfirmed",
        "pushes_scans": "the manual: pushes are signed with MD5 of param and our salt, which is"
        " weak: they only name a parcel to read again",
        "countries": "the manual: inside China",
        "max_weight_grams": "differs by courier company and is not told",
        "calls_per_second": "1 for the query of tracks by the old manual, unconfirmed",
    },
)
