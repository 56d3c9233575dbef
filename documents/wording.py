"""What a packing slip says in words: what to do with the parcel, and why goods come back."""

from domain.requests import HandoverMethod

INSTRUCTIONS: dict[HandoverMethod, tuple[str, ...]] = {
    HandoverMethod.PICKUP: (
        "Put this page into the parcel and the label on it.",
        "Keep the parcel ready: the courier takes it from you.",
    ),
    HandoverMethod.DROP_OFF: (
        "Put this page into the parcel and the label on it.",
        "Bring it to a drop-off point of the carrier and keep the receipt.",
    ),
    HandoverMethod.QR_DROP_OFF: (
        "Put this page into the parcel.",
        "Open the carrier's code with a telephone and show it at the drop-off point.",
        "The label is printed there. Keep the receipt.",
    ),
    HandoverMethod.IN_STORE: (
        "Bring the goods and this page to the store; nothing has to be sent.",
        "The number above is read at the counter, and the count there is your receipt.",
    ),
    HandoverMethod.OWN_CARRIER: (
        "Put this page into the parcel and send it to the address above, with any carrier.",
        "Keep the proof of sending, and tell us the tracking number.",
    ),
    HandoverMethod.KEEP: ("Keep the goods: nothing is to be sent.",),
}


def reason_words(reason: str | None, detail: str | None) -> str:
    """Say the codes of a reason in words; nothing where none was given."""
    return ": ".join(_words(code) for code in (reason, detail) if code)


def _words(code: str) -> str:
    return code.replace("_", " ").lower()
