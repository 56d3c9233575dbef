"""Packs in files: JSON and YAML say the same, and what is neither is named."""

import json
from pathlib import Path

import pytest
import yaml

from domain.pack_reading import PolicyError
from domain.policy_reading import parse_policy
from packs.files import read_document
from tests.support.builders import pack


def test_yaml_says_what_json_says(tmp_path: Path) -> None:
    """The same pack has the same hash, also where YAML reads a day as a day."""
    as_json, as_yaml = tmp_path / "pack.json", tmp_path / "pack.yaml"
    as_json.write_text(json.dumps(pack()))
    as_yaml.write_text(yaml.safe_dump(pack()).replace("'2024-01-01'", "2024-01-01"))

    hashes = {
        parse_policy(read_document(path, name=path.name)).content_hash
        for path in (as_json, as_yaml)
    }

    assert "from: 2024-01-01" in as_yaml.read_text()
    assert hashes == {parse_policy(pack()).content_hash}


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("pack.json", "{", "Expecting"),
        ("pack.json", "[]", "wanted an object"),
        ("pack.json", '{"a": NaN}', "NaN is no JSON"),
        ("pack.json", "[" * 100_000, "recursion"),
        ("pack.json", '{"id": "A", "id": "B"}', "id twice"),
        ("pack.yaml", "a: [", "while parsing"),
        ("pack.yaml", "1: a", "wanted a text as a name, found 1"),
        ("pack.yml", "a: !!set {b}", "found set"),
        ("pack.yml", "a: !!python/object:os.system {}", "could not determine"),
        ("pack.yaml", "&a {a: *a}", "recursion"),
    ],
)
def test_what_is_no_pack(tmp_path: Path, name: str, content: str, words: str) -> None:
    """The message names the file and says what is wrong."""
    path = tmp_path / name
    path.write_text(content)

    with pytest.raises(PolicyError) as refused:
        read_document(path, name=str(path))

    assert str(refused.value).startswith(f"{path}: ")
    assert words in str(refused.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """It is named."""
    with pytest.raises(PolicyError, match=r"^none\.json: wanted a readable file: No such file"):
        read_document(tmp_path / "none.json", name="none.json")
