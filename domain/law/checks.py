"""What a pack must hold beyond its shape; the first thing that is wrong is named with its path."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import pairwise
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from domain.law.schema import LONGEST_DAYS, Layer, Overlay, Pack, Rule, Window
from domain.pack_reading import PolicyError
from domain.reason_codes import TRAITS


def check_pack(pack: Pack, codes: Collection[str]) -> None:
    """Refuse a pack that contradicts itself or names what nobody knows.

    Args:
        pack: The pack as it was read.
        codes: The reason codes that have a text.

    Raises:
        PolicyError: the message starts with the path in the file.
    """
    _check_zone(pack.time_zone)
    if pack.version != pack.governs.start:
        raise PolicyError(f"version: wanted {pack.governs.start}, the first date it governs")
    if pack.governs.end is not None and pack.governs.end <= pack.governs.start:
        raise PolicyError("governs.end: wanted a date after governs.start")
    if not pack.places:
        raise PolicyError("places: wanted one or more")
    if pack.governs.by != "CONTRACT_DATE":
        raise PolicyError("governs.by: wanted CONTRACT_DATE")
    _check_rules(pack.rules, pack.sources, codes, beside=(), places=pack.places)


def check_overlay(overlay: Overlay, pack: Pack, codes: Collection[str]) -> None:
    """Refuse what a place adds if it contradicts itself or the pack it belongs to.

    Raises:
        PolicyError: the message starts with the path in the file.
    """
    _check_zone(overlay.time_zone)
    if overlay.id not in pack.places:
        raise PolicyError(f"id: {pack.ref} is not for {overlay.id}")
    sources = pack.sources | (overlay.sources or {})
    _check_rules(overlay.rules, sources, codes, beside=pack.rules, places=(overlay.id,))


def check_versions(packs: Mapping[str, Pack]) -> None:
    """Refuse versions of one pack that do not follow one another, by the name of their file.

    Their dates leave no gap and do not overlap; each names the one before as what it supersedes,
    and corrects one that came before it.

    Raises:
        PolicyError: the message starts with the name of the file that is wrong; of a gap or an
            overlap, of the earlier one.
    """
    in_order = sorted(packs.items(), key=lambda named: named[1].governs.start)
    for (name, earlier), (_, later) in pairwise(in_order):
        end = earlier.governs.end
        if end is None or end > later.governs.start:
            raise PolicyError(f"{name}: governs.end: overlaps with {later.ref}")
        if end < later.governs.start:
            raise PolicyError(f"{name}: governs.end: leaves a gap before {later.ref}")
    before: list[str] = []
    for name, pack in in_order:
        if pack.supersedes != (before[-1] if before else None):
            wanted = before[-1] if before else "nothing, for no version is before it"
            raise PolicyError(f"{name}: supersedes: wanted {wanted}")
        if pack.corrects is not None and pack.corrects not in before:
            raise PolicyError(f"{name}: corrects: {pack.corrects} is no earlier version")
        before.append(pack.ref)


def _check_zone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise PolicyError(f"time_zone: no time zone {name!r}") from None


def _check_rules(
    rules: Sequence[Rule],
    sources: Collection[str],
    codes: Collection[str],
    *,
    beside: Sequence[Rule],
    places: Collection[str],
) -> None:
    """Check rules that stand ``beside`` others, of which nothing is checked again."""
    known = {rule.id: rule for rule in (*beside, *rules)}
    seen = {rule.id for rule in beside}
    for index, rule in enumerate(rules):
        at = f"rules[{index}]"
        if rule.id in seen:
            raise PolicyError(f"{at}.id: {rule.id} stands twice")
        seen.add(rule.id)
        if rule.layer not in (Layer.LAW, Layer.SECTOR_LAW):
            raise PolicyError(f"{at}.layer: wanted LAW or SECTOR_LAW, for no promise is law")
        _check_names(rule, at, sources=sources, codes=codes, places=places)
        _check_words_and_counts(rule, at)
        if rule.window is not None:
            _check_window(rule.window, f"{at}.window")
        if rule.shows_window_of is not None:
            _check_shown(rule, known.get(rule.shows_window_of), f"{at}.shows_window_of")
        if not rule.remedies and rule.review is None:
            raise PolicyError(f"{at}.remedies: wanted one or more, or a review")


def _check_names(
    rule: Rule,
    at: str,
    *,
    sources: Collection[str],
    codes: Collection[str],
    places: Collection[str],
) -> None:
    for number, key in enumerate(rule.sources):
        if key.split("#", maxsplit=1)[0] not in sources:
            raise PolicyError(f"{at}.sources[{number}]: unknown source {key}")
    for number, place in enumerate(rule.applies.places):
        if place not in places:
            raise PolicyError(f"{at}.applies.places[{number}]: the pack is not for {place}")
    for path, code in _codes_of(rule):
        if code not in codes:
            raise PolicyError(f"{at}.{path}: no text for {code}")


def _check_shown(rule: Rule, shown: Rule | None, at: str) -> None:
    """Refuse to show the window of a rule that is not looked at wherever this one is."""
    if shown is None or shown.ground is not rule.ground or shown.applies.places:
        wanted = f"no rule {rule.shows_window_of} of this ground for every place"
        raise PolicyError(f"{at}: {wanted}")


def _check_window(window: Window, at: str) -> None:
    lengths = [window.days is not None, window.months is not None, window.validity_of_goods]
    if sum(lengths) != 1:
        raise PolicyError(f"{at}: wanted one of days, months and validity_of_goods")
    if not (0 <= (window.days or 0) <= LONGEST_DAYS and 0 <= (window.months or 0) <= _MOST_MONTHS):
        raise PolicyError(f"{at}: wanted 0 to {LONGEST_DAYS} days, or to {_MOST_MONTHS} months")


_MOST_MONTHS = 600


def _check_words_and_counts(rule: Rule, at: str) -> None:
    for number, exclusion in enumerate(rule.exclusions):
        if exclusion.trait is not None and exclusion.trait not in TRAITS:
            raise PolicyError(f"{at}.exclusions[{number}].trait: no code for {exclusion.trait}")
    for path, count in _counts_of(rule):
        if count < 0:
            raise PolicyError(f"{at}.{path}: wanted 0 or more")


def _counts_of(rule: Rule) -> Iterator[tuple[str, int]]:
    """Give every count of days or months of a rule, but for its window's own length."""
    refund = rule.refund
    dues = {"due": refund.due, "hard_limit": refund.hard_limit} if refund is not None else {}
    for name, due in dues.items():
        if due is not None:
            yield f"refund.{name}.days", due.days
    for number, one in enumerate(refund.deductions if refund is not None else ()):
        yield f"refund.deductions[{number}].barred_months", one.barred_months
    for number, extension in enumerate(rule.window.extend if rule.window is not None else ()):
        yield f"window.extend[{number}].months", extension.months
        yield f"window.extend[{number}].days_once_told", extension.days_once_told or 0
    if rule.presumption is not None:
        yield "presumption.months", rule.presumption.months


def _codes_of(rule: Rule) -> Iterator[tuple[str, str]]:
    """Give every reason code that the rule may emit, with the path where it stands."""
    named = {
        "grants": rule.grants,
        "over": rule.over,
        "review": rule.review,
        "cure_first": rule.cure_first,
        "presumption.code": rule.presumption.code if rule.presumption else None,
        "condition.code": rule.condition.code if rule.condition else None,
        "condition.note": rule.condition.note if rule.condition else None,
    }
    for number, exclusion in enumerate(rule.exclusions):
        named[f"exclusions[{number}].code"] = exclusion.code
        named[f"exclusions[{number}].note"] = exclusion.note
    for number, extension in enumerate(rule.window.extend if rule.window else ()):
        named[f"window.extend[{number}].code"] = extension.code
    for number, deduction in enumerate(rule.refund.deductions if rule.refund else ()):
        named[f"refund.deductions[{number}].code"] = deduction.code
        named[f"refund.deductions[{number}].note"] = deduction.note
    yield from ((path, code) for path, code in named.items() if code is not None)
