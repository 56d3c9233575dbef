"""The texts of our messages to customers, and turning a due notice into a mail."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.events import NOTICE_TYPES
from domain.money import Money
from integrations.commerce.port import Contact
from integrations.notifications.port import Message


@dataclass(frozen=True, slots=True)
class Text:
    subject: str
    body: str


TEXTS: dict[str, Text] = {
    "request_received": Text(
        "Your return {rma_no}", "We have your return {rma_no}. {granted}{gifts}\nNext: {next_step}"
    ),
    "keep_item": Text(
        "Your return {rma_no}: please keep it",
        "We have your return {rma_no}. {granted}\nPlease keep the goods: nothing has to be sent "
        "back. {instead}",
    ),
    "request_denied": Text(
        "Your return request {rma_no}", "We cannot take this return.\n{declined}"
    ),
    "info_requested": Text(
        "A question about your return {rma_no}",
        "We need to know something before we can decide on your return:\n\n{question}\n\nPlease "
        "answer by {until}; photos help. {otherwise}",
    ),
    "info_reminder": Text(
        "Our question about your return {rma_no} is still open",
        "We asked you, and have no answer yet:\n\n{question}\n\nPlease answer by {until}; photos "
        "help. {otherwise}",
    ),
    "offer_made": Text(
        "An offer for your return {rma_no}",
        "You may keep the goods, and we pay back {amount} of what you paid for them:\n\n{message}"
        "\n\nPlease accept or decline by {until}. {otherwise}",
    ),
    "offer_accepted": Text(
        "Your return {rma_no}: please keep it",
        "You accepted our offer: please keep the goods, nothing has to be sent back. {amount} are "
        "sent {when}.",
    ),
    "handover_ready": Text(
        "How to send back {rma_no}", "{handover} Write {rma_no} on the parcel if you can."
    ),
    "pickup_rescheduled": Text(
        "Another time for the courier of {rma_no}",
        "The courier's time that you wished, {before}, is gone. We ask for one {window} instead, "
        "and write to you when it is fixed. If that does not suit you, choose another time.",
    ),
    "label_running_out": Text(
        "Your label for {rma_no} ends on {until}",
        "We do not have your parcel {parcel} yet. Please hand it over by {until}: after that its "
        "label is not taken any more.",
    ),
    "label_expired": Text(
        "Your label for {rma_no} has run out",
        "The label of parcel {parcel} was good until {until}. Please do not use it any more: ask "
        "us for another one, which costs you nothing, or choose another way back.",
    ),
    "withdrawn": Text("{rma_no} is cancelled", "Your return is cancelled, as you asked."),
    "revived": Text(
        "{rma_no} goes on", "Your parcel is on its way after all, so your return goes on.{expected}"
    ),
    "expired": Text("{rma_no} has ended", "Nothing was handed over in time, so the return ended."),
    "parcel_received": Text(
        "We have your parcel {rma_no}", "Your parcel arrived. We check it now."
    ),
    "parcel_late": Text(
        "Your parcel for {rma_no} takes longer",
        "Your parcel is slower than its carrier promised. We expect it on {expected_on}. There is "
        "nothing to do for you: what counts is when you sent it.",
    ),
    "parcel_lost": Text(
        "Your parcel for {rma_no}",
        "The carrier lost your parcel. That is not your fault: you get what you were to get, and "
        "we settle it with the carrier. There is nothing to do for you.",
    ),
    "lot_rejected": Text(
        "About your return {rma_no}",
        "We could not accept a part of your return: it was graded {grade}. If you disagree, answer "
        "this mail. Otherwise it comes back to you.",
    ),
    "sent_back": Text("{rma_no}: coming back to you", "The goods we could not accept are sent."),
    "refund_sent": Text("Refund for {rma_no}", "We sent {amount} {way}.{bonus}"),
    "coupon_lapsed": Text(
        "Your return {rma_no}",
        "{amount} of your order was paid with a coupon. By its terms a coupon is used once, so "
        "that part is not paid back.",
    ),
    "nothing_to_refund": Text(
        "Your return {rma_no} is settled",
        "Your return is settled, and nothing is left to pay back:\n{breakdown}",
    ),
    "refund_returned": Text(
        "About the refund for {rma_no}",
        "The {amount} that we sent back to the way you paid came back to us: your bank did not "
        "take it. You are still owed it. We pay it another time or another way, and write to you "
        "by {next_by}. If that card or account is closed, please answer this mail.",
    ),
    "refund_on_hold": Text(
        "About the refund for {rma_no}",
        "Your bank took {amount} of your payment back from us, and decides who keeps it. Until "
        "then we send no refund of that payment beside it. {next_step}",
    ),
    "refund_covered": Text(
        "Your return {rma_no}",
        "Your bank gave you {amount} of your payment back, so we do not send that again.",
    ),
    "replacement_shipped": Text(
        "Your replacement for {rma_no}", "Your replacement is on its way: {tracking_code}."
    ),
    "difference_to_pay": Text(
        "What you chose for {rma_no} costs more",
        "The goods you want instead cost {amount} more than those you sent back. Please pay it by "
        "{pay_by}: {payment_url}\nThen they are sent. Otherwise we pay back what you sent.",
    ),
    "replacement_called_off": Text(
        "Your exchange for {rma_no}",
        "Your exchange ends here, and nothing is sent for it. {instead}",
    ),
    "send_back_by": Text("Please send back {rma_no} by {deadline}", "{advance}"),
    "advance_declined": Text(
        "Your replacement for {rma_no}",
        "Your replacement goes out once we have your parcel: {why_not_early}.",
    ),
    "recovery_charged": Text(
        "We charged {amount} for {rma_no}",
        "What you were to send back for {rma_no} is not here, or not as it was sold. We had sent "
        "its value before, so we charged {amount}. If the goods come after all, you get it back.",
    ),
    "charge_given_back": Text(
        "We gave {amount} back for {rma_no}",
        "Your parcel came after all, so we gave back {amount} of what we had charged.",
    ),
    "survey": Text("How was your return {rma_no}?", "Two questions, one minute: {link}"),
    "survey_reminder": Text("How was your return {rma_no}?", "Still open, if you like: {link}"),
}


def render(
    notice_id: str,
    kind: str,
    data: Mapping[str, Any],
    *,
    contact: Contact,
    return_id: str,
    survey_link: str,
) -> Message:
    """Write one message. The same notice gives the same Message-ID however often it is sent.

    Raises:
        KeyError: ``kind`` is not in the catalogue of notices.
    """
    if kind not in NOTICE_TYPES:
        raise KeyError(kind)
    text, words = TEXTS[kind], _words(kind, data, survey_link)
    greeting = f"Dear {contact.name}," if contact.name else "Hello,"
    return Message(
        message_id=notice_id,
        recipient=contact.email,
        subject=text.subject.format_map(words),
        text=f"{greeting}\n\n{text.body.format_map(words)}\n",
        return_id=return_id,
    )


_AMOUNTS = {
    "refund_sent": "amount_minor",
    "refund_on_hold": "amount_minor",
    "coupon_lapsed": "amount_minor",
    "refund_covered": "amount_minor",
    "refund_returned": "amount_minor",
    "recovery_charged": "amount_minor",
    "charge_given_back": "amount_minor",
    "difference_to_pay": "due_minor",
    "offer_made": "amount_minor",
    "offer_accepted": "amount_minor",
}
"""The place of the amount that a message names."""


def _words(kind: str, data: Mapping[str, Any], survey_link: str) -> dict[str, str]:
    words = {"rma_no": str(data["rma_no"]), "link": survey_link}
    if kind in _AMOUNTS:
        words["amount"] = str(Money(int(data[_AMOUNTS[kind]]), str(data["currency"])))
    return words | (_WORDS[kind](data) if kind in _WORDS else {})


def _decision(data: Mapping[str, Any]) -> dict[str, str]:
    """Say what was granted and what was not, line by line."""
    lines = data["lines"]
    refused = [line for line in lines if not line["granted"]]
    declined = "\n".join(_declined(line) for line in refused)
    some = (
        f"{len(lines) - len(refused)} of {len(lines)} lines are granted. Not granted:\n{declined}"
    )
    return {
        "declined": declined,
        "granted": some if refused else "All of it is granted.",
        "gifts": _gifts(data),
        "next_step": _next_step(data),
    }


def _gifts(data: Mapping[str, Any]) -> str:
    """Ask for what came free with the goods, and say what it costs to keep it."""
    named = [
        f"{gift['quantity']} × {gift['title']} "
        f"({Money(int(gift['value_minor']), str(data['currency']))})"
        for gift in data.get("gifts", ())
    ]
    if not named:
        return ""
    return (
        "\nPlease send along what came free with it. What you keep is deducted from your refund: "
        f"{', '.join(named)}."
    )


def _next_step(data: Mapping[str, Any]) -> str:
    if "came_back" in data:
        return "your parcel came back to us undelivered. We check it; there is nothing to do."
    if "handover" in data:
        return "how you bring or send it stands in the next message."
    return "we send you a label, or the courier's time."


_OTHERWISE = {
    "deny": "Without an answer by then we cannot take the return.",
    "approve": "Without an answer by then we go on with what you told us.",
    "review": "Without an answer by then we decide on what you told us.",
}


def _question(data: Mapping[str, Any]) -> dict[str, str]:
    """Say what is asked, until when by the customer's clock, and what silence leads to."""
    return {
        "question": str(data["question"]),
        "until": _local_time(data["answer_by"]),
        "otherwise": _OTHERWISE[str(data["default"])],
    }


def _offer(data: Mapping[str, Any]) -> dict[str, str]:
    """Say the reviewer's words, until when it stands, and what silence leads to."""
    ends = {
        "deny": "Without your word by then the offer ends, and we cannot take the return.",
        "review": "Without your word by then the offer ends, and we decide on your return.",
    }
    return {
        "message": str(data["message"]),
        "until": _local_time(data["open_until"]),
        "otherwise": ends[str(data["default"])],
    }


def _keep_item(data: Mapping[str, Any]) -> dict[str, str]:
    """Say what is granted, and until when the money comes where any is owed."""
    due = data["due_on"]
    instead = f"Your money is sent by {due}." if due else "What you chose instead is sent to you."
    return _decision(data) | {"instead": instead}


_WAYS = {
    "original": "back to the way you paid",
    "store_credit": "to your store credit, as you agreed",
    "by_hand": "in the way you agreed to",
}
_INSTEAD = {
    "REFUND": "Your money comes back instead.",
    "STORE_CREDIT": "You get it as store credit, as you chose.",
}
_COMPONENTS = (
    ("price", "gross_minor", 1),
    ("tax", "tax_minor", 1),
    ("shipping", "shipping_minor", 1),
    ("discount", "discount_minor", -1),
    ("discount or gift that no longer holds", "clawback_minor", -1),
    ("wanted goods", "exchange_minor", -1),
    ("deduction for the condition", "deduction_minor", -1),
    ("price of what you keep", "retained_minor", -1),
    ("restocking fee", "restocking_fee_minor", -1),
    ("handling fee", "handling_fee_minor", -1),
    ("return shipping", "return_shipping_fee_minor", -1),
    ("courier visits in vain", "missed_visit_fee_minor", -1),
)


def _breakdown(rows: Sequence[Mapping[str, Any]], currency: str) -> str:
    """Say how a settlement's amount came to be; a component that is zero is left out."""
    sums = [
        (name, sign * sum(int(row.get(key, 0)) for row in rows)) for name, key, sign in _COMPONENTS
    ]
    lines = [f"- {name}: {Money(minor, currency)}" for name, minor in sums if minor]
    return "\n".join([*lines, f"- refund: {Money(0, currency)}"])


def _declined(line: Mapping[str, Any]) -> str:
    """Say which line is declined and why: in the words of who decided, or by the rule."""
    if line["reason"]:
        return f"- {line['title']}: {line['reason']}"
    why = f"- {line['title']}: {line['explanation']} ({'; '.join(line['sources'])})"
    return f"{why}. {_CLAIM}" if "claim_open" in line else why


_CLAIM = (
    "You wrote that something is wrong with it: please ask again for a faulty item, which is "
    "looked at by itself."
)


_NOT_EARLY = {
    "hold_refused": "no money could be held on your card for it",
    "no_hold_method": "no money can be held on what you paid with",
    "out_of_stock": "it is not in stock at the moment",
}


def _advance(data: Mapping[str, Any]) -> tuple[str, str]:
    """Say what went out, until when the goods have to come, and what happens otherwise."""
    value = Money(int(data["value_minor"]), str(data["currency"]))
    by = datetime.fromisoformat(data["deadline"]).strftime("%Y-%m-%d")
    if data["resolution"] == "EXCHANGE":
        sent = f"Your replacement is on its way: {data.get('tracking_code') or 'number follows'}."
    else:
        sent = f"We pay back {value} before we have your parcel."
    then = "we charge the card on which it is held" if data["by_hold"] else "we ask for"
    return by, f"{sent} Please send the old goods by {by}, or {then} {value}."


def _revived(data: Mapping[str, Any]) -> dict[str, str]:
    if "deadline" not in data:
        return {"expected": ""}
    by = datetime.fromisoformat(data["deadline"])
    return {"expected": f" We expect it by {by:%Y-%m-%d}, and write to you when it is here."}


def _handover(data: Mapping[str, Any]) -> str:
    if window := data.get("window"):
        return f"A courier comes {_window(window)}."
    if "attempt" in data:
        return (
            "No courier could take your parcel. Please bring it to the carrier yourself, with the "
            f"label you have: parcel {data.get('tracking_code')}."
        )
    ways = {
        "IN_STORE": "Bring it to one of our stores; what is scanned there is received.",
        "OWN_CARRIER": "Send it with a carrier of your choice, and tell us its tracking number.",
    }
    if way := ways.get(str(data.get("method"))):
        return way
    ready = f"Your label is ready: parcel {data.get('tracking_code')}."
    until = data.get("valid_until")
    return f"{ready} It is good until {_local_time(until)}." if until else ready


def _window(window: Mapping[str, Any]) -> str:
    """Say when, by the clock on the customer's wall, and in which zone that is."""
    start, end = (
        datetime.fromisoformat(window[name]).strftime("%Y-%m-%d %H:%M")
        for name in ("not_before", "not_after")
    )
    return f"between {start} and {end} ({window['time_zone']})"


def _label(data: Mapping[str, Any]) -> dict[str, str]:
    return {"parcel": str(data["tracking_code"]), "until": _local_time(data["valid_until"])}


def _local_time(moment: str) -> str:
    """Say when it is by the customer's clock."""
    return f"{datetime.fromisoformat(moment):%Y-%m-%d %H:%M}"


def _bank(data: Mapping[str, Any]) -> dict[str, str]:
    due = data["evidence_due_by"]
    until = f"{datetime.fromisoformat(due):%Y-%m-%d}" if due else "the bank's decision"
    return {"next_step": f"We answer your bank by {until}, and write to you when it decides."}


def _payment(data: Mapping[str, Any]) -> dict[str, str]:
    return {
        "pay_by": datetime.fromisoformat(data["pay_by"]).strftime("%Y-%m-%d %H:%M"),
        "payment_url": str(data["payment_url"] or "the shop tells you how"),
    }


def _send_back(data: Mapping[str, Any]) -> dict[str, str]:
    deadline, advance = _advance(data)
    return {"deadline": deadline, "advance": advance}


def _way(data: Mapping[str, Any]) -> dict[str, str]:
    bonus = Money(int(data.get("bonus_minor", 0)), str(data["currency"]))
    more = f" On top you have a bonus of {bonus}." if bonus else ""
    return {"way": _WAYS[str(data.get("destination", "original"))], "bonus": more}


_WORDS: dict[str, Callable[[Mapping[str, Any]], dict[str, str]]] = {
    "request_received": _decision,
    "keep_item": _keep_item,
    "request_denied": _decision,
    "info_requested": _question,
    "info_reminder": _question,
    "offer_made": _offer,
    "offer_accepted": lambda data: {"when": f"by {data['due_on']}" if data["due_on"] else "soon"},
    "handover_ready": lambda data: {"handover": _handover(data)},
    "parcel_late": lambda data: {
        "expected_on": f"{datetime.fromisoformat(data['expected_at']):%Y-%m-%d}"
    },
    "pickup_rescheduled": lambda data: {name: _window(data[name]) for name in ("before", "window")},
    "label_running_out": _label,
    "label_expired": _label,
    "revived": _revived,
    "lot_rejected": lambda data: {"grade": str(data["grade"])},
    "send_back_by": _send_back,
    "advance_declined": lambda data: {"why_not_early": _NOT_EARLY[str(data["reason"])]},
    "refund_sent": _way,
    "replacement_called_off": lambda data: {"instead": _INSTEAD[str(data["resolution"])]},
    "refund_on_hold": _bank,
    "refund_returned": lambda data: {
        "next_by": f"{datetime.fromisoformat(data['next_by']):%Y-%m-%d}"
    },
    "difference_to_pay": _payment,
    "nothing_to_refund": lambda data: {
        "breakdown": _breakdown(data["breakdown"], str(data["currency"]))
    },
    "replacement_shipped": lambda data: {
        "tracking_code": str(data.get("tracking_code") or "number follows")
    },
}
"""What each message needs beside number, link and amount."""
