"""What of a refund a bank has given back already: the rest alone is sent."""


def covered_minor(amount_minor: int, *, left_minor: int, lost_minor: int) -> int:
    """Return how much of a refund does not fit into what a tender has left after a chargeback.

    Args:
        left_minor: What the tender has left beside all that is or may be on its way back, this
            refund and the bank's part not counted. Below zero where more went back than was paid.
        lost_minor: What the bank gave back of the tender.
    """
    rest = max(left_minor - lost_minor, 0)
    return max(amount_minor - rest, 0)
