"""A merchant's promises beside the shipped law of the places where he sells."""

from domain.eligibility import promises_of
from domain.law.worsening import check_not_worse
from domain.policies import Policy
from packs.library import Library


def check_promises(policy: Policy, library: Library) -> None:
    """Refuse a policy whose promises worsen the law of a contract that they would govern.

    Raises:
        PolicyError: the message starts with the path in the pack.
    """
    for index, promise in enumerate(promises_of(policy)):
        for place in policy.places or library.all_places:
            for rules in library.laws(place, policy.governs_from, policy.governs_to):
                check_not_worse(promise, rules, place=place, path=f"rules[{index}]")
