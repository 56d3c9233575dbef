"""Whole stacks of processes: started, killed, played through and measured.

These tests block the event loop, so they stand apart from those whose worker runs in it.
"""
