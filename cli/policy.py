"""``backhaul policy``: what governs returns, and how it decided them."""

import argparse

from cli.policy_explain import add_explain
from cli.policy_packs import add_packs
from cli.policy_versions import add_versions


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    policy = subparsers.add_parser("policy", help="what governs returns, and how it decided them")
    actions = policy.add_subparsers(metavar="ACTION", required=True)
    add_packs(actions)
    add_explain(actions)
    add_versions(actions)
