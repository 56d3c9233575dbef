"""What tests ask of a sandbox besides the vendors' APIs."""

import time
import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from sandbox.examples import load_order
from tests.support.sandbox import Sandbox
from tests.support.webhook_receiver import WebhookReceiver, webhook_receiver

EXAMPLES = Path(__file__).parents[2] / "examples"
_PAGE = 5_000
_PATIENCE_S = 10.0


class SandboxClient:
    """Control and ledger of one sandbox, refusals raised."""

    def __init__(self, http: httpx.Client) -> None:
        self.http = http

    def put(self, path: str, body: Any) -> Any:
        return _read(self.http.put(f"/_control/{path}", json=body))

    def post(self, path: str, body: Any = None) -> Any:
        return _read(self.http.post(f"/_control/{path}", json=body))

    def order(self, example: str = "no-reason-return", **changes: object) -> Any:
        """Store an example, some facts of it changed, under a new id; its tenders are paid."""
        order_id = f"order-{uuid.uuid4().hex[:12]}"
        path = EXAMPLES / f"{example}.json"
        order = load_order(path, order_id=order_id, now=datetime.now(UTC))
        return self.put(f"orders/{order_id}", {**order, **changes})

    def ledger(self, **of: str) -> Any:
        return _read(self.http.get("/_ledger", params=of))

    def requests(self, system: str) -> list[Any]:
        """Return all that was asked of a system, oldest first, however much it was."""
        found: list[Any] = []
        while True:
            after = found[-1]["seq"] if found else 0
            page = {"system": system, "after": after, "limit": _PAGE}
            rows = _read(self.http.get("/_ledger/requests", params=page))
            found += rows
            if len(rows) < _PAGE:
                return found

    @contextmanager
    def listening(self, system: str, secret: str) -> Iterator[WebhookReceiver]:
        """Receive a system's webhooks of what happens from now on.

        What an earlier test left untold comes first, and is dropped.
        """
        with webhook_receiver() as receiver:
            self.put(f"webhooks/{system}", {"url": receiver.url, "secret": secret})
            for _ in range(int(_PATIENCE_S / 0.02)):
                told = _read(self.http.get("/_ledger/webhooks", params={"system": system}))
                if all(one["state"] != "pending" for one in told):
                    break
                time.sleep(0.02)
            else:
                raise AssertionError(f"{system} still has something to tell")
            receiver.arrivals.queue.clear()
            yield receiver

    def faults(self) -> Any:
        """Return the faults that are switched on, by name, and how often each has struck."""
        return _read(self.http.get("/_control/faults"))

    def refund_by_hand(self, payment_ref: str, amount: int) -> str:
        """Refund a charge at the provider's own page, unseen by the engine; return its id."""
        kind = "charge" if payment_ref.startswith("ch_") else "payment_intent"
        answer = self.http.post(
            "/stripe/v1/refunds",
            data={kind: payment_ref, "amount": str(amount)},
            headers={"Authorization": "Bearer sk_test_1"},
        )
        answer.raise_for_status()
        refund_id: str = answer.json()["id"]
        return refund_id

    @contextmanager
    def fault(self, **plan: Any) -> Iterator[None]:
        """Switch a fault on for as long as the context is open."""
        name = f"fault-{uuid.uuid4().hex[:8]}"
        self.put(f"faults/{name}", plan)
        try:
            yield
        finally:
            self.http.delete(f"/_control/faults/{name}").raise_for_status()

    def nonsense(
        self, order: dict[str, Any], path: str, value: object = None, *, after: int = 0
    ) -> AbstractContextManager[None]:
        """Let the platform say this of one order for as long as the context is open.

        The first ``after`` readings are still good.
        """
        return self.fault(
            system="commerce",
            operation="GET /orders/{order_id}",
            kind="nonsense",
            containing=order["order_id"],
            after=after,
            times=10_000,
            set={"path": path, "value": value},
        )


@contextmanager
def sandbox_client(sandbox: Sandbox) -> Iterator[SandboxClient]:
    with httpx.Client(base_url=sandbox.url, trust_env=False, timeout=20) as http:
        yield SandboxClient(http)


def _read(response: httpx.Response) -> Any:
    assert response.is_success, f"{response.status_code}: {response.text}"
    return response.json() if response.content else None
