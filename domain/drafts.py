"""A start whose order cannot be read yet: parked as a draft, decided or refused later."""

from dataclasses import replace
from datetime import datetime

from domain.codes import RefusedError
from domain.commands import Actor
from domain.corrections import Correction, checked_correction
from domain.currencies import NO_CURRENCY
from domain.events import Fact, JsonValue
from domain.lifecycle import AuthorizationState
from domain.opening import requested_facts
from domain.policies import Policy
from domain.requests import ReturnRequest
from domain.returns import Change, Refused, Return
from domain.reviewing import remembers_who_asked
from domain.transport import withdraw


def draft(
    *,
    tenant_id: str,
    return_id: str,
    rma_no: str,
    request: ReturnRequest,
    request_hash: str,
    policy: Policy,
    requested_by: Actor,
    at: datetime,
) -> Return:
    """Build a return of which only the request is known. It holds no unit."""
    return Return(
        tenant_id=tenant_id,
        return_id=return_id,
        rma_no=rma_no,
        request=request,
        request_hash=request_hash,
        currency=NO_CURRENCY,
        time_zone="UTC",
        policy=policy,
        authorization=AuthorizationState.DRAFT,
        authorized_since=at,
        requested_at=at,
        lines=(),
        lots=(),
        requested_by=requested_by,
    )


def is_draft(ret: Return) -> bool:
    return ret.authorization is AuthorizationState.DRAFT


def check_correction(ret: Return, field: str, value: object) -> Correction:
    """Return the correction of a draft's order.

    Raises:
        RefusedError: the return is registered, so its facts are frozen; or as
            :func:`domain.corrections.checked_correction`.
    """
    if not is_draft(ret):
        raise RefusedError(
            "command_not_allowed", f"the return is {ret.headline}: its facts are frozen"
        )
    return checked_correction(field, value)


def correct(ret: Return, correction: Correction) -> Change:
    """Keep a correction, instead of an earlier one of the same field.

    ``before`` in the log is the earlier one: what the platform said is not kept, for it was not
    checked and may be anything. Nor is the reason, which people write in their own words.
    """
    earlier = [known for known in ret.corrections if known.field == correction.field]
    others = tuple(known for known in ret.corrections if known.field != correction.field)
    data: dict[str, JsonValue] = {
        "kind": "correct",
        "subject": correction.field,
        "value": _json(correction),
        "before": _json(earlier[0]) if earlier else None,
    }
    return replace(ret, corrections=(*others, correction)), (Fact("ops.intervention", data),)


def _json(correction: Correction) -> JsonValue:
    value = correction.value
    return [*value] if isinstance(value, tuple) else value


def registered(ret: Return, opened: Return, *, at: datetime) -> Change:
    """Go on as ``opened``, under the draft's number, time of request and place in the log.

    A draft that was taken back while its units were being locked stays so; they are free again.
    """
    after = replace(
        opened,
        version=ret.version,
        requested_at=ret.requested_at,
        corrections=ret.corrections,
        requested_by=ret.requested_by if remembers_who_asked(opened) else None,
    )
    if is_draft(ret):
        return after, requested_facts(after)
    return withdraw(after, at=at)[0], ()


def refuse(ret: Return, error: RefusedError, *, at: datetime) -> Change:
    """End a draft whose order, now that it can be read, does not allow what was asked."""
    refused = Refused(error.code, str(error), error.field)
    data: dict[str, JsonValue] = {"code": refused.code, "field": refused.field}
    ended = replace(
        ret, authorization=AuthorizationState.CANCELLED, authorized_since=at, refused=refused
    )
    return ended, (Fact("return.refused", data),)
