"""What was released is never recorded again: returns of that version may still be under way."""

from pathlib import Path

import pytest

from tests.replay.corpus import Corpus, Entry, FrozenError

KEPT = Entry("return", "in-review", "1.0.0")
UNRELEASED = "## 1.0.0, unreleased\n"
RELEASED = "## 1.0.0, 2026-03-02\n"


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    """A project of its own whose first version is recorded and not released."""
    corpus = Corpus(root=tmp_path, folder=tmp_path / "replay")
    (tmp_path / "pyproject.toml").write_text('[project]\nversion = "1.0.0"\n')
    (tmp_path / "CHANGELOG.md").write_text(UNRELEASED)
    corpus.keep_history(KEPT, "return/1", [{"eventId": "1"}])
    corpus.keep_golden(KEPT, [{"timer": 1.0}])
    (corpus.folder / "frozen.json").write_text("{}")
    return corpus


def release(corpus: Corpus) -> None:
    (corpus.root / "CHANGELOG.md").write_text(RELEASED)


def test_released_versions_are_as_they_were() -> None:
    """No history and no golden file of a release of Backhaul was changed, added or removed."""
    assert Corpus().broken_promises() == []


def test_an_unreleased_version_is_recorded_anew(corpus: Corpus) -> None:
    """Before the release nothing is promised."""
    corpus.start_over()

    assert list(corpus.entries()) == []
    assert corpus.broken_promises() == []


def test_a_released_version_is_not_recorded_again(corpus: Corpus) -> None:
    """The recorder stops before it touches a file, and says what to do."""
    release(corpus)

    with pytest.raises(FrozenError, match="raise the version"):
        corpus.start_over()

    assert list(corpus.entries()) == [KEPT]


def test_a_release_has_to_be_frozen(corpus: Corpus) -> None:
    """A dated heading asks for digests; once noted, all is well."""
    release(corpus)
    before = corpus.broken_promises()

    corpus.freeze()

    assert before == ["1.0.0 is released and not frozen yet: run `make corpus`"]
    assert corpus.broken_promises() == []


def test_the_next_version_is_recorded_beside_it(corpus: Corpus) -> None:
    """The old version's files stay when the new one starts over."""
    release(corpus)
    corpus.freeze()
    (corpus.root / "pyproject.toml").write_text('[project]\nversion = "1.1.0"\n')

    corpus.start_over()
    corpus.keep_history(Entry("return", "in-review", "1.1.0"), "return/1", [])

    assert [entry.version for entry in corpus.entries()] == ["1.0.0", "1.1.0"]
    assert corpus.broken_promises() == []


@pytest.mark.parametrize("path_of", [Corpus.history_path, Corpus.golden_path])
def test_a_changed_or_lost_file_is_named(corpus: Corpus, path_of: object) -> None:
    """Neither a history nor what it decided can be mended to make a test pass."""
    release(corpus)
    corpus.freeze()
    path = path_of(corpus, KEPT)  # type: ignore[operator]  # one of the two above

    path.write_text("[]\n")
    changed = corpus.broken_promises()
    corpus.freeze()
    path.unlink()

    wanted = [f"{path.relative_to(corpus.folder).as_posix()} is frozen with 1.0.0"]
    assert changed == wanted
    assert corpus.broken_promises() == wanted
