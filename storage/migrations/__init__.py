"""Alembic's environment and the schema's revisions, in order.

They go forward only: a release is undone by the next one, as rows that were written since would
be lost on the way back.
"""
