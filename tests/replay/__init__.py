"""Recorded runs of every branch: they replay, say what they said, and stay as they were."""
