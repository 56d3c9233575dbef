"""The corpus on disk: a history and a golden file per scenario and version, and what is frozen."""

import hashlib
import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from temporalio.client import WorkflowHistory

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SCENARIOS: Mapping[str, Sequence[str]] = {
    "return": (
        # Waits at which a worker may be replaced: the run is still open.
        "draft",
        "in-review",
        "awaiting-info",
        "counter-offered",
        "awaiting-handover",
        "deadline-extended",
        "awaiting-pickup",
        "in-transit",
        "awaiting-receipt",
        "awaiting-inspection",
        "inspection-overdue",
        "inspection-held",
        "missing-rest",
        "dispute-window",
        "awaiting-replacement",
        "replacement-out-of-stock",
        "refund-pending",
        "refund-refused",
        "parked",
        "awaiting-close",
        # Branches, to their end or to where nothing new follows.
        "start-refused",
        "draft-corrected",
        "draft-withdrawn",
        "denied-by-policy",
        "denied-by-reviewer",
        "approved-in-part",
        "decided-by-default",
        "info-answered",
        "info-not-answered",
        "offer-accepted",
        "offer-ran-out",
        "withdrawn-with-courier",
        "expired",
        "revived-by-a-scan",
        "missed-pickups",
        "graded-in-part",
        "held-inspection-taken",
        "refunded-and-closed",
        "settled-twice",
        "rest-given-up",
        "rejected-and-sent-back",
        "exchanged",
        "out-of-stock-refunded",
        "refund-told-later",
        "refund-failed-later",
        "parked-and-resumed",
        "cancelled-by-an-operator",
        "cancelled-in-transit",
        "continued-as-new",
        "taken-over",
        "lost-and-restarted",
        "database-away",
    ),
    "follow-up": (
        "awaiting-survey",
        "awaiting-answer",
        "answered",
        "reminded-and-answered",
        "expired",
    ),
}
"""Every history of a version, by workflow: no file may be missing, none may be left over."""


class FrozenError(Exception):
    """A released version is never recorded again."""


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """One scenario as one version of the code played it."""

    workflow: str
    scenario: str
    version: str

    @property
    def name(self) -> str:
        return f"{self.workflow}/{self.scenario}--{self.version}"


@dataclass(frozen=True, slots=True)
class Corpus:
    """``root`` is the project's folder, where the changelog says what is released."""

    root: Path = ROOT
    folder: Path = HERE

    @property
    def version(self) -> str:
        """The version that the code at hand becomes."""
        project = tomllib.loads((self.root / "pyproject.toml").read_text())["project"]
        return str(project["version"])

    @property
    def released(self) -> tuple[str, ...]:
        """The versions whose heading in the changelog has a date."""
        text = (self.root / "CHANGELOG.md").read_text()
        return tuple(re.findall(r"^## (\S+), \d{4}-\d\d-\d\d$", text, flags=re.MULTILINE))

    def entries(self) -> Iterator[Entry]:
        """Yield what is recorded, of all versions."""
        for path in sorted((self.folder / "histories").glob("*/*.json")):
            scenario, _, version = path.stem.partition("--")
            yield Entry(path.parent.name, scenario, version)

    def history_path(self, entry: Entry) -> Path:
        return self.folder / "histories" / f"{entry.name}.json"

    def golden_path(self, entry: Entry) -> Path:
        return self.folder / "golden" / f"{entry.name}.json"

    def history(self, entry: Entry) -> WorkflowHistory:
        kept = json.loads(self.history_path(entry).read_text())
        return WorkflowHistory.from_json(kept["workflowId"], {"events": kept["events"]})

    def golden(self, entry: Entry) -> list[Any]:
        steps: list[Any] = json.loads(self.golden_path(entry).read_text())
        return steps

    def keep_history(self, entry: Entry, workflow_id: str, events: Sequence[Any]) -> None:
        lines = ",\n".join(json.dumps(event, separators=(",", ":")) for event in events)
        self._write(
            self.history_path(entry),
            f'{{"workflowId":{json.dumps(workflow_id)},"events":[\n{lines}\n]}}\n',
        )

    def keep_golden(self, entry: Entry, steps: Sequence[Any]) -> None:
        lines = ",\n".join(
            json.dumps(step, ensure_ascii=False, separators=(",", ":")) for step in steps
        )
        self._write(self.golden_path(entry), f"[\n{lines}\n]\n")

    def start_over(self) -> None:
        """Remove what the version at hand has recorded.

        Raises:
            FrozenError: it is released.
        """
        if self.version in self.released:
            raise FrozenError(
                f"{self.version} is released and stays as it is: raise the version in"
                " pyproject.toml, and its histories are recorded beside these"
            )
        for entry in [entry for entry in self.entries() if entry.version == self.version]:
            self.history_path(entry).unlink()
            self.golden_path(entry).unlink(missing_ok=True)

    def digests(self, version: str) -> dict[str, str]:
        """Return the SHA-256 of every file of a version, by its path in the corpus."""
        return {
            path.relative_to(self.folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for kind in ("golden", "histories")
            for path in sorted((self.folder / kind).glob(f"*/*--{version}.json"))
        }

    @property
    def frozen(self) -> dict[str, dict[str, str]]:
        kept: dict[str, dict[str, str]] = json.loads((self.folder / "frozen.json").read_text())
        return kept

    def freeze(self) -> None:
        """Note the files of released versions that are not noted yet; what is noted stays."""
        frozen = self.frozen
        for version in self.released:
            frozen.setdefault(version, self.digests(version))
        self._write(self.folder / "frozen.json", json.dumps(frozen, indent=2) + "\n")

    def broken_promises(self) -> list[str]:
        """Say which released files differ from what was frozen, are missing, or came later."""
        found = []
        for version in self.released:
            noted, now = self.frozen.get(version), self.digests(version)
            if noted is None:
                found.append(f"{version} is released and not frozen yet: run `make corpus`")
                continue
            found += [
                f"{path} is frozen with {version}"
                for path in sorted({*noted, *now})
                if noted.get(path) != now.get(path)
            ]
        return found

    def _write(self, path: Path, text: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
