"""Keeps what must survive: every write idempotent, every row behind its tenant's policy."""
