"""The parts one running sandbox is made of."""

from dataclasses import dataclass

from fastapi import Request

from sandbox.connections import Connections
from sandbox.faults import Faults
from sandbox.idempotency import IdempotencyKeys
from sandbox.ledger import Ledger
from sandbox.webhooks import Webhooks


@dataclass(frozen=True, slots=True)
class World:
    ledger: Ledger
    faults: Faults
    keys: IdempotencyKeys
    webhooks: Webhooks
    connections: Connections


def create_world(ledger: Ledger) -> World:
    faults = Faults(ledger)
    return World(ledger, faults, IdempotencyKeys(ledger), Webhooks(ledger, faults), Connections())


def world_of(request: Request) -> World:
    world: World = request.app.state.world
    return world
