"""Tenants, connections and keys: for administrators."""

from typing import Annotated

from fastapi import APIRouter

from api import views
from api.asking import KEY_REQUIRED, IdempotencyKey, ServicesOf
from api.auth import Caller, needs
from backhaul_client.admin_models import (
    ConnectionList,
    ConnectionView,
    CreatedKey,
    CreatedTenant,
    KeyList,
    NewConnection,
    NewKey,
    NewTenant,
    TenantList,
    TenantView,
)

router = APIRouter(prefix="/v1", tags=["administration"])
ConnectionsAdmin = Annotated[Caller, needs("manage-connections")]
KeysAdmin = Annotated[Caller, needs("manage-keys")]


@router.post("/tenants", operation_id="create_tenant", status_code=201)
async def create_tenant(
    caller: KeysAdmin, key: IdempotencyKey, body: NewTenant, services: ServicesOf
) -> CreatedTenant:
    """Create a tenant with its first admin key."""
    tenant, admin_key = await services.tenants.create_tenant(
        body.tenant_id, body.name, creator=caller.tenant_id, idempotency_key=key
    )
    return CreatedTenant(tenant_id=tenant.tenant_id, name=tenant.name, admin_key=admin_key)


@router.get("/tenants", operation_id="list_tenants")
async def list_tenants(caller: KeysAdmin, services: ServicesOf) -> TenantList:
    """List the tenants that the key may see: its own."""
    own = await services.tenants.tenant(caller.tenant_id)
    found = () if own is None else (TenantView(tenant_id=own.tenant_id, name=own.name),)
    return TenantList(items=found)


@router.post(
    "/connections", operation_id="put_connection", status_code=201, dependencies=[KEY_REQUIRED]
)
async def put_connection(
    caller: ConnectionsAdmin, body: NewConnection, services: ServicesOf
) -> ConnectionView:
    """Connect an outside system, in place of the tenant's earlier one of this kind.

    Of carriers a tenant may have several: the earlier one of the same adapter is replaced.
    """
    row = await services.tenants.put_connection(caller.tenant_id, body)
    return views.connection(row, services.tenants.webhook_url(row.connection_id))


@router.get("/connections", operation_id="list_connections")
async def list_connections(caller: ConnectionsAdmin, services: ServicesOf) -> ConnectionList:
    """List the tenant's connections, without their secrets."""
    rows = await services.tenants.connections(caller.tenant_id)
    return ConnectionList(
        items=tuple(
            views.connection(row, services.tenants.webhook_url(row.connection_id)) for row in rows
        )
    )


@router.post("/keys", operation_id="create_key", status_code=201)
async def create_key(
    caller: KeysAdmin, key: IdempotencyKey, body: NewKey, services: ServicesOf
) -> CreatedKey:
    """Create an API key. It is shown in this answer and nowhere else."""
    key_id, plain = await services.tenants.create_key(caller.tenant_id, body, idempotency_key=key)
    return CreatedKey(key_id=key_id, role=body.role, key=plain)


@router.get("/keys", operation_id="list_keys")
async def list_keys(caller: KeysAdmin, services: ServicesOf) -> KeyList:
    """List the tenant's keys, revoked ones too, oldest first."""
    rows = await services.tenants.keys(caller.tenant_id)
    return KeyList(items=tuple(views.key(row) for row in rows))


@router.delete("/keys/{key_id}", operation_id="revoke_key", status_code=204)
async def revoke_key(caller: KeysAdmin, key_id: str, services: ServicesOf) -> None:
    """End a key now. Repeating it changes nothing."""
    await services.tenants.revoke_key(caller.tenant_id, key_id)
