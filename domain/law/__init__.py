"""Consumer law and promises as data, and the pure evaluation of one line under them."""
