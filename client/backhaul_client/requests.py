"""What callers send. Unknown fields are refused, here and by the API."""

from typing import Annotated, Literal

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StringConstraints,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)
from pydantic_core import PydanticCustomError

# No control characters: they are in no id that anybody prints, and databases refuse NUL.
Id = Annotated[
    str,
    StringConstraints(strict=True, min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$"),
]
Note = Annotated[
    str,
    StringConstraints(
        strict=True, max_length=2000, pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"
    ),
]
ShortNote = Annotated[
    str,
    StringConstraints(strict=True, max_length=200, pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"),
]
Count = Annotated[int, Field(strict=True, ge=-1_000_000, le=1_000_000)]
Version = Annotated[int, Field(strict=True, ge=0, le=2**31 - 1)]

Ground = Literal["WITHDRAWAL", "NON_CONFORMITY", "WARRANTY"]
WantedResolution = Literal["REFUND", "STORE_CREDIT", "EXCHANGE"]
WayBack = Literal["PICKUP", "DROP_OFF", "QR_DROP_OFF", "IN_STORE", "OWN_CARRIER"]
Handover = Literal[WayBack, "KEEP"]
RequestedBy = Literal["purchaser", "recipient"]
Grade = Literal["A", "B", "C", "D", "X"]
PickupOutcome = Literal["customer_absent", "courier_no_show"]
RefundFound = Literal["paid", "not_paid"]
OtherTender = Literal["store_credit", "by_hand"]
Fault = Literal["NONE", "CUSTOMER", "CARRIER", "WAREHOUSE", "SELLER", "VENDOR"]


_Text = Annotated[Note, StringConstraints(max_length=200)]
_Whole = Annotated[int, Field(strict=True, ge=-(2**53), le=2**53)]


def _by_its_name(value: object, read: ValidatorFunctionWrapHandler) -> object:
    """Blame the field as a whole: a union's own errors name each of its branches."""
    try:
        return read(value)
    except ValidationError as error:
        raise PydanticCustomError(
            "correction",
            "wanted text of at most 200 characters without control characters, at most 50 such "
            "texts, a whole number, true, false or null",
        ) from error


Correctable = Annotated[
    StrictBool | _Whole | _Text | Annotated[tuple[_Text, ...], Field(max_length=50)] | None,
    WrapValidator(_by_its_name),
]


class RequestModel(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class NewReturnLine(RequestModel):
    """One order line. ``quantity`` is one or more; ``exchange_sku`` goes with EXCHANGE only."""

    line_id: Id
    quantity: Count
    resolution: WantedResolution = "REFUND"
    reason: Id | None = None
    reason_detail: Id | None = None
    exchange_sku: Id | None = None


class NewPickupWindow(RequestModel):
    """When a courier may come; ``time_zone`` is the IANA zone of the pickup address."""

    not_before: AwareDatetime
    not_after: AwareDatetime
    time_zone: Id


class NewReturn(RequestModel):
    """Ids, quantities and codes only; what grants money is read from the platform's order API.

    With ``handover`` KEEP the goods stay with the customer, if the policy or a reviewer says so.
    ``by`` the recipient of a gift: make sure that it is him before you ask; he is told no prices.
    """

    order_id: Id
    lines: Annotated[tuple[NewReturnLine, ...], Field(min_length=1, max_length=200)]
    ground: Ground = "WITHDRAWAL"
    handover: Handover = "DROP_OFF"
    pickup_window: NewPickupWindow | None = None
    by: RequestedBy = "purchaser"


class Command(RequestModel):
    """``expected_version`` refuses the command when the return changed since; as ``If-Match``."""

    expected_version: Version | None = None


class WithdrawCommand(Command):
    reason: Note = ""


class LineReason(RequestModel):
    """Why one line is declined, or granted against its rule; the customer may read it."""

    line_id: Id
    reason: Annotated[Note, StringConstraints(min_length=1)]


class ApproveCommand(Command):
    """Grant these lines and decline the others, each with its own of ``reasons`` or ``reason``.

    A line that is granted against its rule needs a reason as well. Above the limit of the reviewer
    it is the first of two approvals: the second one says the same.
    ``handover`` is the way back, if not the one that was wished; with KEEP nothing comes back.
    """

    line_ids: Annotated[tuple[Id, ...], Field(min_length=1, max_length=200)]
    reason: Note = ""
    reasons: Annotated[tuple[LineReason, ...], Field(max_length=200)] = ()
    handover: Handover | None = None


class DenyCommand(Command):
    reason: Annotated[Note, StringConstraints(min_length=1)]


class PickupOutcomeCommand(Command):
    """A courier visit is over without the parcel; ``attempt`` is its number in ``pickups``."""

    delivery_id: Id
    attempt: Count
    outcome: PickupOutcome
    note: Note = ""


class ChangeHandoverCommand(Command):
    """Another way back, or another window of the courier, before anything was handed over.

    A courier who is ordered is called off first. ``pickup_window`` goes with PICKUP only.
    """

    handover: WayBack
    pickup_window: NewPickupWindow | None = None


class RecordSendingCommand(Command):
    """The customer sent the parcel, and proves it: a tracking code, or ``reference``.

    ``reference`` is where the receipt is kept; no names of people. It counts from ``sent_at``.
    ``bag`` is the code of the bag it is in, where the tracking code is of a bulk parcel.
    """

    sent_at: AwareDatetime
    carrier: ShortNote = ""
    tracking_code: ShortNote = ""
    reference: ShortNote = ""
    bag: ShortNote = ""


class ReplaceLabelCommand(Command):
    """Another label for a parcel whose own ran out, or that its carrier brought back."""

    delivery_id: Id
    reason: Annotated[Note, StringConstraints(min_length=1)]


class Drawback(RequestModel):
    """Duty that customs give back to the merchant, in minor units of an ISO 4217 currency."""

    amount_minor: Annotated[int, Field(gt=0, le=10**15)]
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]


class RecordCustomsPapersCommand(Command):
    """``reference`` is where the papers are kept with which goods cross a customs border."""

    reference: Annotated[ShortNote, StringConstraints(min_length=1)]
    drawback: Drawback | None = None


class MarkLostCommand(Command):
    """The carrier lost a parcel: ``evidence`` is what it says, ``claim_ref`` our claim there."""

    delivery_id: Id
    evidence: Annotated[ShortNote, StringConstraints(min_length=1)]
    claim_ref: Id | None = None


class LeaveExpiredCommand(Command):
    """The return stays expired although its parcel came: its goods were seen to by hand."""

    reason: Annotated[Note, StringConstraints(min_length=1)]


class CountedItem(RequestModel):
    """Units of one SKU as seen in the parcel."""

    sku: Id
    quantity: Count
    note: Note = ""


class ReceiveCommand(Command):
    """``receipt_id`` is the warehouse's own, once per count; ``parcel`` any mark of the parcel.

    Without a ``location_id`` it came to where the return says.
    """

    receipt_id: Id
    parcel: Id
    entries: Annotated[tuple[CountedItem, ...], Field(min_length=1, max_length=200)]
    location_id: Id | None = None


class NewRefusal(RequestModel):
    """A parcel that came back although nobody asked, by its tracking code or any mark on it.

    Without a ``receipt_id`` the parcel names its count as well; without a ``location_id`` it came
    to where its return belongs.
    """

    order_id: Id
    parcel: Id
    receipt_id: Id | None = None
    location_id: Id | None = None
    entries: Annotated[tuple[CountedItem, ...], Field(min_length=1, max_length=200)]


class PhotoReference(RequestModel):
    """Where a photo lies, and the SHA-256 of its bytes in lower-case hexadecimal digits."""

    url: Annotated[
        str,
        StringConstraints(strict=True, max_length=2000, pattern=r"^https?://[^\s\x00-\x1f\x7f]+$"),
    ]
    sha256: Annotated[str, StringConstraints(strict=True, pattern=r"^[0-9a-f]{64}$")]


class InspectionCommand(Command):
    """Grade one lot, or ``quantity`` units of it; the rest becomes a lot of its own.

    ``lot_version`` is the lot's version that the inspector saw.
    """

    lot_id: Id
    grade: Grade
    quantity: Count | None = None
    fault: Fault = "NONE"
    lot_version: Version | None = None
    checklist: Annotated[tuple[Id, ...], Field(max_length=100)] = ()
    photos: Annotated[tuple[PhotoReference, ...], Field(max_length=100)] = ()
    reason_found: Id | None = None
    note: Note = ""


class ChooseResolutionCommand(Command):
    """Choose again for a lot whose replacement is out of stock or not paid for."""

    lot_id: Id
    resolution: WantedResolution


class RetryCommand(Command):
    """Try the named parked work again now, or all of it. ``work`` is a ``key`` of the waits."""

    work: Id | None = None


class CorrectCommand(Command):
    """Say what is true of a parked start's order; ``field`` is the one that its wait names."""

    field: Id
    value: Correctable
    reason: Annotated[Note, StringConstraints(min_length=1)]


class ReconcileRefundCommand(Command):
    """Say whether a refund of unknown end was paid.

    ``refund_ref`` is the provider's name of what was paid. ``proof`` says where its books show it,
    such as a report and line; it is kept in the event log, so no names of people.
    """

    intent_id: Id
    outcome: RefundFound
    proof: Id
    refund_ref: Id | None = None


class ApproveSettlementCommand(Command):
    """Approve settlement ``settlement_no`` of a return, if it is still what the hash is of."""

    settlement_no: Annotated[int, Field(strict=True, ge=1, le=1_000_000)]
    settlement_hash: Id


class DeclineSettlementCommand(Command):
    """Say why a settlement is not approved; it waits until it is, or until it changes."""

    settlement_no: Annotated[int, Field(strict=True, ge=1, le=1_000_000)]
    settlement_hash: Id
    reason: Annotated[Note, StringConstraints(min_length=1)]


class CustomersConsent(RequestModel):
    """How the customer agreed; kept in the event log, so no names of people.

    ``how`` is the channel, such as phone or mail; ``reference`` is where it is kept.
    """

    given_at: AwareDatetime
    how: Id
    reference: Id


class ChangeTenderCommand(Command):
    """Pay a refused refund elsewhere: one that may have had an effect is left alone.

    ``reference`` is the owner's name of the store credit account, or where the books show the
    payment that was made by hand.
    """

    intent_id: Id
    destination: OtherTender
    reference: Id
    consent: CustomersConsent


class ResolveRecoveryCommand(Command):
    """End the recovery of a lot whose value went out before its goods.

    ``charged`` by the customer's consent, handed to ``collections``, or ``written_off``;
    ``given_back`` is of a charge made by hand whose goods came after it. Charges need ``proof``:
    where it stands; it is kept in the event log, so no names of people.
    """

    lot_id: Id
    outcome: Literal["charged", "collections", "written_off", "given_back"]
    reason: Annotated[Note, StringConstraints(min_length=1)]
    proof: Id | None = None


class ExtendDeadlineCommand(Command):
    """``wait`` is a ``key`` of the return's ``waiting_on``."""

    wait: Id
    until: AwareDatetime


class RestartCommand(Command):
    """Go on in a new run. The ``reason`` stays in the run's history, out of the event log."""

    reason: Annotated[Note, StringConstraints(min_length=1)]


class ReopenCommand(Command):
    """Go on with a closed return. The ``reason`` stays in the run's history, out of the log."""

    reason: Annotated[Note, StringConstraints(min_length=1)]


class NewSurveyAnswer(RequestModel):
    """``csat`` 1 to 5, ``nps`` 0 to 10."""

    csat: Annotated[int, Field(strict=True, ge=1, le=5)]
    nps: Annotated[int, Field(strict=True, ge=0, le=10)] | None = None
    comment: Note = ""
