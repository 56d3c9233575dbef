"""A label is found again by our key, wherever UPS has it."""

from collections.abc import Mapping
from dataclasses import dataclass

from integrations.carriers.ups import scans, shipment_wire, shipments, tracking_wire, wire
from integrations.errors import NotFoundError, ProtocolError, RejectedError
from integrations.http import Call, HttpApi


@dataclass(frozen=True, slots=True)
class FoundLabel:
    """``number`` is its tracking number; one that was given back has no ``url`` any more."""

    number: str
    url: str
    is_voided: bool = False


async def find(api: HttpApi, *, account: str, key: str) -> FoundLabel | None:
    """Return the label that bears our key, ``None`` only if neither of two registers has it.

    UPS does not publish how label recovery refuses what it does not know. So its refusal is not
    believed before tracking, which answers 404, knows nothing either.
    """
    try:
        answer = await _asked(api, shipments.recovered(key=key, account=account))
        if not answer.label_results and answer.tracking_candidate:
            number = answer.tracking_candidate[0].tracking_number
            answer = await _asked(api, shipments.recovered_by_number(number))
        return _label(answer)
    except RejectedError:
        parcel = await _tracked(api, account=account, key=key)
    if parcel is None:
        return None
    if scans.voided(parcel):
        return FoundLabel(parcel.tracking_number, "", is_voided=True)
    return _label(await _asked(api, shipments.recovered_by_number(parcel.tracking_number)))


async def _asked(api: HttpApi, body: Mapping[str, object]) -> shipment_wire.WireRecovery:
    call = Call("POST", "/api/labels/v1/recovery", body=body, repeatable=True)
    return (await api.ask(call, shipment_wire.WireRecovered)).label_recovery_response


def _label(answer: shipment_wire.WireRecovery) -> FoundLabel:
    for found in answer.label_results:
        if found.tracking_number and found.label_image and found.label_image.url:
            return FoundLabel(found.tracking_number, found.label_image.url)
    raise ProtocolError(wire.SYSTEM, "a recovered label has no address", field="LabelResults")


async def _tracked(api: HttpApi, *, account: str, key: str) -> tracking_wire.WireParcel | None:
    call = Call(
        "GET",
        "/api/track/v1/reference/details/{key}",
        ids={"key": key},
        query={"shipperNum": account, "refNumType": "SmallPackage"},
    )
    try:
        parcels = (await api.ask(call, tracking_wire.WireTracked)).parcels
    except NotFoundError:
        return None
    return parcels[0] if parcels else None
