import copy
from decimal import Decimal
from urllib.parse import quote

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.contracts.testing.cost import is_linear
from partita.http import (
    BadRequest,
    ContentTooLarge,
    Limits,
    Request,
    Slot,
    SlotEmpty,
    UnprocessableContent,
    UnsupportedMediaType,
)
from partita.http.query import parse_query
from partita.http.request import decode_path
from partita.http.state import Lazy


class Track(msgspec.Struct):
    title: str
    seconds: int = 0


USER = Slot[str]("partita.auth.user")
CART = Slot[list[str]]("shop.cart")


def test_a_request_shows_what_came_over_the_wire() -> None:
    request = Request.build("post", "/a%20b/ü?x=1&x=2", headers={"Host": "Example.com:8000"}, scheme="https")
    assert request.method == "POST"
    assert request.path == "/a b/ü"
    assert request.raw_path == b"/a%20b/%C3%BC"
    assert request.query.getlist("x") == ["1", "2"]
    assert request.host == "example.com:8000"
    assert request.is_secure
    assert request.url == "https://example.com:8000/a%20b/%C3%BC?x=1&x=2"
    assert request.full_path == "/a%20b/%C3%BC?x=1&x=2"
    assert request.client == ("127.0.0.1", 50_000)


def test_it_cannot_be_changed() -> None:
    request = Request.build()
    with pytest.raises(AttributeError):
        request.method = "POST"  # type: ignore[misc]
    with pytest.raises(AttributeError):
        request.user = 1  # type: ignore[attr-defined]


def test_two_requests_are_equal_only_if_they_are_one() -> None:
    request = Request.build()
    assert request == request
    assert request != Request.build()
    assert len({request, Request.build()}) == 2


def test_what_is_read_from_headers_is_read_once() -> None:
    request = Request.build(path="/?a=1", headers={"Cookie": "a=1"})
    assert request.query is request.query
    assert request.cookies is request.cookies
    assert request.state is request.state
    assert request.media_type is request.media_type


def test_slots_hold_what_middleware_adds() -> None:
    request = Request.build()
    request.state.fill(USER, "ada")
    assert request[USER] == request.get_slot(USER) == request.get_slot("user") == request.state.user == "ada"
    assert USER in request.state
    assert CART not in request.state
    assert request.state.get(CART) is None


def test_a_lazy_slot_is_filled_once_and_not_before_it_is_read() -> None:
    request, made = Request.build(), []
    request.state.fill_lazily(CART, lambda: made.append(1) or ["a"])  # type: ignore[func-returns-value]
    assert CART in request.state
    assert not request.state.is_made(CART)
    assert made == []
    assert request[CART] is request[CART]
    assert made == [1]
    assert request.state.is_made(CART)


def test_an_empty_slot_says_which_one_it_is() -> None:
    request = Request.build()
    with pytest.raises(SlotEmpty, match=r"no partita\.auth\.user.*middleware"):
        request[USER]
    with pytest.raises(SlotEmpty):
        request.get_slot("user")
    with pytest.raises(AttributeError):
        request.state.user
    assert not hasattr(request.state, "__deepcopy__")
    copy.copy(request.state)


def test_two_requests_do_not_share_their_slots() -> None:
    one, other = Request.build(), Request.build()
    one.state.fill(USER, "ada")
    assert USER not in other.state


@pytest.mark.parametrize("host", ["a b", "a/b", "a@b", "a\\b", "[::1", "a:b", "", "a,b", "a:123456", "ä"])
def test_a_host_that_is_none_is_a_bad_request(host: str) -> None:
    with pytest.raises(BadRequest):
        Request.build(headers={"Host": host}).host


@pytest.mark.parametrize("host", ["example.com", "localhost:8000", "127.0.0.1", "[::1]:80", "a_b.example"])
def test_a_host_may_be_a_name_or_an_address_with_a_port(host: str) -> None:
    assert Request.build(headers={"Host": host}).host == host


def test_bodies_are_read_as_bytes_json_and_types() -> None:
    request = Request.build("POST", json={"title": "Aria", "seconds": 240})
    assert request.read() == b'{"title":"Aria","seconds":240}'
    assert request.content_length == 30
    assert request.content_type == "application/json"
    assert request.json() == {"title": "Aria", "seconds": 240}
    assert request.json(Track) == Track("Aria", 240)
    assert Request.build("POST", json=[Decimal("1.5")]).json(list[Decimal]) == [Decimal("1.5")]


def test_json_that_is_none_or_not_what_is_expected_has_its_own_status() -> None:
    with pytest.raises(BadRequest, match="not JSON"):
        Request.build("POST", body=b"{", headers={"Content-Type": "application/json"}).json()
    with pytest.raises(UnprocessableContent, match="title"):
        Request.build("POST", json={"x": 1}).json(Track)
    with pytest.raises(BadRequest):
        Request.build("POST", body=b"[" * 100_000, headers={"Content-Type": "application/json"}).json()


def test_json_needs_its_content_type_because_forms_of_other_sites_can_send_text() -> None:
    with pytest.raises(UnsupportedMediaType):
        Request.build("POST", body=b"{}", headers={"Content-Type": "text/plain"}).json()
    assert Request.build("POST", body=b"{}", headers={"Content-Type": "application/ld+json"}).json() == {}


def test_a_body_beyond_the_limit_is_refused() -> None:
    with pytest.raises(ContentTooLarge):
        Request.build("POST", body=b"x" * 11, limits=Limits(max_body=10)).read()
    with pytest.raises(BadRequest):
        Request.build(path="/?" + "a&" * 11, limits=Limits(max_fields=10)).query


def test_charset_and_media_type_are_read_from_the_header() -> None:
    assert Request.build(headers={"Content-Type": "Text/Plain; charset=Latin-1"}).charset == "latin-1"
    assert Request.build().charset == "utf-8"
    assert Request.build().content_type == ""
    with pytest.raises(BadRequest):
        Request.build(headers={"Content-Type": "nonsense"}).media_type


@pytest.mark.parametrize("length", ["-1", "+1", "1_0", "0x1", "", "1,1", "\u0661".encode().decode("latin-1"), "9" * 30])
def test_a_length_that_is_no_number_is_none(length: str) -> None:
    assert Request.build(headers={"Content-Length": length}).content_length is None


def test_bytes_that_are_no_utf8_stay_escaped_in_the_path() -> None:
    assert decode_path(b"/%FF%C3%BC%2F") == "/%FFü/"


@given(st.binary(max_size=30))
def test_every_path_can_be_decoded_and_encoded(raw: bytes) -> None:
    decode_path(raw).encode("utf-8")


def test_cve_2023_41164_a_long_path_of_unicode_costs_linear_time() -> None:
    assert is_linear(lambda path: Request.build(path=path), "\u263a", 100_000)
    assert is_linear(lambda path: decode_path(path.encode()), "%FF", 50_000)


def test_one_lazy_value_is_made_anew_for_each_request() -> None:
    slot, other = Slot[list[int]]("test.lazy"), Slot[int]("test.other")
    lazy: Lazy = Lazy(list)
    first, second = Request.build(), Request.build()
    for request in (first, second):
        request.state.fill_lazily(slot, lazy)
        assert not request.state.is_made(slot)
        assert request.state.has_any(frozenset({slot, other}))
        assert not request.state.has_any(frozenset({other}))
    first[slot].append(1)
    assert (first[slot], second[slot]) == ([1], [])


@given(st.lists(st.tuples(st.text("ab%+&=é ", max_size=5), st.text("ab%+&=é ", max_size=5)), max_size=6))
def test_queries_read_back_whether_they_need_escapes_or_not(pairs: list[tuple[str, str]]) -> None:
    wanted = [(name, value) for name, value in pairs if name or value]
    assert parse_query("&".join(f"{quote(n)}={quote(v)}" for n, v in wanted).encode()) == wanted


def test_declared_slots_cost_nothing_until_somebody_looks() -> None:
    cart, user, route = Slot[list[str]]("test.cart"), Slot[str]("test.user"), Slot[int]("test.route")
    made: list[str] = []

    def make(request: Request) -> list[str]:
        made.append(request.path)
        return []

    request = Request.build(path="/shop")
    request.declare({cart: make})
    request.declare({user: lambda request: f"user of {request.path}"})
    request.note(route, 7)
    assert not request.is_looked_into
    assert cart in request.state
    assert request.is_looked_into
    assert not request.state.is_made(cart)
    assert not made
    request[cart].append("record")
    assert (request[cart], request[user], request[route], made) == (["record"], "user of /shop", 7, ["/shop"])


def test_slots_may_be_declared_and_noted_after_somebody_looked() -> None:
    cart, route, other = Slot[str]("test.cart"), Slot[int]("test.route"), Slot[int]("test.other")
    request = Request.build()
    request.note(route, 1)
    request.note(other, 2)
    assert (request[route], request[other]) == (1, 2)
    request.declare({cart: lambda request: request.method})
    request.note(route, 3)
    assert (request[cart], request[route]) == ("GET", 3)


def test_what_slots_hold_does_not_get_into_logs() -> None:
    request = Request.build()
    request.state.fill(Slot[str]("test.password"), "xyzzy")
    assert "xyzzy" not in repr(request.state)


def test_a_changed_copy_of_a_request_shares_what_was_declared() -> None:
    cart = Slot[list[str]]("test.cart")
    outer = Request.build(path="/shop/cart")
    outer.declare({cart: lambda request: []})
    inner = msgspec.structs.replace(outer, path="/cart")
    inner[cart].append("record")
    assert outer.is_looked_into
    assert outer[cart] == ["record"]


def test_what_is_noted_for_a_changed_copy_is_noted_for_the_request() -> None:
    route, other, cart = Slot[int]("test.route"), Slot[int]("test.other"), Slot[str]("test.cart")
    outer = Request.build(path="/shop/cart")
    outer.declare({cart: lambda request: request.path})
    inner = msgspec.structs.replace(outer, path="/cart")
    inner.note(route, 1)
    assert not outer.is_looked_into
    inner.note(other, 2)
    assert (outer[route], outer[other], outer[cart]) == (1, 2, "/cart")


def test_what_is_noted_may_be_made_when_it_is_read() -> None:
    route = Slot[list[int]]("test.route")
    lazy = Lazy(lambda: [1])  # one for all requests
    for declared in (True, False):
        first, second = Request.build(), Request.build()
        for request in (first, second):
            if declared:
                request.declare({})
            request.note(route, lazy)
            assert not request.is_looked_into
        first[route].append(2)
        assert (first[route], second[route]) == ([1, 2], [1])


def test_a_request_learns_from_one_with_the_same_head() -> None:
    first, second = (Request.build(path="/?a=1", headers={"Cookie": "k=v"}) for _ in range(2))
    assert first.query["a"] == "1"
    second.learn(first)
    assert second.query is first.query
    assert second.cookies == {"k": "v"}


@given(st.lists(st.tuples(st.text("ab=;/?é ", min_size=1, max_size=4), st.text("ab=;/?é ", max_size=4)), max_size=4))
def test_what_can_be_written_plainly_reads_the_same_wholly_escaped(pairs: list[tuple[str, str]]) -> None:
    # The first way is the quick one, unless something in it has to be escaped; the second always is the long one.
    escaped = "&".join(f"{everything_escaped(n)}={everything_escaped(v)}" for n, v in pairs).encode()
    assert parse_query(escaped) == pairs
    if all("=" not in name for name, _ in pairs):
        plain = "&".join(f"{name}={value}" for name, value in pairs).encode()
        assert parse_query(plain) == pairs


def everything_escaped(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode())
