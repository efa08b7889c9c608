"""The examples do what their README says."""

import io
import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from orders import fastapi_app, flask_app, script
from starlette.testclient import TestClient

ORDER: dict[str, Any] = {
    "name": "Clara",
    "email": "clara@example.org",
    "country": "at",
    "delivery": "post",
    "terms": True,
    "lines": [{"record": "bwv825", "copies": 2}, {"record": "bwv1004", "copies": 1}],
}
SENT = {
    "name": "Clara",
    "email": "clara@example.org",
    "country": "at",
    "delivery": "post",
    "terms": "on",
    "lines-TOTAL_FORMS": "1",
    "lines-INITIAL_FORMS": "0",
    "lines-0-record": "bwv826",
    "lines-0-copies": "3",
}


def test_a_script_validates_renders_and_tells_the_schema() -> None:
    assert script.check(json.dumps(ORDER)) == "Clara orders 3."
    assert script.check(json.dumps({**ORDER, "email": "x", "lines": [{"record": "bwv825"}]})) == (
        "#/email: Enter a valid email address.\n#/lines/0/copies: This field is required."
    )
    assert 'name="lines-0-record"' in script.page()
    Draft202012Validator.check_schema(script.schema())
    Draft202012Validator(script.schema()).validate(ORDER)


@pytest.fixture
def flask() -> Any:
    return flask_app.app.test_client()


def test_flask_shows_takes_and_refuses_the_form(flask: Any) -> None:
    page = flask.get("/")
    assert page.status_code == 200
    assert b'src="/static/partita/forms/rows.js"' in page.data
    assert b"rows:added" in flask.get("/static/partita/forms/rows.js").data
    good = flask.post("/", data={**SENT, "voucher": (io.BytesIO(b"scan"), "v.pdf")})
    assert "Thank you, Clara: 3 × bwv826. Voucher: v.pdf." in good.text
    bad = flask.post("/", data={**SENT, "email": "x"})
    assert bad.status_code == 422
    assert 'href="#id_email"' in bad.text
    depends = flask.post("/", data={**SENT, "delivery": "shop", "voucher": (io.BytesIO(b"scan"), "v.pdf")})
    assert "Bring the voucher to the shop instead." in depends.text


def test_flask_adds_a_line_without_javascript(flask: Any) -> None:
    more = flask.post("/", data={**SENT, "name": "", "lines-ADD": "1"})
    assert more.status_code == 200
    assert 'name="lines-1-record"' in more.text
    assert "errorlist" not in more.text


def test_flask_checks_one_field_for_htmx(flask: Any) -> None:
    bad = flask.post("/check/email", data={"email": "x"})
    assert "Enter a valid email address." in bad.text
    assert 'aria-invalid="true"' in bad.text
    assert "This field is required" not in bad.text
    assert "errorlist" not in flask.post("/check/email", data={"email": "clara@example.org"}).text
    assert flask.post("/check/nothing", data={}).status_code == 404


def test_flask_takes_the_order_as_json(flask: Any) -> None:
    assert flask.get("/orders/schema.json").json == script.schema()
    assert flask.post("/orders", data=json.dumps(ORDER)).status_code == 201
    refused = flask.post("/orders", data=json.dumps({**ORDER, "terms": "yes"}))
    assert (refused.status_code, refused.headers["content-type"]) == (422, "application/problem+json")
    assert refused.json["errors"] == [
        {"pointer": "#/terms", "detail": "Expected true or false, got string.", "code": "invalid_type"}
    ]
    assert flask.post("/orders", data=b"\xff").status_code == 400


def test_fastapi_takes_json_and_form_data_and_awaits_a_look_up() -> None:
    client = TestClient(fastapi_app.app)
    order = {key: ORDER[key] for key in ("name", "email", "lines")}
    assert client.post("/orders", json=order).json() == {"name": "Clara", "lines": order["lines"]}
    assert client.post("/orders", data=SENT).status_code == 201
    assert 'name="lines-0-copies"' in client.get("/").text
    Draft202012Validator(client.get("/orders/schema.json").json()).validate(order)
    blocked = client.post("/orders", json={**order, "email": "x@example.net"})
    assert (blocked.status_code, blocked.json()["errors"][0]["code"]) == (422, "blocked")
    assert blocked.headers["content-type"] == "application/problem+json"
    assert "We take no orders" in client.post("/orders", data={**SENT, "email": "x@example.net"}).text
    assert client.post("/orders", content=b"{", headers={"content-type": "application/json"}).status_code == 400
