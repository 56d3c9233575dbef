"""Workflows on a real or time-skipping Temporal server."""
