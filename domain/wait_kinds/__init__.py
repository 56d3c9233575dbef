"""The rows of the catalogue of waits, by what they are about."""
