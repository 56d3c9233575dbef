"""A promise that gives less than the law of a place does: it is refused, for it would mislead."""

from collections.abc import Iterable

from domain.law.promises import Promise
from domain.law.schema import Anchor, Layer, Payer, Rule, Start, Window
from domain.pack_reading import PolicyError

_FROM_DELIVERY = (Anchor.DELIVERED, Anchor.LAST_DELIVERED, Anchor.INSTALLED)


def check_not_worse(promise: Promise, rules: Iterable[Rule], *, place: str, path: str) -> None:
    """Refuse a promise of a shop or a platform that is worse than a rule of the same ground.

    Only rules count that hold for all goods and whatever the shop's own terms are: none with a
    predicate, or that such terms exclude. Of windows those in days from the delivery are compared.

    Args:
        promise: What is promised.
        rules: The law of the place.
        place: The jurisdiction, for the message.
        path: Where the promise stands in its pack.

    Raises:
        PolicyError: the message starts with the path, and names days, rule and place.
    """
    if promise.layer not in (Layer.MERCHANT, Layer.PLATFORM):
        return
    for rule in rules:
        if rule.ground is not promise.ground or not _holds_anyway(rule, place):
            continue
        of_law = f"{rule.id} of {place}"
        if (given := rule.window) is not None and _length(promise.window) < _length(given):
            least = _length(given) + _day_of_delivery(promise.window)
            raise PolicyError(
                f"{path}.window.days: wanted {least} or more, for {of_law} gives {given.days} days"
            )
        if promise.payer is Payer.CONSUMER and _never_consumer(rule):
            wanted = f"wanted TRADER, who pays under {of_law}"
            raise PolicyError(f"{path}.return_shipping_payer: {wanted}")


def _holds_anyway(rule: Rule, place: str) -> bool:
    here = not rule.applies.places or place in rule.applies.places
    by_terms = any(exclusion.when is not None for exclusion in rule.exclusions)
    return here and rule.review is None and not rule.applies.when and not by_terms


def _length(window: Window) -> int:
    """Return the days after that of the delivery; 0 for what is not in days from it."""
    if window.days is None or window.anchor not in _FROM_DELIVERY:
        return 0
    return window.days - _day_of_delivery(window)


def _day_of_delivery(window: Window) -> int:
    return 1 if window.start is Start.SAME_DAY else 0


def _never_consumer(rule: Rule) -> bool:
    payers = (rule.return_shipping.payer, *(one.payer for one in rule.return_shipping.unless))
    return Payer.CONSUMER not in payers
