"""The catalogue of refusal and problem codes: stable, for programs; texts may change."""

from dataclasses import dataclass
from enum import StrEnum


class ProblemKind(StrEnum):
    """What a caller can do about it; the API turns these into HTTP statuses."""

    INVALID = "invalid"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    STALE = "stale"
    TOO_LARGE = "too_large"
    UPSTREAM = "upstream"
    UNAVAILABLE = "unavailable"
    INTERNAL = "internal"


@dataclass(frozen=True, slots=True)
class ProblemCode:
    code: str
    kind: ProblemKind
    meaning: str


_K = ProblemKind
_CATALOGUE = (
    ProblemCode("invalid_request", _K.INVALID, "a field is missing, unknown or of the wrong form"),
    ProblemCode("invalid_encoding", _K.INVALID, "the body is not UTF-8 JSON"),
    ProblemCode("invalid_cursor", _K.INVALID, "the cursor was not given out by this API"),
    ProblemCode("invalid_quantity", _K.INVALID, "a quantity is below one"),
    ProblemCode("invalid_reason", _K.INVALID, "the reason is unknown or missing for this ground"),
    ProblemCode("idempotency_key_required", _K.INVALID, "the POST has no usable Idempotency-Key"),
    ProblemCode("body_too_large", _K.TOO_LARGE, "the body is over 1 MB"),
    ProblemCode("unauthenticated", _K.UNAUTHENTICATED, "no key, or one that is unknown or revoked"),
    ProblemCode("forbidden", _K.FORBIDDEN, "this role may not give this command"),
    ProblemCode(
        "webhook_unsigned", _K.UNAUTHENTICATED, "the signature is missing, wrong or too old"
    ),
    ProblemCode("webhook_malformed", _K.INVALID, "the webhook is not what its sender promises"),
    ProblemCode("not_found", _K.NOT_FOUND, "no such path"),
    ProblemCode("method_not_allowed", _K.NOT_FOUND, "the path exists, the method does not"),
    ProblemCode("return_not_found", _K.NOT_FOUND, "no such return for this tenant"),
    ProblemCode("connection_not_found", _K.NOT_FOUND, "no such connection"),
    ProblemCode("key_not_found", _K.NOT_FOUND, "the tenant has no such API key"),
    ProblemCode(
        "reconciliation_not_found", _K.NOT_FOUND, "the day's refunds were not compared yet"
    ),
    ProblemCode("credit_note_not_found", _K.NOT_FOUND, "the tenant has no such credit note"),
    ProblemCode("policy_not_found", _K.NOT_FOUND, "the tenant has no such policy version"),
    ProblemCode("survey_not_found", _K.NOT_FOUND, "no such survey, or it is over"),
    ProblemCode("tenant_not_found", _K.INVALID, "there is no such tenant"),
    ProblemCode(
        "not_transportable", _K.INVALID, "no carrier may take the goods: a store, or they are kept"
    ),
    ProblemCode("order_not_found", _K.INVALID, "the platform knows no such order"),
    ProblemCode("line_not_found", _K.INVALID, "the order has no such line"),
    ProblemCode("refund_not_found", _K.INVALID, "the return has no such refund"),
    ProblemCode(
        "refund_not_refused", _K.CONFLICT, "the refund may have been paid, or may still be"
    ),
    ProblemCode(
        "tender_not_declared", _K.CONFLICT, "the policy declares no such tender to fall back on"
    ),
    ProblemCode(
        "consent_missing", _K.INVALID, "another tender needs the customer's recorded consent"
    ),
    ProblemCode(
        "credit_not_found", _K.NOT_FOUND, "no such account in kind, or none in this currency"
    ),
    ProblemCode("credit_too_little", _K.CONFLICT, "the account holds less than is to be paid"),
    ProblemCode("no_credit_to_reverse", _K.CONFLICT, "nothing was paid in kind, or not yet"),
    ProblemCode("credit_reversed", _K.CONFLICT, "the settlement's credit was reversed before"),
    ProblemCode("spend_not_found", _K.NOT_FOUND, "no such payment from an account in kind"),
    ProblemCode("sku_not_found", _K.INVALID, "the platform knows no such SKU"),
    ProblemCode(
        "exchange_not_even", _K.INVALID, "the wanted goods cost more or less than the returned"
    ),
    ProblemCode(
        "store_credit_not_offered",
        _K.INVALID,
        "the policy offers no store credit, or the shop names no account for it",
    ),
    ProblemCode("not_a_gift", _K.INVALID, "the shop names nobody who was given the order"),
    ProblemCode("units_not_available", _K.CONFLICT, "fewer units are left than asked for"),
    ProblemCode(
        "use_cancellation", _K.CONFLICT, "nothing of the line was sent yet: cancel the order"
    ),
    ProblemCode("key_reused", _K.CONFLICT, "the same key came with another content before"),
    ProblemCode("stale_version", _K.STALE, "the return or lot changed since it was read"),
    ProblemCode(
        "command_not_allowed", _K.CONFLICT, "the return is not in a state for this command"
    ),
    ProblemCode(
        "too_many_questions", _K.CONFLICT, "the policy lets a reviewer ask no more of the customer"
    ),
    ProblemCode(
        "too_many_offers", _K.CONFLICT, "the policy lets a reviewer offer the customer no more"
    ),
    ProblemCode("offer_over", _K.CONFLICT, "the offer was answered or replaced, or it ran out"),
    ProblemCode("return_closed", _K.CONFLICT, "the return has ended"),
    ProblemCode(
        "no_restart_point", _K.CONFLICT, "the return was recorded before restarts were possible"
    ),
    ProblemCode("lot_not_found", _K.INVALID, "the return has no such lot"),
    ProblemCode("delivery_not_found", _K.INVALID, "the return has no such delivery"),
    ProblemCode(
        "document_not_available", _K.CONFLICT, "the delivery has no such document, or none any more"
    ),
    ProblemCode("pickup_not_found", _K.INVALID, "the delivery has no such courier visit"),
    ProblemCode("pickup_over", _K.CONFLICT, "the courier visit is over"),
    ProblemCode("wait_not_found", _K.INVALID, "the return has no such wait"),
    ProblemCode(
        "settlement_changed",
        _K.CONFLICT,
        "the settlement is not what was approved; the diff says how",
    ),
    ProblemCode(
        "four_eyes",
        _K.FORBIDDEN,
        "whoever had a hand in it approves no return, no money of it, and publishes no policy",
    ),
    ProblemCode("above_authority", _K.FORBIDDEN, "the amount is above what this role may grant"),
    ProblemCode("receipt_conflict", _K.CONFLICT, "the receipt id came with another content before"),
    ProblemCode("evidence_missing", _K.INVALID, "this grade needs a checklist entry or a photo"),
    ProblemCode(
        "mend_at_platform", _K.INVALID, "this fact of the order is corrected at the platform alone"
    ),
    ProblemCode("deadline_in_past", _K.INVALID, "a deadline must lie ahead"),
    ProblemCode("deadline_too_far", _K.INVALID, "a deadline must lie within two years"),
    ProblemCode(
        "no_receiving_location",
        _K.UPSTREAM,
        "no location of the platform takes these goods from there; a start is parked",
    ),
    ProblemCode("bad_upstream_data", _K.UPSTREAM, "the platform's answer breaks its contract"),
    ProblemCode(
        "connection_missing", _K.CONFLICT, "the tenant has no connection of the needed kind"
    ),
    ProblemCode("invalid_policy", _K.INVALID, "the pack is wrong; the field is the path in it"),
    ProblemCode(
        "policy_published", _K.CONFLICT, "the policy version is published and never changes again"
    ),
    ProblemCode("policy_changed", _K.CONFLICT, "the draft is not the one that was read"),
    ProblemCode(
        "policy_dates", _K.INVALID, "the governed days are past, overlap others or leave a gap"
    ),
    ProblemCode("tenant_exists", _K.CONFLICT, "there is a tenant of this id"),
    ProblemCode("platform_unavailable", _K.UNAVAILABLE, "the merchant's platform does not answer"),
    ProblemCode(
        "engine_unavailable", _K.UNAVAILABLE, "the workflow engine or database does not answer"
    ),
    ProblemCode(
        "not_confirmed", _K.UNAVAILABLE, "no worker answered in time; repeat with the same key"
    ),
    ProblemCode("internal_error", _K.INTERNAL, "something of ours went wrong; it was logged"),
)

PROBLEMS: dict[str, ProblemCode] = {row.code: row for row in _CATALOGUE}
"""The catalogue by code."""


class RefusedError(Exception):
    """Something asked of a return is refused; nothing was changed.

    Args:
        code: One of :data:`PROBLEMS`.
        message: What was wanted and found, lower case, no personal data.
        field: The offending field of the request, where there is one.
    """

    def __init__(self, code: str, message: str, *, field: str | None = None) -> None:
        if code not in PROBLEMS:
            raise ValueError(f"{code!r} is not in the catalogue of problems")
        super().__init__(message)
        self.code = code
        self.field = field
