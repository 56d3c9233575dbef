"""UPS's answers about shipments: rates, labels, voided ones."""

from typing import Annotated

from pydantic import Field

from integrations.carriers.ups.wire import PascalModel, WireCharge, WireCode


class WireService(PascalModel):
    code: Annotated[str, Field(pattern=r"^[0-9A-Z]{2}$")]


class WireNegotiated(PascalModel):
    total_charge: WireCharge


class WireDay(PascalModel):
    date: Annotated[str, Field(pattern=r"^[0-9]{8}$")]


class WireEstimatedArrival(PascalModel):
    arrival: WireDay
    pickup: WireDay


class WireServiceSummary(PascalModel):
    estimated_arrival: WireEstimatedArrival


class WireTimeInTransit(PascalModel):
    service_summary: WireServiceSummary


class WireRatedShipment(PascalModel):
    service: WireService
    total_charges: WireCharge
    negotiated_rate_charges: WireNegotiated | None = None
    time_in_transit: WireTimeInTransit | None = None


class WireRates(PascalModel):
    rated_shipment: tuple[WireRatedShipment, ...] = ()


class WireRated(PascalModel):
    rate_response: WireRates


class WireShipmentCharges(PascalModel):
    total_charges: WireCharge


class WirePackage(PascalModel):
    tracking_number: Annotated[str, Field(min_length=1)]


class WireShipmentResults(PascalModel):
    shipment_charges: WireShipmentCharges | None = None
    negotiated_rate_charges: WireNegotiated | None = None
    package_results: Annotated[tuple[WirePackage, ...], Field(min_length=1)]
    label_url: Annotated[str, Field(alias="LabelURL", min_length=1)]


class WireShipped(PascalModel):
    shipment_results: WireShipmentResults


class WireShipmentAnswer(PascalModel):
    shipment_response: WireShipped


class WireLabelImage(PascalModel):
    url: Annotated[str | None, Field(alias="URL")] = None


class WireLabelResult(PascalModel):
    tracking_number: str | None = None
    label_image: WireLabelImage | None = None


class WireRecovery(PascalModel):
    """Labels, or of several that bear one reference their tracking numbers alone."""

    label_results: tuple[WireLabelResult, ...] = ()
    tracking_candidate: tuple[WirePackage, ...] = ()


class WireRecovered(PascalModel):
    label_recovery_response: WireRecovery


class WireVoidStatus(PascalModel):
    status: WireCode


class WireVoid(PascalModel):
    summary_result: WireVoidStatus


class WireVoided(PascalModel):
    void_shipment_response: WireVoid
