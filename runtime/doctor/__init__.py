"""What may be wrong around Backhaul, each with what mends it."""
