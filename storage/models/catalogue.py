"""Every table at once: what migrations are compared with and grants are made for."""

from sqlalchemy import MetaData

from storage.models import arrivals, effects, orders, returns, tenants, values
from storage.models.declarative import Model

SUBJECTS = (tenants, orders, returns, effects, arrivals, values)
METADATA: MetaData = Model.metadata
