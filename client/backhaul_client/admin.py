"""Tenants, connections and keys: for the role ``admin``."""

from backhaul_client.admin_models import (
    ConnectionList,
    ConnectionView,
    CreatedKey,
    CreatedTenant,
    KeyList,
    KeyView,
    NewConnection,
    NewKey,
    NewTenant,
    TenantList,
    TenantView,
)
from backhaul_client.transport import Transport


class AdminClient:
    """Reached as ``client.admin``. Everything but a new tenant is of the key's own tenant."""

    def __init__(self, api: Transport) -> None:
        self._api = api

    async def create_tenant(self, tenant: NewTenant, *, idempotency_key: str) -> CreatedTenant:
        """Create a tenant and its first admin key, which is shown this once."""
        return await self._api.post("/v1/tenants", tenant, CreatedTenant, key=idempotency_key)

    async def list_tenants(self) -> tuple[TenantView, ...]:
        return (await self._api.get("/v1/tenants", TenantList)).items

    async def put_connection(
        self, connection: NewConnection, *, idempotency_key: str
    ) -> ConnectionView:
        """Connect an outside system; it replaces the one of the same kind and keeps its id."""
        return await self._api.post(
            "/v1/connections", connection, ConnectionView, key=idempotency_key
        )

    async def list_connections(self) -> tuple[ConnectionView, ...]:
        return (await self._api.get("/v1/connections", ConnectionList)).items

    async def create_key(self, key: NewKey, *, idempotency_key: str) -> CreatedKey:
        """Create a key of the tenant. The same call again answers the same key."""
        return await self._api.post("/v1/keys", key, CreatedKey, key=idempotency_key)

    async def list_keys(self) -> tuple[KeyView, ...]:
        """List the tenant's keys, revoked ones too, oldest first."""
        return (await self._api.get("/v1/keys", KeyList)).items

    async def revoke_key(self, key_id: str) -> None:
        """End a key now. Repeating it changes nothing."""
        await self._api.delete(f"/v1/keys/{key_id}")
