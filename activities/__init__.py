"""DOES. One retryable effect each, idempotent by a key that comes from the return."""
