"""A merchant's promises beside the shipped law of the places where he sells."""

from collections.abc import Mapping

from domain.eligibility import promises_of
from domain.law.worsening import check_not_worse
from domain.policies import Policy
from domain.policy_reading import parse_policy
from packs.library import Library, shipped


def read_policy(document: Mapping[str, object]) -> Policy:
    """Return the policy that a merchant's pack is, beside the law that is shipped.

    Raises:
        PolicyError: it is no pack, or promises less than the law gives; the message starts with the
            path in the pack.
    """
    policy = parse_policy(document)
    check_promises(policy, shipped())
    return policy


def check_promises(policy: Policy, library: Library) -> None:
    """Refuse a policy whose promises worsen the law of a contract that they would govern.

    Raises:
        PolicyError: the message starts with the path in the pack.
    """
    for index, promise in enumerate(promises_of(policy)):
        for place in policy.places or library.all_places:
            for rules in library.laws(place, policy.governs_from, policy.governs_to):
                check_not_worse(promise, rules, place=place, path=f"rules[{index}]")
