"""The tables on a real PostgreSQL."""
