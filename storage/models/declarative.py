"""The declarative class of all tables: names of constraints, types of columns."""

from datetime import datetime
from typing import Annotated, Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    MetaData,
    Text,
    Uuid,
    cast,
    literal,
    null,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, mapped_column

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

UuidText = Annotated[str, mapped_column(Uuid(as_uuid=False))]
"""A uuid in the table, its canonical text in Python, as ``domain.ids`` makes them."""
Minor = Annotated[int, mapped_column(BigInteger)]
"""An amount in minor units of the row's currency."""


class Model(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {  # noqa: RUF012  # SQLAlchemy reads it from the class body
        str: Text(),
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB(),
        list[Any]: JSONB(),
        list[str]: ARRAY(Text()),
    }


def kept_json(content: str) -> ColumnElement[Any]:
    """Return JSON that somebody else made for a JSONB column; NULL for an empty text."""
    return cast(literal(content, Text()), JSONB()) if content else null()


def one_of(column: str, *values: str) -> str:
    """Return the text of a CHECK that ``column`` holds one of ``values``."""
    return f"{column} IN ({', '.join(repr(str(value)) for value in values)})"
