"""docs/carriers.md: the carriers' capability sheets, as the code has them."""

from integrations.carriers.easypost.adapter import EasyPostCarrier
from tests.support.sheets import sheet_tables

SHEETS = (EasyPostCarrier.capabilities,)

_INTRODUCTION = """\
# Carriers

A tenant may have a connection of kind `carrier` for each adapter below. How to write another one:
[adding a carrier](adding-a-carrier.md); how a parcel goes: [the way back](handover.md).

## Capability sheets

What each can be trusted for, and what it does at all, as the adapters declare it. "any" and "none"
stand for a limit that the carrier does not have or does not tell. One that is not proven was built
from documents alone: no account and no recorded traffic has confirmed it yet.
"""
_SOURCES = """\
## Sources

Where each value comes from. Vendors' pages change: look again before relying on one anew, and first
at what is called unconfirmed.
"""


def page() -> str:
    values, sources = sheet_tables(SHEETS, named_by="carrier")
    return f"{_INTRODUCTION}\n{values}\n{_SOURCES}\n{sources}"
