"""Process entry points of the engine: the Temporal worker and the loops beside it."""
