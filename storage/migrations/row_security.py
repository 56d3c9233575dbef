"""Row-level policies, as every revision writes them. Released revisions rely on it: do not edit."""

from alembic import op

_MINE = "tenant_id = current_setting('backhaul.tenant_id', true)"


def protect(*tables: str) -> None:
    """Show a session its own tenant's rows only, and let it write no others; the owner too."""
    for table in tables:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY own_tenant ON {table} USING ({_MINE}) WITH CHECK ({_MINE})")


def let_lookups_read(*tables: str) -> None:
    """Let the owner, and so the look-up functions that it owns, read a table across tenants."""
    for table in tables:
        op.execute(f"CREATE POLICY lookup ON {table} FOR SELECT TO CURRENT_USER USING (true)")


def create_lookup(signature: str, *, returns: str, query: str) -> None:
    """Create a function that reads as the owner, with a search path that nobody can bend."""
    op.execute(
        f"CREATE FUNCTION {signature} RETURNS {returns} LANGUAGE sql STABLE SECURITY DEFINER "
        f"SET search_path = pg_catalog, pg_temp AS $lookup$ {query} $lookup$"
    )
    op.execute(f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC")
