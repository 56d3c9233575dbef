"""TRANSLATES. One folder per kind of outside system: a port and its adapters."""
