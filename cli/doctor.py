"""``backhaul doctor``: what is wrong, and what mends it."""

import argparse
import asyncio
import json
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from pydantic import ValidationError

from cli.directly import settings_of
from cli.printing import show_table
from runtime.devstack.errors import NotRunningError
from runtime.devstack.stack import Stack, find
from runtime.doctor.examination import Patient, examine
from runtime.doctor.findings import Finding, Level, broken
from runtime.settings import (
    SettingsError,
    load_client_settings,
    load_settings,
    load_stack_settings,
    variable,
)


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    doctor = subparsers.add_parser("doctor", help="say what is wrong, and what mends it")
    doctor.add_argument("--json", action="store_true", help="print the findings as JSON")
    doctor.set_defaults(run=_doctor)


def _doctor(arguments: argparse.Namespace) -> int:
    """Exit status 0: nothing failed. 1: something did."""
    try:
        findings = asyncio.run(examine(_patient()))
    except SettingsError as error:
        mend = "`backhaul up` starts an embedded stack; for another one, docs/settings.md"
        findings = [broken("settings", str(error), mend)]
    if arguments.json:
        print(json.dumps([asdict(finding) for finding in findings], indent=2))
    else:
        _show(findings)
    return 1 if any(finding.level is Level.FAIL for finding in findings) else 0


def _show(findings: Sequence[Finding]) -> None:
    show_table(
        ("", "check", "found"),
        [(finding.level, finding.check, finding.found) for finding in findings],
    )
    for finding in findings:
        if finding.mend is not None:
            print(f"\n{finding.level} {finding.check}: {finding.found}\n  mend: {finding.mend}")
    counts = Counter(finding.level for finding in findings)
    print(f"\n{', '.join(f'{counts[level]} {level}' for level in Level)}")


def _patient() -> Patient:
    """Return the configured processes, or the embedded stack where none are configured."""
    url = load_client_settings().api_url
    if variable("database_url") in os.environ:
        return Patient(load_settings(), url)
    try:
        stack = find(load_stack_settings().data_dir)
    except NotRunningError:
        name = variable("database_url")
        raise SettingsError(f"{name} is not set, and no embedded stack runs") from None
    try:
        settings = settings_of(stack)
    except ValidationError:
        state = stack.record.state
        raise SettingsError(f"the embedded stack is {state} and has no settings yet") from None
    return Patient(settings, url or stack.urls.get("api"), _folders(stack))


def _folders(stack: Stack) -> dict[str, Path]:
    folders = {"data": stack.folder.root}
    home = stack.record.postgres_home
    if home is not None and Path(home) != stack.folder.root:
        folders["database"] = Path(home)
    return folders
