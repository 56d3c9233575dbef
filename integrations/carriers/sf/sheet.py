"""SF Express's capability sheet."""

from datetime import timedelta

from integrations.carriers.capabilities import BookingLookUp, CarrierCapabilities

CAPABILITIES = CarrierCapabilities(
    carrier="sf",
    proven=False,
    labels=False,
    qr_codes=False,
    couriers=True,
    courier_brings_label=True,
    label_lookup=BookingLookUp.BY_REFERENCE,
    pickup_lookup=BookingLookUp.BY_REFERENCE,
    key_window=timedelta.max,
    settle_time=timedelta(0),
    visits_are_shared=False,
    pushes_scans=False,
    countries=frozenset({"CN"}),
    max_weight_grams=None,
    calls_per_second=30,
    sources={
        "carrier": "SF's open platform, open.sf-express.com, express API, as integrators keep it",
        "proven": "built from documents alone: no account has confirmed it",
        "labels": "COM_RECE_CLOUD_PRINT_WAYBILLS gives a file behind a token that runs out, and no"
        " address to keep: the courier prints it",
        "qr_codes": "isReturnQRCode is for an agreement of its own, and not used",
        "couriers": "EXP_RECE_CREATE_ORDER: isDocall, sendStartTm and pickupAppointEndTime",
        "courier_brings_label": "EXP_RECE_CREATE_ORDER: one order is both, and its cancellation"
        " ends it whole",
        "label_lookup": "EXP_RECE_SEARCH_ORDER_RESP is for orders whose answer was lost. It tells"
        " no price, so a label that is found again has the quoted one; how it speaks of orders"
        " that are unknown or cancelled is unconfirmed",
        "pickup_lookup": "ordered with the label: as label_lookup",
        "key_window": "EXP_RECE_CREATE_ORDER, orderId: used again, it answers the first order, or"
        " 8016 (duplicate); after a cancellation it is not free again",
        "settle_time": "not told, unconfirmed; sent again too early, it is not ordered twice",
        "visits_are_shared": "each order is a visit of its own; unconfirmed",
        "pushes_scans": "RoutePushService: no signature is documented, so its pushes are not"
        " accepted and the routes are read",
        "countries": "EXP_RECE_CREATE_ORDER takes Hong Kong, Macau and Taiwan as well, with customs"
        " papers that are not written here",
        "max_weight_grams": "differs by product and is not told",
        "calls_per_second": "A1005: 30 calls a second for each service",
    },
)
