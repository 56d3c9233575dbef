"""A test that the time-skipping server stranded is played once more, and no other."""

import pytest

pytest_plugins = ["pytester"]
TEST = """
tries = []

def test_it():
    tries.append(1)
    if len(tries) < {successful_try}:
        print({said!r})
        assert False
"""
REFUSED = 'message: "invalid history builder state for action"'


@pytest.mark.parametrize(
    ("said", "successful_try", "outcome"),
    [(REFUSED, 2, "passed"), (REFUSED, 3, "failed"), ("something else", 2, "failed")],
    ids=["stranded once", "stranded twice", "failed otherwise"],
)
def test_what_was_stranded_gets_a_second_try(
    pytester: pytest.Pytester, said: str, successful_try: int, outcome: str
) -> None:
    """A failure of any other kind stays one."""
    pytester.makepyfile(TEST.format(said=said, successful_try=successful_try))

    result = pytester.runpytest_subprocess("-p", "tests.support.stranded", "-p", "no:cacheprovider")

    result.assert_outcomes(**{outcome: 1})
