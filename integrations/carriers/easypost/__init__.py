"""The carrier port on EasyPost."""
