"""What warehouses may expect, on the wire: the advance notice of returns."""

from datetime import date

from backhaul_client.answer_model import AnswerModel, PageModel


class ExpectedUnits(AnswerModel):
    sku: str
    quantity: int


class ArrivalView(AnswerModel):
    """One parcel that is announced, under way, or delivered and not counted yet.

    ``basis`` says what ``expected_on`` goes by: delivered (the carrier's word), promised (its
    promise) or policy (hand-over, or until then its deadline, and the policy's time under way).
    Without ``units`` the parcel's goods are counted with another one of its return.
    """

    return_id: str
    rma_no: str
    delivery_id: str
    location_id: str
    expected_on: date
    basis: str
    method: str
    state: str
    carrier: str | None
    tracking_code: str | None
    units: tuple[ExpectedUnits, ...]


class ArrivalDay(AnswerModel):
    """What comes to one place on one of its days, all parcels together."""

    expected_on: date
    location_id: str
    parcels: int
    units: tuple[ExpectedUnits, ...]


class ArrivalPage(PageModel):
    """By day, then by place; ``days`` are of all that fits and stand on the first page alone."""

    items: tuple[ArrivalView, ...]
    days: tuple[ArrivalDay, ...]
