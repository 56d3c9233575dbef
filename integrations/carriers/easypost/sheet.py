"""EasyPost's capability sheet."""

from datetime import timedelta

from integrations.carriers.capabilities import BookingLookUp, CarrierCapabilities

CAPABILITIES = CarrierCapabilities(
    carrier="easypost",
    proven=True,
    labels=True,
    qr_codes=True,
    couriers=True,
    courier_brings_label=False,
    label_lookup=BookingLookUp.BY_DRAFT,
    pickup_lookup=BookingLookUp.BY_DRAFT,
    key_window=timedelta(0),
    settle_time=timedelta(0),
    visits_are_shared=False,
    pushes_scans=True,
    countries=None,
    max_weight_grams=None,
    calls_per_second=None,
    sources={
        "carrier": "docs.easypost.com",
        "proven": "recorded traffic of EasyPost's own client libraries, replayed in the tests",
        "labels": "docs.easypost.com/docs/shipments: create, then buy",
        "qr_codes": "docs.easypost.com/docs/shipments/forms: label_qr_code",
        "couriers": "docs.easypost.com/docs/pickups",
        "courier_brings_label": "docs.easypost.com/docs/pickups: of a shipment that was bought",
        "label_lookup": "docs.easypost.com/docs/shipments: retrieve shows the label bought on it",
        "pickup_lookup": "docs.easypost.com/docs/pickups: retrieve shows status and confirmation",
        "key_window": "no idempotency keys are documented",
        "settle_time": "recorded traffic: a retrieve right after buy shows the label",
        "visits_are_shared": "docs.easypost.com/docs/pickups: each has an id of its own",
        "pushes_scans": "docs.easypost.com/docs/webhooks: tracker.updated",
        "countries": "what its carriers' rates say",
        "max_weight_grams": "what its carriers' rates say",
        "calls_per_second": "docs.easypost.com/docs/rate-limiting: by load; 5 a second on index "
        "endpoints alone",
    },
)
