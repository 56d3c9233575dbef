"""Milliseconds: no process, no network."""
