"""Whole processes, from the outside."""
