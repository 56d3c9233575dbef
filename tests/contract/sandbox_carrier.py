"""The sandbox as the other side of the carrier contract."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime

from integrations.carriers.port import CarrierGateway, TrackingEvent
from tests.contract.outside import Outside
from tests.support.webhook_receiver import Received, webhook_receiver


class SandboxCarrier:
    """The sandbox as one carrier.

    ``operations`` are its calls that buy something; where one address is for all calls, ``details``
    tell which is meant.
    """

    unserved_postal_code = "00000"

    def __init__(
        self, outside: Outside, system: str, operations: Mapping[str, str], **details: object
    ) -> None:
        self._outside = outside
        self._system = system
        self._operations = operations
        self._details = details
        self.scan = outside.scan

    def labels_bought(self, reference: str) -> int:
        return len(self._outside.effects("labels", reference=reference))

    def visits_ordered(self, reference: str) -> int:
        return len(self._outside.effects("pickups", reference=reference))

    def courier_came(self, pickup_ref: str) -> None:
        self._outside.courier_came(pickup_ref)

    def losing_the_answer(self, operation: str) -> AbstractContextManager[None]:
        call = self._operations[operation]
        return self._outside.fault(self._system, call, "lost_reply", **self._details)

    def out_of_order(self) -> AbstractContextManager[None]:
        return self._outside.fault(self._system, "*", "http_503", times=20)

    def pushed_scan(
        self,
        gateway: CarrierGateway,
        tracking_code: str,
        *,
        secret: str,
        event_type: str | None = None,
    ) -> tuple[TrackingEvent, Received]:
        """Scan a parcel; return the push of it, of this type if one is named, as it arrived."""
        with (
            webhook_receiver() as receiver,
            self._outside.webhooks_to(receiver.url, self._system, secret=secret),
        ):
            self.scan(tracking_code, "in_transit")
            while True:
                received = receiver.next()
                event = gateway.parse_webhook(received.headers, received.body, datetime.now(UTC))
                if (
                    event is not None
                    and event.tracking_code == tracking_code
                    and event_type in (None, event.event_type)
                ):
                    return event, received
