"""The sandbox as the run steers and reads it; every call is safe to repeat."""

from typing import Any

import httpx

from chaos.points import RequestPoint

HOLD_SECONDS = 5
Json = dict[str, Any]


class Outside:
    """Raises ``httpx.TransportError`` while the sandbox is not there."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def arm(self, point: RequestPoint, passes: int) -> None:
        """Hold the ``passes``-th request from now on."""
        await self.disarm(point)
        plan = {
            "system": point.system,
            "operation": point.operation,
            "kind": point.kind,
            "after": passes - 1,
            "delay_ms": HOLD_SECONDS * 1000,
        }
        await self.put_fault(_name(point), plan)

    async def disarm(self, point: RequestPoint) -> None:
        await self.delete_fault(_name(point))

    async def holds(self, point: RequestPoint) -> bool:
        """Return whether the request was reached; it is held for :data:`HOLD_SECONDS` at most."""
        fault = (await self.faults()).get(_name(point))
        return fault is not None and fault["struck"] > 0

    async def put_fault(self, name: str, plan: Json) -> None:
        (await self._http.put(f"/_control/faults/{name}", json=plan)).raise_for_status()

    async def delete_fault(self, name: str) -> None:
        (await self._http.delete(f"/_control/faults/{name}")).raise_for_status()

    async def faults(self) -> dict[str, Json]:
        return dict(await self._get("/_control/faults"))

    async def ledger(self) -> dict[str, list[Json]]:
        """Return every effect that there ever was."""
        return dict(await self._get("/_ledger"))

    async def undelivered(self) -> int:
        """Return how many webhooks nobody has taken yet."""
        deliveries: list[Json] = await self._get("/_ledger/webhooks")
        return sum(found["state"] in ("pending", "held") for found in deliveries)

    async def end_refund(self, refund_id: str, end: str) -> None:
        """Let a refund ``succeed``, or ``fail`` although it had succeeded."""
        (await self._http.post(f"/_control/refunds/{refund_id}/{end}")).raise_for_status()

    async def _get(self, path: str) -> Any:
        return (await self._http.get(path)).raise_for_status().json()


def _name(point: RequestPoint) -> str:
    return f"strike-{point.name}"
