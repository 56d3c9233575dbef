"""UPS's answers about parcels on their way, and its events."""

from typing import Annotated

from pydantic import Field

from integrations.carriers.ups.wire import CamelModel


class WireScanStatus(CamelModel):
    """``type`` is the kind, ``code`` and ``statusCode`` name the scan more finely."""

    type: str | None = None
    code: str | None = None
    status_code: str | None = None
    description: str | None = None


class WireActivity(CamelModel):
    """A scan: local ``date`` and ``time``, and the same at Greenwich where it is told."""

    status: WireScanStatus | None = None
    date: str | None = None
    time: str | None = None
    gmt_date: str | None = None
    gmt_time: str | None = None
    gmt_offset: str | None = None


class WireParcel(CamelModel):
    """``activity`` is its scans, the newest first."""

    tracking_number: Annotated[str, Field(min_length=1)]
    activity: tuple[WireActivity, ...] = ()


class WireTrackedShipment(CamelModel):
    package: tuple[WireParcel, ...] = ()


class WireTrack(CamelModel):
    shipment: tuple[WireTrackedShipment, ...] = ()


class WireTracked(CamelModel):
    track_response: WireTrack

    @property
    def parcels(self) -> tuple[WireParcel, ...]:
        return tuple(p for shipment in self.track_response.shipment for p in shipment.package)


class WireEvent(CamelModel):
    """A Track Alert: one scan of one parcel. It has no id."""

    tracking_number: Annotated[str, Field(pattern=r"^1[ZR][0-9A-Z]{14,26}$")]
    activity_status: WireScanStatus
    gmt_activity_date: str = ""
    gmt_activity_time: str = ""
    local_activity_date: str = ""
    local_activity_time: str = ""
