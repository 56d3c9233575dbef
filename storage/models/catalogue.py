"""Every table at once: what migrations are compared with and grants are made for."""

from sqlalchemy import MetaData

from storage.models import (
    arrivals,
    credit_notes,
    decisions,
    effects,
    holds,
    lanes,
    orders,
    policies,
    returns,
    tenants,
    values,
)
from storage.models.declarative import Model

SUBJECTS = (
    tenants,
    policies,
    orders,
    returns,
    decisions,
    effects,
    holds,
    arrivals,
    credit_notes,
    values,
    lanes,
)
METADATA: MetaData = Model.metadata
