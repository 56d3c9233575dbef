"""Carriers: labels, pickups and tracking."""
