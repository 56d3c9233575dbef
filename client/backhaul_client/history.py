"""What became of a customer's returns before, on the wire."""

from datetime import datetime

from backhaul_client.answer_model import AnswerModel


class PastReturnsView(AnswerModel):
    """Returns of one outcome and currency; ``value_minor`` is what was paid for their units.

    ``outcome`` is open, finished, rejected (finished, but something of it was refused in the
    inspection), denied, withdrawn, expired or cancelled.
    """

    outcome: str
    currency: str
    returns: int
    units: int
    value_minor: int


class CustomerHistoryView(AnswerModel):
    """The other returns of the same customer, over all orders and channels, opened ``since``.

    Where the platform names no customer nothing ``is_known``, and nothing is counted.
    """

    is_known: bool
    since: datetime
    counts: tuple[PastReturnsView, ...]
