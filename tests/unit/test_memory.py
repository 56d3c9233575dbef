"""The files of tests are in memory only where that has room for them."""

from pathlib import Path

from tests.support.memory import roomy_memory


def test_a_folder_with_room_is_taken(tmp_path: Path) -> None:
    assert roomy_memory(tmp_path, room=1) == tmp_path


def test_a_small_one_is_left_alone(tmp_path: Path) -> None:
    """A container's own is 64 MB unless somebody asked for more."""
    assert roomy_memory(tmp_path, room=2**62) is None


def test_a_machine_without_one_uses_its_disk(tmp_path: Path) -> None:
    assert roomy_memory(tmp_path / "none") is None
