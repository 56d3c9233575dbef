"""A review goes on in another run as it was: everything that passed is in what that starts with."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from domain.asking_info import answer
from domain.inspection import Photo
from domain.offers import accept
from domain.returns import Return
from tests.support.builders import after, request
from tests.support.reviewing import approved_first, asked, in_review, offered, warned
from workflows.messages import Resumed, StartReturn
from workflows.resuming import dump, load

EVIDENCE = Photo("https://example.com/1.jpg", "a" * 64)


@pytest.mark.parametrize(
    "stage",
    [
        in_review,
        warned,
        asked,
        approved_first,
        offered,
        lambda: answer(asked(), "There.", [EVIDENCE], at=after(hours=9)),
        lambda: accept(offered(), 1, at=after(hours=9)),
    ],
)
def test_what_is_kept_is_what_it_was(stage: Callable[[], Return | tuple[Return, object]]) -> None:
    """Also the pack's settings of it, as they are locked with the return."""
    found = stage()
    ret = found if isinstance(found, Return) else found[0]
    start = StartReturn("acme", ret.return_id, request(), resumed=Resumed(ret))

    assert load(dump(start)) == start


def test_a_return_of_before_is_read_as_it_was() -> None:
    """What the fields of a review are missing in, nobody reviewed in this way."""
    start = StartReturn("acme", in_review().return_id, request(), resumed=Resumed(in_review()))
    kept = dump(start).replace(',"review":null', "")
    assert '"review":null' not in kept

    read = load(kept)

    assert read is not None
    assert read.resumed is not None
    assert read.resumed.ret.review is None
    assert replace(read, resumed=None) == replace(start, resumed=None)
