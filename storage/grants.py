"""What the application role may do with each table and function, and nothing besides."""

from sqlalchemy import Connection, text

from storage.models.catalogue import METADATA

_USUAL = "SELECT, INSERT, UPDATE"
TABLES = dict.fromkeys(METADATA.tables, _USUAL) | {
    "tenants": "SELECT, INSERT",
    # Facts are never rewritten; the relay numbers them.
    "return_events": "SELECT, INSERT, UPDATE (position)",
    "decision_records": "SELECT, INSERT",
    "return_blockers": "SELECT, INSERT, DELETE",
    "expected_arrivals": "SELECT, INSERT, DELETE",
    "order_units": "SELECT, INSERT, UPDATE, DELETE",
    "settlements": "SELECT, INSERT",
    # What was issued stays as it was.
    "credit_notes": "SELECT, INSERT",
    "value_transactions": "SELECT, INSERT",
    "value_postings": "SELECT, INSERT",
    "tracking_scans": "SELECT, INSERT",
    "survey_invites": "SELECT, INSERT, UPDATE (expires_at)",
    "survey_answers": "SELECT, INSERT",
}
FUNCTIONS = (
    "lookup_tenants()",
    "lookup_connection(uuid)",
    "lookup_connection_addresses()",
    "lookup_api_key(bytea)",
    "lookup_survey_invite(text)",
)


def grant(connection: Connection, app_role: str) -> None:
    """Bring the role's rights to exactly these, whatever they were."""
    role = connection.dialect.identifier_preparer.quote(app_role)
    connection.execute(text(f"GRANT USAGE ON SCHEMA public TO {role}"))
    for table, rights in TABLES.items():
        connection.execute(text(f"REVOKE ALL ON {table} FROM {role}"))
        connection.execute(text(f"GRANT {rights} ON {table} TO {role}"))
    for function in FUNCTIONS:
        connection.execute(text(f"GRANT EXECUTE ON FUNCTION {function} TO {role}"))
