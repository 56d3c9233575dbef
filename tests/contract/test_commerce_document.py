"""The adapter and the published contract (``docs/commerce-api.json``) say the same."""

import json
from typing import Any

import pytest

from domain.money import Money
from integrations.commerce import wire
from integrations.commerce.http_platform import HttpCommercePlatform, open_commerce_client
from integrations.commerce.port import ReplacementRequest, StockMove
from integrations.errors import ProtocolError
from integrations.http import WireModel
from tests.contract.answers import Answering, json_answer, json_of
from tests.contract.shared_data import ROOT

CONTRACT: dict[str, Any] = json.loads((ROOT / "docs" / "commerce-api.json").read_bytes())
SCHEMAS: dict[str, Any] = CONTRACT["components"]["schemas"]


@pytest.mark.parametrize(
    ("model", "schema"),
    [
        (wire.WireOrder, "Order"),
        (wire.WireAddressee, "Order"),
        (wire.WireCorrespondent, "Order"),
        (wire.WireCustomer, "Customer"),
        (wire.WireMailbox, "Customer"),
        (wire.WireShipTo, "ShipTo"),
        (wire.WireAddress, "Address"),
        (wire.WireShipping, "Shipping"),
        (wire.WireTender, "Tender"),
        (wire.WireLine, "OrderLine"),
        (wire.WirePromotion, "Promotion"),
        (wire.WirePromotionLine, "PromotionLine"),
        (wire.WireTax, "Tax"),
        (wire.WireParcel, "Parcel"),
        (wire.WireProduct, "Product"),
        (wire.WireLocation, "Location"),
        (wire.WireLocations, "Locations"),
        (wire.WireReceivingLocation, "Location"),
        (wire.WireAccepts, "Accepts"),
        (wire.WireArea, "Area"),
        (wire.WireReservation, "Reservation"),
        (wire.WireMove, "StockMove"),
        (wire.WireReplacement, "ReplacementOrder"),
        (wire.WireReplacementEvent, "ReplacementEvent"),
        (wire.WireEventReplacement, "ReplacementEventData"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_adapter_needs_nothing_the_contract_does_not_promise(
    model: type[WireModel], schema: str
) -> None:
    """Every field the adapter reads is in the contract, and promised where it is needed."""
    promised = SCHEMAS[schema]
    needed = {name for name, field in model.model_fields.items() if field.is_required()}

    assert set(model.model_fields) <= set(promised["properties"])
    assert needed <= set(promised.get("required", ()))


async def test_the_adapter_asks_what_the_contract_takes() -> None:
    """Paths, methods and bodies of all that is asked stand in the contract."""
    transport = Answering(json_answer({}))
    async with open_commerce_client("http://shop.test", "ct_1", transport) as client:
        shop = HttpCommercePlatform(client, webhook_secret="whsec_AAAA")
        for asked in (
            shop.get_order("o"),
            shop.get_address("o"),
            shop.get_contact("o"),
            shop.get_product("s"),
            shop.get_location("l"),
            shop.list_locations(),
            shop.get_replacement("r"),
            shop.cancel_replacement("r"),
            shop.reserve_stock(reference="r", sku="s", quantity=1),
            shop.move_stock(StockMove("m", "s", 1, "l", "RESTOCK", "ret")),
            shop.create_replacement(
                ReplacementRequest("r", "ret", "o", "s", 1, due=Money(1, "EUR"))
            ),
        ):
            with pytest.raises(ProtocolError):
                await asked
        await shop.release_stock("rsv")

    taken = {_shape(path): operations for path, operations in CONTRACT["paths"].items()}
    for request in transport.requests:
        operation = taken[_shape(request.url.path)][request.method.lower()]
        if request.content:
            content = operation["requestBody"]["content"]["application/json"]
            schema = SCHEMAS[content["schema"]["$ref"].rpartition("/")[2]]
            assert set(schema["required"]) <= set(json_of(request)) <= set(schema["properties"])
    asked_for = {(_shape(r.url.path), r.method.lower()) for r in transport.requests}
    assert asked_for == {(path, method) for path in taken for method in taken[path]}


def _shape(path: str) -> tuple[str, int]:
    """Return the collection of a path and how many parts follow it."""
    first, *rest = path.strip("/").split("/")
    return first, len(rest)
