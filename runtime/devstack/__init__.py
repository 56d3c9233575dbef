"""The embedded stack: PostgreSQL, Temporal, sandbox, worker and API on one machine."""
