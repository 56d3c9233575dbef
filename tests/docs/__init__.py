"""Documentation, settings and packaging say what is true."""
