"""What is known of a parcel by its number."""

from backhaul_client.answer_model import AnswerModel


class InParcel(AnswerModel):
    """One return's delivery in a parcel; ``bag`` is its bag, where the parcel is of many."""

    return_id: str
    rma_no: str
    delivery_id: str
    state: str
    bag: str | None = None


class ParcelView(AnswerModel):
    """Every delivery that travels under this tracking code, the earliest first."""

    tracking_code: str
    returns: tuple[InParcel, ...]
