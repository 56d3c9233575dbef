"""DECIDES. What a return is and what may happen to it; no I/O, no clock, standard library only."""
