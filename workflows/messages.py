"""Everything that crosses a workflow's border: start, updates, signals and answers.

Fields are only ever added, with defaults: old histories and other languages keep working.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from domain.commands import Actor
from domain.handover import Sending
from domain.inspection import Fault, Grade, Photo
from domain.intents import Redirect, Ruling
from domain.money import Money
from domain.parcels import LabelOwner, LinkKind
from domain.pickups import PickupOutcome
from domain.redirecting import Consent
from domain.requests import HandoverMethod, PickupWindow, Resolution, ReturnRequest
from domain.returns import Return
from domain.reviewing import LineReason
from domain.tracking import Reached

INSPECTION_SIGNAL = "inspection_result"
CHARGEBACK_SIGNAL = "chargeback_news"
PARCEL_SIGNAL = "parcel_news"
OPEN_UPDATE_ID = "open"
"""The one update id of the opening: a repeated start meets the first answer."""


@dataclass(frozen=True, slots=True)
class StartReturn:
    """``return_id`` is :func:`domain.ids.return_id_for` of tenant and idempotency key.

    ``restarts`` counts the runs before this one that were lost, or closed and reopened.
    """

    tenant_id: str
    return_id: str
    request: ReturnRequest
    actor: Actor = field(default_factory=lambda: Actor("platform", "direct"))
    resumed: "Resumed | None" = None
    restarted: "Restarted | None" = None
    restarts: int = 0
    reopened: "Reopened | None" = None


@dataclass(frozen=True, slots=True)
class Resumed:
    """The state a run takes over from the one before, and which messages are in it.

    ``answers`` are those of all commands; ``taken`` are signals, each as ``<name>/<its id>``.
    """

    ret: Return
    answers: "tuple[CommandAnswer, ...]" = ()
    taken: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Restarted:
    """Why this run follows one that was lost, and what that one took in and did not record."""

    command: "RestartFromProjection"
    given_again: "tuple[GivenAgain, ...]" = ()


@dataclass(frozen=True, slots=True)
class Reopened:
    """Why this run follows one that was closed: somebody's ``command``, or news of a refund.

    ``news`` is what the ledger knows of its refunds and the closed return did not.
    """

    command: "Reopen | None" = None
    news: "tuple[RefundNews, ...]" = ()


@dataclass(frozen=True, slots=True)
class GivenAgain:
    """A message of the lost run, as its history has it: an update's ``name`` or a signal's."""

    name: str
    payload: dict[str, Any]
    command_id: str | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    code: str
    message: str
    field: str | None = None


@dataclass(frozen=True, slots=True)
class OpenAnswer:
    """What a start leads to: a registered return, or a refusal that holds no unit.

    A start whose order cannot be read is parked, and answered when that was mended. Registered is
    granted, in review or denied. ``document`` is :func:`domain.view.document`.
    """

    return_id: str
    request_hash: str
    refusal: Refusal | None = None
    document: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class CommandInfo:
    """Who commands, under which id.

    The HTTP Idempotency-Key, the command id and the Temporal update id are one.
    ``expected_version`` (of the return) refuses a command on a state that was not seen.
    """

    command_id: str
    actor: Actor
    expected_version: int | None = None
    known_as: tuple[str, ...] = ()
    """Other ids of the same person, for commands that ask for a second one."""


@dataclass(frozen=True, slots=True)
class CommandAnswer:
    """A command that was carried out.

    A refused one is an ``ApplicationError`` whose type is a code of :data:`domain.codes.PROBLEMS`
    and whose first detail is a :class:`RefusalDetail`.
    """

    command_id: str
    content_hash: str
    version: int
    headline: str
    allowed_commands: tuple[str, ...]
    given_again: tuple[str, ...] = ()
    """After a restart: ids of commands that the lost run had answered and not recorded."""


@dataclass(frozen=True, slots=True)
class RefusalDetail:
    version: int
    allowed_commands: tuple[str, ...]
    field: str | None = None


@dataclass(frozen=True, slots=True)
class Withdraw:
    info: CommandInfo
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Approve:
    """Grant ``line_ids``, decline the others, each with its own of ``reasons`` or ``reason``.

    ``handover`` is the way back, if not the one that was wished; with KEEP nothing comes back.
    """

    info: CommandInfo
    line_ids: tuple[str, ...]
    reason: str = ""
    reasons: tuple[LineReason, ...] = ()
    handover: HandoverMethod | None = None


@dataclass(frozen=True, slots=True)
class Deny:
    info: CommandInfo
    reason: str


@dataclass(frozen=True, slots=True)
class ReportPickupOutcome:
    """A courier visit is over without the parcel; ``attempt`` counts a delivery's from 1."""

    info: CommandInfo
    delivery_id: str
    attempt: int
    outcome: PickupOutcome
    note: str = ""


@dataclass(frozen=True, slots=True)
class ChangeHandover:
    """Another way back, or another window of the courier; ``window`` goes with PICKUP only."""

    info: CommandInfo
    method: HandoverMethod
    window: PickupWindow | None = None


@dataclass(frozen=True, slots=True)
class RecordSending:
    info: CommandInfo
    sending: Sending


@dataclass(frozen=True, slots=True)
class ReplaceLabel:
    info: CommandInfo
    delivery_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class MarkLost:
    """``evidence`` is what the carrier says, ``claim_ref`` our claim there, if one is open."""

    info: CommandInfo
    delivery_id: str
    evidence: str
    claim_ref: str | None = None


@dataclass(frozen=True, slots=True)
class RecordCustomsPapers:
    """Where the papers are kept, and the duty that customs give back to the merchant, if any."""

    info: CommandInfo
    reference: str
    drawback: Money | None = None


@dataclass(frozen=True, slots=True)
class LeaveExpired:
    """The ``reason`` stays in the run's history: it may name people."""

    info: CommandInfo
    reason: str


@dataclass(frozen=True, slots=True)
class CountedEntry:
    sku: str
    quantity: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class Receive:
    """``parcel`` is the tracking code or any mark on it; ``receipt_id`` is the warehouse's.

    ``label_of`` is the other return whose label the parcel bears, where that was found out.
    """

    info: CommandInfo
    receipt_id: str
    parcel: str
    entries: tuple[CountedEntry, ...]
    location_id: str = "MAIN"
    label_of: LabelOwner | None = None


@dataclass(frozen=True, slots=True)
class RecordInspection:
    """Grade a lot, or ``quantity`` units of it; the rest then becomes a lot of its own.

    As a command, or as the signal ``inspection_result`` while no worker is up: the same payload and
    command id count once. The signal asks for no version.

    ``lot_version`` is the version of the lot that the inspector saw; a scan elsewhere changes none.
    """

    info: CommandInfo
    lot_id: str
    grade: Grade
    quantity: int | None = None
    fault: Fault = Fault.NONE
    lot_version: int | None = None
    checklist: tuple[str, ...] = ()
    photos: tuple[Photo, ...] = ()
    reason_found: str | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class ChooseResolution:
    info: CommandInfo
    lot_id: str
    resolution: Resolution


@dataclass(frozen=True, slots=True)
class Retry:
    """Try parked work again now: the one named, or all."""

    info: CommandInfo
    work: str | None = None


@dataclass(frozen=True, slots=True)
class Correct:
    """Lay ``value`` over ``field`` of a draft's order, and try again.

    ``field`` is the path that the blocker shows, such as ``lines[0].parcels[0].delivered_at``.
    """

    info: CommandInfo
    field: str
    value: Any
    reason: str


@dataclass(frozen=True, slots=True)
class ReconcileRefund:
    """Say whether a refund of unknown end was paid, and where the provider's books say so."""

    info: CommandInfo
    intent_id: str
    ruling: Ruling
    proof: str


@dataclass(frozen=True, slots=True)
class ApproveSettlement:
    """Let a settlement above the policy's limit be sealed, if it is still what the hash is of."""

    info: CommandInfo
    settlement_no: int
    settlement_hash: str


@dataclass(frozen=True, slots=True)
class DeclineSettlement:
    info: CommandInfo
    settlement_no: int
    settlement_hash: str
    reason: str


@dataclass(frozen=True, slots=True)
class ChangeTender:
    """Pay a refused refund elsewhere; the consent stays in the log: no names in it."""

    info: CommandInfo
    intent_id: str
    redirect: Redirect
    consent: Consent


@dataclass(frozen=True, slots=True)
class ResolveRecovery:
    """End the recovery of a lot by hand; ``outcome`` is one of ``domain.recovering.OUTCOMES``.

    ``proof`` is where it stands that the customer was charged, or got the charge back.
    """

    info: CommandInfo
    lot_id: str
    outcome: str
    reason: str
    proof: str = ""


@dataclass(frozen=True, slots=True)
class ExtendDeadline:
    info: CommandInfo
    wait: str
    until: datetime


@dataclass(frozen=True, slots=True)
class RestartFromProjection:
    """Go on in a new run. The ``reason`` stays in the run's history: it may name people."""

    info: CommandInfo
    reason: str


@dataclass(frozen=True, slots=True)
class Reopen:
    """Go on with a closed return. The ``reason`` stays in the run's history, as a restart's."""

    info: CommandInfo
    reason: str


@dataclass(frozen=True, slots=True)
class CarrierMilestones:
    """Signal ``carrier_milestones``: what the carrier, read again, proves of one parcel."""

    delivery_id: str
    milestones: tuple[Reached, ...]
    event_id: str


@dataclass(frozen=True, slots=True)
class DelayNews:
    """Signal ``delay_news``: a parcel will probably come later than its carrier promised."""

    delivery_id: str
    expected_at: datetime
    event_id: str


@dataclass(frozen=True, slots=True)
class ParcelNews:
    """Signal ``parcel_news``: what another return, ``other``, knows of a parcel of both."""

    tracking_code: str
    other: LabelOwner
    kind: LinkKind
    event_id: str


@dataclass(frozen=True, slots=True)
class RefundNews:
    """Signal ``refund_news``: what the provider, read again, says of one refund intent."""

    intent_id: str
    state: str
    refund_ref: str
    failure: str | None
    event_id: str


@dataclass(frozen=True, slots=True)
class ChargebackNews:
    """Signal ``chargeback_news``: what the provider, read again, says of a payment's chargeback.

    ``refunds_sent`` are the refunds of the same payment that were sent before, by its names.
    """

    dispute_ref: str
    tender_id: str
    amount_minor: int
    state: str
    reason: str
    evidence_due_by: datetime | None
    refunds_sent: tuple[str, ...]
    event_id: str


@dataclass(frozen=True, slots=True)
class ReplacementNews:
    """Signal ``replacement_news``: what the platform, read again, says of one replacement order."""

    reference: str
    status: str
    tracking_code: str | None
    event_id: str


@dataclass(frozen=True, slots=True)
class ReturnOutcome:
    """What a finished return leaves; ``opening`` repeats the answer of a refused start."""

    headline: str
    opening: OpenAnswer


@dataclass(frozen=True, slots=True)
class SurveyAnswer:
    """Signal ``survey_answered``: ``csat`` 1..5, ``nps`` 0..10 or none."""

    csat: int
    nps: int | None
    comment: str
    event_id: str


@dataclass(frozen=True, slots=True)
class FollowUpOutcome:
    outcome: str
