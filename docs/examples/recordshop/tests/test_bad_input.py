"""Whatever is sent, the answer is a clear 4xx, nothing is written, and nothing is given away."""

import sqlite3

import pytest

from partita.testing import Client

HTML = {"accept": "text/html"}
JSON = {"accept": "application/json"}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/no/such/page/", 404),
        ("GET", "/albums/999999/", 404),
        ("GET", "/albums/99999999999999999999999999/", 404),
        ("GET", "/albums/one/", 404),
        ("POST", "/albums/", 405),
        ("DELETE", "/tracks/", 405),
        ("GET", "/cart/add/", 405),
        ("GET", f"/tracks/?q={'x' * 10_000}", 400),
        ("GET", "/tracks/?genre=one", 400),
        ("GET", "/tracks/?genre=999", 400),
        ("GET", "/tracks/?sort=password", 400),
        ("GET", "/tracks/?q=%00", 400),
    ],
)
@pytest.mark.parametrize("accept", [HTML, JSON])
def test_a_wrong_request_is_refused_in_the_form_the_client_asks_for(
    client: Client, method: str, path: str, status: int, accept: dict[str, str]
) -> None:
    answer = client.request(method, path, headers=accept)
    assert answer.status == status
    expected = "application/problem+json" if accept is JSON else "text/html"  # RFC 9457
    assert answer.headers["content-type"].split(";")[0] == expected
    assert "Traceback" not in answer.text
    assert "x" * 1000 not in answer.text
    if accept is JSON:
        assert answer.json(dict)["status"] == status
    if status == 405:
        assert answer.headers["allow"]


@pytest.mark.parametrize(
    "text",
    ["' or 1=1 --", '"; drop table shop_track; --', "%' union select password from auth_user --", "\\", "%_%", "'"],
)
def test_sql_in_the_search_box_is_only_text(client: Client, rows: sqlite3.Connection, text: str) -> None:
    answer = client.get("/api/tracks/", query={"q": text})
    assert answer.status == 200
    assert answer.json(dict)["count"] in (0, 4, 362)  # 4 names have a backslash, 362 an apostrophe
    assert rows.execute("select count(*) from shop_track").fetchone() == (3503,)


def test_markup_in_the_search_box_is_shown_and_not_run(client: Client) -> None:
    page = client.get("/tracks/", query={"q": "<script>alert(1)</script>"}).text
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_a_host_that_is_not_ours_is_refused(client: Client) -> None:
    assert client.get("/", headers={"host": "evil.example"}).status == 400


def test_a_form_from_another_site_is_refused(client: Client, rows: sqlite3.Connection) -> None:
    answer = client.post(
        "/cart/add/", data={"track": "1"}, headers={"sec-fetch-site": "cross-site", "origin": "https://evil.example"}
    )
    assert answer.status == 403
    assert "Your cart is empty" in client.get("/cart/").text


@pytest.mark.parametrize("cookie", ["sessionid=" + "x" * 3000, "sessionid=../../etc/passwd", "=;=;;", 'sessionid="'])
def test_a_broken_cookie_is_no_session_and_no_error(client: Client, cookie: str) -> None:
    answer = client.get("/cart/", headers={"cookie": cookie.encode("ascii", "ignore").decode()})
    assert answer.status in (200, 400)
    assert "Traceback" not in answer.text


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"track=1&" + b"x=1&" * 5000, "application/x-www-form-urlencoded", 400),
        (b"x" * 20_000_000, "application/x-www-form-urlencoded", 413),
        (b"--wrong\r\n", "multipart/form-data; boundary=right", 400),
        (b"no boundary", "multipart/form-data", 400),
        (b"track=%ff%fe", "application/x-www-form-urlencoded", 400),
        (b"track=9999999999999999999999", "application/x-www-form-urlencoded", 400),
        (b"", "application/x-www-form-urlencoded", 400),
        (b'{"track": 1}', "application/json", 415),
    ],
)
def test_a_malformed_form_is_refused(client: Client, body: bytes, content_type: str, status: int) -> None:
    answer = client.post("/cart/add/", body, headers={"content-type": content_type, "sec-fetch-site": "same-origin"})
    assert answer.status in (status, 400)
    assert 400 <= answer.status < 500
    assert "Your cart is empty" in client.get("/cart/").text


def test_names_of_ten_kilobytes_are_refused_everywhere(client: Client, rows: sqlite3.Connection) -> None:
    long = "n" * 10_000
    answer = client.post(
        "/account/signup/",
        data={"email": f"{long}@example.com", "name": long, "password": long, "password_again": long},
    )
    assert 400 <= answer.status < 500 or "error" in answer.text
    assert rows.execute("select count(*) from auth_user").fetchone() == (0,)
