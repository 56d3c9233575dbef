"""Parcels on lanes that a seed decides, and how well their delays are foretold: ``make lanes``."""
