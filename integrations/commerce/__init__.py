"""The merchant platform: orders, stock and replacement orders."""
