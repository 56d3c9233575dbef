"""The example orders of the demo add up and grow no older."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sandbox.commerce_models import Location
from sandbox.control import NewOrder, NewProduct
from sandbox.examples import load_locations, load_order, load_products
from tests.support.sandbox_client import EXAMPLES

NOW = datetime(2031, 5, 20, 12, tzinfo=UTC)
FILES = sorted(path for path in EXAMPLES.glob("*.json") if path.stem != "locations")


def loaded(name: str) -> Any:
    return load_order(EXAMPLES / f"{name}.json", order_id="O-1", now=NOW)


def paid(line: Any) -> int:
    taxes = sum(tax["amount_minor"] for tax in line["taxes"])
    return int(line["gross_minor"] - line["discount_minor"] + taxes)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
class TestEveryExample:
    def test_adds_up(self, path: Path) -> None:
        """Lines and shipping cost what the tenders captured."""
        order = load_order(path, order_id="O-1", now=NOW)

        cost = sum(paid(line) for line in order["lines"]) + order["shipping"]["paid_minor"]

        assert cost == sum(tender["captured_minor"] for tender in order["tenders"])

    def test_keeps_the_contract(self, path: Path) -> None:
        """The order and its products are what the control interface takes."""
        NewOrder.model_validate(load_order(path, order_id="O-1", now=NOW))
        products = load_products(path)
        for product in products.values():
            NewProduct.model_validate(product)
        skus = {line["sku"] for line in loaded(path.stem)["lines"]}
        assert skus <= set(products)

    def test_names_nobody(self, path: Path) -> None:
        """Mail addresses are of example.com."""
        email = json.loads(path.read_text(encoding="utf-8"))["order"]["customer"]["email"]

        assert email.endswith("@example.com")


def test_times_are_counted_back_from_now() -> None:
    """An example delivered forty days ago always is."""
    (line,) = loaded("out-of-window")["lines"]

    delivered = datetime.fromisoformat(line["parcels"][0]["delivered_at"])

    assert delivered == NOW - timedelta(days=40)


def test_the_scenarios_have_what_they_are_about() -> None:
    """Several lines, discounts and tenders; three units that do not divide; all decimals."""
    first, lamps = loaded("no-reason-return"), loaded("three-units")

    assert len(first["lines"]) == 3
    assert [tender["kind"] for tender in first["tenders"]] == ["CARD", "WALLET"]
    assert all(line["discount_minor"] for line in first["lines"])
    assert first["shipping"]["paid_minor"]
    assert lamps["lines"][0]["quantity"] == 3
    assert paid(lamps["lines"][0]) % 3
    currencies = {loaded(path.stem)["currency"] for path in FILES}
    assert currencies == {"CNY", "EUR", "JPY", "KWD"}


def test_the_exchange_has_something_to_exchange_for() -> None:
    """The other size is in stock at the price that was paid."""
    order, products = loaded("exchange"), load_products(EXAMPLES / "exchange.json")

    wanted = products["SNEAKER-BLUE-25-5"]

    assert wanted["in_stock"]
    assert wanted["price_minor"] == paid(order["lines"][0])


def test_every_country_has_a_warehouse() -> None:
    """Each example's country has a place that receives its returns."""
    locations = load_locations(EXAMPLES / "locations.json")
    for location_id, location in locations.items():
        Location.model_validate({"location_id": location_id, **location})

    countries = {loaded(path.stem)["ship_to"]["country"] for path in FILES}

    assert countries <= {location["address"]["country"] for location in locations.values()}
