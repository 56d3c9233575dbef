"""Addresses within UPS's lengths. A name may be cut, a street may not."""

import textwrap

from integrations.carriers.port import Address
from integrations.errors import RejectedError

_SYSTEM = "ups"
_LINE, _LINES = 35, 3
_VISITED_LINE = 73


def party(address: Address) -> dict[str, object]:
    """Return one end of a shipment, as rating and shipping take it.

    Raises:
        RejectedError: ``field`` does not fit on a label.
    """
    lines = [
        line
        for street in (address.street1, address.street2)
        for line in textwrap.wrap(street, _LINE)
    ]
    if not 0 < len(lines) <= _LINES:
        raise _unfit("street1", f"one to {_LINES} lines of {_LINE} characters")
    fields: dict[str, object] = {
        "AddressLine": lines,
        "City": address.city[:30],
        "PostalCode": address.postal_code[:9],
        "CountryCode": address.country,
    }
    if 0 < len(address.region) <= 2:
        fields["StateProvinceCode"] = address.region
    return {"Name": address.name[:_LINE], "AttentionName": address.name[:_LINE], "Address": fields}


def with_phone(end: dict[str, object], address: Address) -> dict[str, object]:
    digits = "".join(filter(str.isdecimal, address.phone))[:15]
    return end | {"Phone": {"Number": digits}} if digits else end


def rated(address: Address) -> dict[str, object]:
    """Return where a courier shall come, as the pickup's price is asked for it.

    Raises:
        RejectedError: ``field`` does not fit.
    """
    street = " ".join(part for part in (address.street1, address.street2) if part)
    if not 0 < len(street) <= _VISITED_LINE:
        raise _unfit("street1", f"at most {_VISITED_LINE} characters")
    fields: dict[str, object] = {
        "AddressLine": street,
        "City": address.city[:50],
        "PostalCode": _postal_code(address),
        "CountryCode": address.country,
        "ResidentialIndicator": "Y",
    }
    return fields | ({"StateProvince": address.region[:50]} if address.region else {})


def visited(address: Address) -> dict[str, object]:
    """Return where a courier shall come, as he is ordered.

    Raises:
        RejectedError: ``field`` does not fit, or is missing.
    """
    if not address.phone.strip():
        raise _unfit("phone", "one for the courier")
    fields = rated(address)
    return fields | {
        "CompanyName": address.name[:27],
        "ContactName": address.name[:22],
        "AddressLine": [fields["AddressLine"]],
        "Phone": {"Number": address.phone.strip()[:25]},
    }


def _postal_code(address: Address) -> str:
    """Return it in eight characters: without separators, and of a ZIP+4 the ZIP alone."""
    bare = address.postal_code.replace(" ", "").replace("-", "")
    return bare[:5] if address.country == "US" else bare[:8]


def _unfit(field: str, wanted: str) -> RejectedError:
    return RejectedError(
        _SYSTEM,
        f"an address does not fit: {field}, wanted {wanted}",
        code="bad_address",
        field=field,
    )
