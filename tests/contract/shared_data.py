"""Recorded vendor traffic and signature vectors, kept beside the checkout and not in it."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
FOLDER = Path(os.environ.get("BACKHAUL_SHARED") or ROOT.parent / "shared")


def integration_data(*parts: str) -> Path:
    """Return a file of the vendors' data, or skip the test where the data is not there."""
    return shared_data("integrations", *parts)


def shared_data(*parts: str) -> Path:
    """Return a file of the shared data, or skip the test where the data is not there."""
    path = FOLDER.joinpath("data", *parts)
    if not path.exists():
        pytest.skip(f"{path} is missing: set BACKHAUL_SHARED to the folder of shared data")
    return path


def read_json(*parts: str) -> Any:
    return json.loads(integration_data(*parts).read_bytes())


def read_yaml(*parts: str) -> Any:
    return yaml.load(integration_data(*parts).read_bytes(), Loader=yaml.CSafeLoader)


def read_cassette(name: str) -> list[dict[str, Any]]:
    """Return the recorded exchanges of one EasyPost cassette, in order."""
    path = integration_data("easypost", "cassettes", f"{name}.yaml")
    interactions = yaml.safe_load(path.read_text(encoding="utf-8"))["interactions"]
    assert isinstance(interactions, list)
    return interactions
