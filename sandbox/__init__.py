"""The outside world: payment provider, carrier, merchant platform and mail server."""
