"""UPS's answers about courier visits."""

from typing import Annotated

from pydantic import Field

from integrations.carriers.ups.wire import Amount, Currency, PascalModel, WireCode

# It goes back in a header.
_Prn = Annotated[str, Field(alias="PRN", pattern=r"^[0-9A-Za-z]{1,26}$")]


class WirePickupRate(PascalModel):
    """``GrandTotalOfAllIncentedCharge`` is the agreed price, where there is one."""

    currency_code: Currency | None = None
    grand_total_of_all_charge: Amount | None = None
    grand_total_of_all_incented_charge: Amount | None = None


class WirePickupQuote(PascalModel):
    rate_result: WirePickupRate


class WirePickupQuoted(PascalModel):
    pickup_rate_response: WirePickupQuote


class WirePickupCreation(PascalModel):
    prn: _Prn
    rate_status: WireCode
    rate_result: WirePickupRate | None = None


class WirePickupCreated(PascalModel):
    pickup_creation_response: WirePickupCreation


class WirePending(PascalModel):
    """One visit that is to come; its status is a code, or a text that begins with it."""

    prn: _Prn
    pickup_status_message: str
    on_call_status_code: str | None = None
    reference_number: str | None = None


class WirePendingStatus(PascalModel):
    pending_status: tuple[WirePending, ...]


class WirePickupsPending(PascalModel):
    pickup_pending_status_response: WirePendingStatus


class WirePickupCancel(PascalModel):
    pickup_type: str


class WirePickupCancelled(PascalModel):
    pickup_cancel_response: WirePickupCancel
