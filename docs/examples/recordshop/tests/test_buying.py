"""From the cart to the order, and that nobody sees the orders of others."""

import re
import sqlite3
from collections.abc import Callable

import pytest

from partita.testing import Client
from partita.web import App

ADDRESS = {
    "first_name": "Ada",
    "last_name": "Lovelace",
    "email": "ada@example.com",
    "address": "12 St James's Square",
    "postal_code": "SW1Y 4JH",
    "city": "London",
    "state": "",
    "country": "United Kingdom",
}


def sign_up(client: Client, email: str) -> None:
    password = "correct horse battery staple 7"
    answer = client.post(
        "/account/signup/", data={"email": email, "name": "Ada", "password": password, "password_again": password}
    )
    assert answer.status == 302, answer.text


def reference(client: Client) -> str:
    found = re.search(r'name="reference" value="([0-9a-f-]{36})"', client.get("/checkout/").text)
    assert found
    return found[1]


def count(rows: sqlite3.Connection, table: str) -> int:
    return int(rows.execute(f"select count(*) from {table}").fetchone()[0])


def test_the_cart_adds_changes_and_removes(client: Client) -> None:
    assert client.post("/cart/add/", data={"track": "1"}).status == 302
    client.post("/cart/add/", data={"track": "1"})
    client.post("/cart/add/", data={"track": "2"})
    page = client.get("/cart/").text
    assert "<b>3</b>" in page  # in the header
    assert "$2.97" in page
    client.post("/cart/change/", data={"track": "1", "quantity": "5"})
    assert "$5.94" in client.get("/cart/").text
    client.post("/cart/change/", data={"track": "1", "quantity": "0"})
    assert "$0.99" in client.get("/cart/").text
    client.post("/cart/change/", data={"track": "2", "quantity": "0"})
    assert "Your cart is empty" in client.get("/cart/").text


def test_a_whole_album_goes_into_the_cart(client: Client) -> None:
    client.post("/cart/add/", data={"album": "1"})
    assert client.get("/cart/").text.count("/cart/change/") == 2 * 10


def test_two_visitors_have_two_carts(app: App, visitor: Callable[[App], Client]) -> None:
    one, two = visitor(app), visitor(app)
    one.post("/cart/add/", data={"track": "1"})
    assert "Your cart is empty" in two.get("/cart/").text
    assert "Your cart is empty" not in one.get("/cart/").text


def test_the_checkout_asks_to_log_in_and_keeps_the_cart(client: Client) -> None:
    client.post("/cart/add/", data={"track": "1"})
    answer = client.get("/checkout/")
    assert answer.status == 302
    assert answer.headers["location"].startswith("/account/login/?next=")
    sign_up(client, "ada@example.com")
    assert client.get("/checkout/").status == 200


def test_an_order_is_one_invoice_with_its_lines_at_the_shops_prices(client: Client, rows: sqlite3.Connection) -> None:
    invoices, lines = count(rows, "shop_invoice"), count(rows, "shop_invoiceline")
    sign_up(client, "ada@example.com")
    client.post("/cart/add/", data={"track": "1"})
    client.post("/cart/add/", data={"track": "1"})
    client.post("/cart/add/", data={"track": "2819"})  # an episode at 1.99
    answer = client.post(
        "/checkout/", data=ADDRESS | {"reference": reference(client), "unit_price": "0.01", "total": "0.01"}
    )
    assert answer.status == 302
    assert count(rows, "shop_invoice") == invoices + 1
    assert count(rows, "shop_invoiceline") == lines + 2
    number, total, city = rows.execute(
        "select id, total, billing_city from shop_invoice order by id desc limit 1"
    ).fetchone()
    assert (float(total), city) == (3.97, "London")
    assert answer.headers["location"] == f"/orders/{number}/"
    page = client.get(f"/orders/{number}/")
    assert page.status == 200
    assert "$3.97" in page.text
    assert f"/orders/{number}/" in client.get("/orders/").text
    assert "Your cart is empty" in client.get("/cart/").text


def test_the_same_checkout_sent_twice_buys_once(client: Client, rows: sqlite3.Connection) -> None:
    sign_up(client, "ada@example.com")
    client.post("/cart/add/", data={"track": "1"})
    form = ADDRESS | {"reference": reference(client)}
    first = client.post("/checkout/", data=form)
    invoices = count(rows, "shop_invoice")
    client.post("/cart/add/", data={"track": "1"})  # as if the answer had been lost before the cart was emptied
    again = client.post("/checkout/", data=form)
    assert again.headers["location"] == first.headers["location"]
    assert count(rows, "shop_invoice") == invoices


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("first_name", ""),
        ("email", "not an address"),
        ("city", "x" * 10_000),
        ("reference", "1"),
        ("country", "a\x00b"),
    ],
)
def test_a_field_that_is_wrong_is_marked_and_nothing_is_written(
    client: Client, rows: sqlite3.Connection, field: str, value: str
) -> None:
    sign_up(client, "ada@example.com")
    client.post("/cart/add/", data={"track": "1"})
    invoices = count(rows, "shop_invoice")
    answer = client.post("/checkout/", data=ADDRESS | {"reference": reference(client), field: value})
    assert answer.status == 422
    assert "Please look at the fields" in answer.text
    assert "Lovelace" in answer.text  # what was right stays filled in
    assert count(rows, "shop_invoice") == invoices


def test_a_failure_in_the_lines_leaves_no_invoice(
    app: App, client: Client, rows: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_up(client, "ada@example.com")
    client.post("/cart/add/", data={"track": "1"})
    invoices = count(rows, "shop_invoice")
    form = ADDRESS | {"reference": reference(client)}
    rows.execute("create trigger full before insert on shop_invoiceline begin select raise(abort, 'disk full'); end")
    rows.commit()
    client.raise_exceptions = False  # the page that a visitor would see
    answer = client.post("/checkout/", data=form)
    assert answer.status == 500
    assert "disk full" not in answer.text
    assert count(rows, "shop_invoice") == invoices
    rows.execute("drop trigger full")
    rows.commit()
    assert client.post("/checkout/", data=form).status == 302
    assert count(rows, "shop_invoice") == invoices + 1


def test_orders_of_others_are_not_there(app: App, visitor: Callable[[App], Client]) -> None:
    ada, eve = visitor(app), visitor(app)
    sign_up(ada, "ada@example.com")
    ada.post("/cart/add/", data={"track": "1"})
    where = ada.post("/checkout/", data=ADDRESS | {"reference": reference(ada)}).headers["location"]
    sign_up(eve, "eve@example.com")
    assert ada.get(where).status == 200
    assert eve.get(where).status == 404
    assert eve.get("/orders/1/").status == 404
    assert visitor(app).get(where).status == 302
