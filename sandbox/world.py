"""The parts one running sandbox is made of."""

from dataclasses import dataclass

from fastapi import Request

from sandbox.connections import Connections
from sandbox.faults import Faults
from sandbox.idempotency import IdempotencyKeys
from sandbox.keyring import Keyring
from sandbox.ledger import Ledger
from sandbox.webhooks import Webhooks


@dataclass(frozen=True, slots=True)
class World:
    """``local_only``: control is for this machine, and webhooks go nowhere else."""

    ledger: Ledger
    faults: Faults
    keys: IdempotencyKeys
    webhooks: Webhooks
    keyring: Keyring
    connections: Connections
    local_only: bool


def create_world(ledger: Ledger, *, local_only: bool = True) -> World:
    faults, keyring = Faults(ledger), Keyring(ledger)
    return World(
        ledger=ledger,
        faults=faults,
        keys=IdempotencyKeys(ledger),
        webhooks=Webhooks(ledger, faults, keyring),
        keyring=keyring,
        connections=Connections(),
        local_only=local_only,
    )


def world_of(request: Request) -> World:
    world: World = request.app.state.world
    return world
