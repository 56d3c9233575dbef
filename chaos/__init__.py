"""``python -m chaos``: real returns while everything fails, counted afterwards at the provider."""
