"""The shapes of PayPal's objects, as its specification has them."""

import secrets
import string

from sandbox.clock import iso_now
from sandbox.ledger import Json
from sandbox.paypal_money import to_value

_LETTERS = string.ascii_uppercase + string.digits


def new_id() -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(17))


def money(minor: int, currency: str) -> Json:
    return {"currency_code": currency, "value": to_value(minor, currency)}


def order(*, order_id: str, captures: list[str], reference: str) -> Json:
    """An order of the Orders API; its refunds are added when it is read."""
    return {
        "id": order_id,
        "intent": "CAPTURE",
        "status": "COMPLETED",
        "purchase_units": [{"reference_id": reference}],
        "_captures": captures,
    }


def capture(*, minor: int, currency: str, order_id: str, reference: str) -> Json:
    now = iso_now()
    return {
        "id": new_id(),
        "status": "COMPLETED",
        "amount": money(minor, currency),
        "custom_id": reference,
        "final_capture": True,
        "supplementary_data": {"related_ids": {"order_id": order_id}},
        "create_time": now,
        "update_time": now,
        "_minor": minor,
        "_refunded_minor": 0,
    }


def refund(
    *,
    of: Json,
    minor: int,
    status: str,
    invoice_id: str | None,
    custom_id: str | None,
    note: str | None,
) -> Json:
    """A refund ``of`` a capture; a pending one waits for a bank."""
    now = iso_now()
    amount = money(minor, of["amount"]["currency_code"])
    named = {"invoice_id": invoice_id, "custom_id": custom_id, "note_to_payer": note}
    return {
        "id": new_id(),
        "status": status,
        "amount": amount,
        **{name: value for name, value in named.items() if value is not None},
        "seller_payable_breakdown": {"gross_amount": amount, "net_amount": amount},
        "create_time": now,
        "update_time": now,
        **({"status_details": {"reason": "ECHECK"}} if status == "PENDING" else {}),
        "_capture_id": of["id"],
        "_minor": minor,
    }


def shown(document: Json, *, base: str, full: bool = True) -> Json:
    """Return what PayPal shows of an object, with its links; little unless ``full``."""
    kinds = {"_capture_id": "refunds", "_root": "authorizations"}
    kind = next((name for mark, name in kinds.items() if mark in document), "captures")
    payments = f"{base}/v2/payments"
    links = [{"href": f"{payments}/{kind}/{document['id']}", "rel": "self", "method": "GET"}]
    if "_capture_id" in document:
        above = f"{payments}/captures/{document['_capture_id']}"
        links.append({"href": above, "rel": "up", "method": "GET"})
    names = [name for name in document if not name.startswith("_")] if full else ["id", "status"]
    return {**{name: document[name] for name in names}, "links": links}
