"""What the recipient of a gift may read: where the goods are, and nothing of what was paid."""

from backhaul_client.answers import ReturnView
from backhaul_client.listing import Preview, PreviewLine

_NO_MONEY = {name: 0 for name in PreviewLine.model_fields if name.endswith("_minor")}


def return_for_recipient(view: ReturnView) -> ReturnView:
    """Leave out amounts, prices and tenders, and what banks, finance and reviewers have to do."""
    return view.model_copy(
        update={
            "money_hidden": True,
            "settlements": (),
            "proposed_settlement": None,
            "chargebacks": (),
            "on_hold": False,
            "signals": (),
            "corrections": (),
            "allowed_commands": (),
            "broken_invariants": (),
            "lines": tuple(
                line.model_copy(update={"exchange_price_minor": None}) for line in view.lines
            ),
            "lots": tuple(
                lot.model_copy(
                    update={
                        "replacement_due_minor": 0,
                        "replacement_payment_url": None,
                        "advance": None,
                    }
                )
                for lot in view.lots
            ),
            "waiting_on": tuple(
                wait.model_copy(update={"detail": "", "field": None}) for wait in view.waiting_on
            ),
        }
    )


def preview_for_recipient(preview: Preview, *, credit_minor: int) -> Preview:
    """Leave out all amounts but the credit that he gets himself, in minor units."""
    return preview.model_copy(
        update={
            "money_hidden": True,
            "lines": tuple(line.model_copy(update=_NO_MONEY) for line in preview.lines),
            "refund_minor": credit_minor,
            "by_tender": (),
            "gifts": (),
            "missed_visit_fee_minor": 0,
            "settlement_hash": "",
        }
    )
