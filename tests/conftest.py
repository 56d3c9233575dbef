"""Fixtures that several kinds of tests use."""

pytest_plugins = [
    "tests.support.postgres",
    "tests.support.temporal",
    "tests.support.sandbox",
]
