"""UPS's capability sheet."""

from datetime import timedelta

from integrations.carriers.capabilities import BookingLookUp, CarrierCapabilities

CAPABILITIES = CarrierCapabilities(
    carrier="ups",
    proven=False,
    labels=True,
    qr_codes=False,
    couriers=True,
    courier_brings_label=False,
    label_lookup=BookingLookUp.BY_REFERENCE,
    pickup_lookup=BookingLookUp.BY_ADDRESS,
    key_window=timedelta(0),
    settle_time=timedelta(hours=1),
    visits_are_shared=True,
    pushes_scans=True,
    countries=None,
    max_weight_grams=None,
    calls_per_second=None,
    sources={
        "carrier": "UPS's published specifications, github.com/UPS-API/api-documentation (MIT)",
        "proven": "built from the specifications alone: no account has confirmed it",
        "labels": "Shipping.yaml: ReturnService 9 (print return label); LabelLinksIndicator"
        " gives an address beside the image",
        "qr_codes": "Shipping.yaml: BarCodeImage comes as an image inside the answer alone, without"
        " an address to keep",
        "couriers": "Pickup.yaml: pickup creation",
        "courier_brings_label": "Pickup.yaml, ShippingLabelsAvailable: it is printed before",
        "label_lookup": "Shipping.yaml: label recovery by ReferenceNumber, for 30 days; it tells no"
        " price, so a label that is found again has the quoted one",
        "pickup_lookup": "Pickup.yaml, PRN: the same number is returned if a pickup request exists"
        " for the address",
        "key_window": "no idempotency keys are documented",
        "settle_time": "not told; an hour of ours, unconfirmed",
        "visits_are_shared": "Pickup.yaml, PRN: as pickup_lookup",
        "pushes_scans": "UPSTrackAlert.yaml, for an account that is subscribed once at UPS. Its"
        " events bear a fixed credential and no signature: they only name a parcel to read again",
        "countries": "what its rates say",
        "max_weight_grams": "what its rates say",
        "calls_per_second": "429 is documented without numbers, and obeyed",
    },
)
