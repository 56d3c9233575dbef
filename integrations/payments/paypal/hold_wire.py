"""PayPal's answers about authorizations and what was captured of them."""

from typing import Annotated

from pydantic import AwareDatetime, Field

from integrations.http import WireModel
from integrations.payments.paypal.wire import WireMoney, WireSupplement

_Time = Annotated[AwareDatetime, Field(strict=False)]


class WireAuthorization(WireModel):
    id: str
    status: str | None = None
    amount: WireMoney
    expiration_time: _Time | None = None
    supplementary_data: WireSupplement | None = None

    @property
    def order_id(self) -> str | None:
        related = self.supplementary_data and self.supplementary_data.related_ids
        return related.order_id if related else None


class WireHoldCapture(WireModel):
    id: str
    status: str | None = None
    amount: WireMoney
    invoice_id: str | None = None


class WireHoldPayments(WireModel):
    captures: tuple[WireHoldCapture, ...] = ()


class WireHoldUnit(WireModel):
    payments: WireHoldPayments = WireHoldPayments()


class WireHoldOrder(WireModel):
    id: str
    purchase_units: tuple[WireHoldUnit, ...]

    @property
    def captures(self) -> tuple[WireHoldCapture, ...]:
        return tuple(one for unit in self.purchase_units for one in unit.payments.captures)
