"""The carrier port on UPS."""
