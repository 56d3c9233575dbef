"""Tenants, their connections and keys, for their administrators."""

import base64
import hashlib
import hmac
import uuid

from backhaul_client.admin_models import NewConnection, NewKey
from domain.codes import RefusedError
from domain.ids import content_hash
from integrations.errors import ConfigurationError
from runtime.settings import Settings
from runtime.tenancy import connect_tenant
from storage.keys import ApiKeys
from storage.rows import ConnectionRow, KeyRow, TenantRow
from storage.states import Role
from storage.tenants import Tenants


class TenantsService:
    def __init__(self, tenants: Tenants, keys: ApiKeys, settings: Settings) -> None:
        self._tenants = tenants
        self._keys = keys
        self._settings = settings

    async def create_tenant(
        self, tenant_id: str, name: str, *, creator: str, idempotency_key: str
    ) -> tuple[TenantRow, str]:
        """Create a tenant and its first admin key; the same call again answers the same.

        Raises:
            RefusedError: ``tenant_exists``, made by another call.
        """
        key = self._key_for("tenant", creator, idempotency_key, tenant_id)
        created = await self._tenants.create(tenant_id, name)
        if not created and await self._keys.find(key) is None:
            raise RefusedError("tenant_exists", "there is a tenant of this id", field="tenant_id")
        await self._keys.create(tenant_id, Role.ADMIN, "first admin", key=key)
        return TenantRow(tenant_id, name), key

    async def tenant(self, tenant_id: str) -> TenantRow | None:
        return await self._tenants.get(tenant_id)

    async def put_connection(self, tenant_id: str, wanted: NewConnection) -> ConnectionRow:
        """Store the tenant's connection of one kind, or replace all of it but its id.

        Raises:
            RefusedError: its adapter lacks something; ``field`` names it.
        """
        try:
            return await connect_tenant(
                self._tenants,
                self._settings,
                tenant_id=tenant_id,
                kind=wanted.kind,
                adapter=wanted.adapter,
                base_url=wanted.base_url,
                secrets=wanted.secrets,
                options=wanted.settings,
            )
        except ConfigurationError as error:
            raise RefusedError("invalid_request", str(error), field=error.field) from error

    async def connections(self, tenant_id: str) -> tuple[ConnectionRow, ...]:
        return await self._tenants.connections(tenant_id)

    def webhook_url(self, connection_id: str) -> str:
        return f"{self._settings.public_url}/v1/webhooks/{connection_id}"

    async def create_key(
        self, tenant_id: str, wanted: NewKey, *, idempotency_key: str
    ) -> tuple[str, str]:
        """Create a key and return its id and plain text; the same call again answers the same."""
        content = content_hash(wanted.model_dump(mode="json"))
        key = self._key_for("key", tenant_id, idempotency_key, content)
        return await self._keys.create(
            tenant_id, Role(wanted.role), wanted.label, key=key, expires_at=wanted.expires_at
        )

    async def keys(self, tenant_id: str) -> tuple[KeyRow, ...]:
        return await self._keys.list(tenant_id)

    async def revoke_key(self, tenant_id: str, key_id: str) -> None:
        """End a key now; repeating it changes nothing.

        Raises:
            RefusedError: the tenant has no such key.
        """
        try:
            known = str(uuid.UUID(key_id))
        except ValueError:
            known = ""
        if not known or not await self._keys.revoke(tenant_id, known):
            raise RefusedError("key_not_found", "no such key")

    def _key_for(self, *parts: str) -> str:
        """Derive a key from who asks, under which idempotency key, and for what.

        Nothing of it can be guessed without our secret, and a repeat whose first answer was lost
        finds the key that it made.
        """
        secret = self._settings.secret_key.get_secret_value().encode()
        digest = hmac.digest(secret, "\x00".join(parts).encode(), hashlib.sha512)
        text = base64.urlsafe_b64encode(digest[8:40]).decode().rstrip("=")
        return f"bh_{digest[:4].hex()}_{text}"
