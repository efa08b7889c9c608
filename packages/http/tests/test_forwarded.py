import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.http import Headers, Request, Response, asgi_app, wsgi_app
from partita.http.forwarded import Origin, TrustedProxies

PROXY = ("10.0.0.1", 4000)
OURS = TrustedProxies(["10.0.0.0/8", "2001:db8::/32"])
RFC = TrustedProxies(["10.0.0.0/8", "2001:db8::/32"], "forwarded", host=True)


def x(value: str, **others: str) -> Headers:
    return Headers([("x-forwarded-for", value), *[(f"x-forwarded-{name}", text) for name, text in others.items()]])


def test_nobody_is_trusted_unless_a_network_is_named() -> None:
    assert not TrustedProxies()
    headers = x("1.2.3.4", proto="https", host="evil.test")
    assert TrustedProxies(host=True).origin(PROXY, "http", headers) == Origin(PROXY, "http")
    assert TrustedProxies(host=True).origin(None, "http", headers) == Origin(None, "http")


@pytest.mark.parametrize("peer", [("192.0.2.7", 1), ("11.0.0.1", 1), ("2001:db9::1", 1), ("not an address", 1), None])
def test_a_spoofed_header_from_an_untrusted_peer_is_ignored(peer: tuple[str, int] | None) -> None:
    headers = x("10.0.0.1", proto="https", host="evil.test")
    assert TrustedProxies(["10.0.0.0/8", "2001:db8::/32"], host=True).origin(peer, "http", headers) == Origin(
        peer, "http"
    )


@pytest.mark.parametrize(
    ("value", "client"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("203.0.113.9:4711", "203.0.113.9"),
        ("2001:db9::7", "2001:db9::7"),
        ("[2001:db9::7]:80", "2001:db9::7"),
        ("[2001:db9::7]", "2001:db9::7"),
        ("203.0.113.9, 10.0.0.2, 10.9.9.9", "203.0.113.9"),
        ("203.0.113.9,2001:db8::2", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        # What the client invented stands to the left of what a proxy saw.
        ("1.1.1.1, 203.0.113.9", "203.0.113.9"),
        ("10.0.0.5, 203.0.113.9", "203.0.113.9"),
        ("127.0.0.1, 203.0.113.9, 10.0.0.2", "203.0.113.9"),
        # All of them ours: the furthest.
        ("10.0.0.4, 10.0.0.3", "10.0.0.4"),
        # Nobody vouches for what stands before something that is no address.
        ("203.0.113.9, unknown", "10.0.0.1"),
        ("203.0.113.9, , 10.0.0.2", "10.0.0.2"),
        ("203.0.113.9, evil.test, 10.0.0.2", "10.0.0.2"),
        ("203.0.113.9, [::1", "10.0.0.1"),
        ("203.0.113.9, 1.2.3.4.5", "10.0.0.1"),
        ("203.0.113.9, 010.0.0.2", "10.0.0.1"),
        ("", "10.0.0.1"),
    ],
)
def test_the_client_is_the_first_from_the_right_that_is_not_ours(value: str, client: str) -> None:
    found = OURS.origin(PROXY, "http", x(value)).client
    assert found is not None
    assert found[0] == client


def test_several_fields_read_as_one_list() -> None:
    headers = Headers([("x-forwarded-for", "1.1.1.1"), ("x-forwarded-for", "203.0.113.9, 10.0.0.2")])
    assert OURS.origin(PROXY, "http", headers).client == ("203.0.113.9", 0)


@pytest.mark.parametrize(
    ("clients", "proto", "scheme"),
    [
        ("203.0.113.9", "https", "https"),
        ("203.0.113.9", "HTTPS", "https"),
        ("203.0.113.9", "gopher", "http"),
        ("203.0.113.9, 10.0.0.2", "https", "https"),  # the nearest one overwrites
        ("203.0.113.9, 10.0.0.2", "https, http", "https"),  # each one appends
        ("1.1.1.1, 203.0.113.9, 10.0.0.2", "https, http, http", "http"),  # the first is the client's invention
        ("203.0.113.9", "https, http", "http"),  # neither: the last is what the nearest proxy wrote
        ("", "https", "http"),
    ],
)
def test_the_scheme_is_the_one_that_the_clients_proxy_saw(clients: str, proto: str, scheme: str) -> None:
    assert OURS.origin(PROXY, "http", x(clients, proto=proto)).scheme == scheme


def test_cve_2019_12781_a_proxy_that_was_reached_over_http_is_not_taken_for_https() -> None:
    # TLS between the proxy and us says nothing about the client's own connection.
    assert OURS.origin(PROXY, "https", x("203.0.113.9", proto="http")).scheme == "http"
    assert OURS.origin(("192.0.2.7", 1), "http", x("203.0.113.9", proto="https")).scheme == "http"


def test_the_host_is_taken_only_where_that_is_asked_for_and_only_if_it_is_one() -> None:
    headers = Headers([("host", "inner"), *x("203.0.113.9", host="shop.test:8443").items()])
    assert OURS.apply(PROXY, "http", headers)[2] is headers
    with_host = TrustedProxies(["10.0.0.0/8"], host=True)
    assert with_host.apply(PROXY, "http", headers)[2].get_all("host") == ("shop.test:8443",)
    for wrong in ("a b", "evil.test/path", "user@evil.test", ""):
        assert with_host.origin(PROXY, "http", x("203.0.113.9", host=wrong)).host is None


def test_only_the_form_that_the_proxies_write_is_read() -> None:
    headers = Headers({"x-forwarded-for": "203.0.113.9", "forwarded": "for=1.1.1.1;proto=https"})
    assert OURS.origin(PROXY, "http", headers) == Origin(("203.0.113.9", 0), "http")
    assert RFC.origin(PROXY, "http", headers) == Origin(("1.1.1.1", 0), "https")


@pytest.mark.parametrize(
    ("value", "client"),
    [
        ("for=203.0.113.9", "203.0.113.9"),
        ('For="[2001:db9::7]:4711"', "2001:db9::7"),
        ('for="203.0.113.9:80";proto=https;by=10.0.0.1', "203.0.113.9"),
        ("for=1.1.1.1, for=203.0.113.9, for=10.0.0.2", "203.0.113.9"),
        ("for=203.0.113.9, for=_hidden", "10.0.0.1"),
        ("for=203.0.113.9, for=unknown", "10.0.0.1"),
        ("for=203.0.113.9, proto=https", "10.0.0.1"),
        ("for=203.0.113.9;for=1.1.1.1", "10.0.0.1"),
        ('for="203.0.113.9, for=1.1.1.1', "10.0.0.1"),
        ("for=203.0.113.9 for=1.1.1.1", "10.0.0.1"),
        ("for=203.0.113.9;", "10.0.0.1"),
        ("nonsense", "10.0.0.1"),
    ],
)
def test_forwarded_follows_rfc_7239_and_a_broken_field_says_nothing(value: str, client: str) -> None:
    found = RFC.origin(PROXY, "http", Headers({"forwarded": value})).client
    assert found is not None
    assert found[0] == client


def test_a_quoted_comma_does_not_make_a_second_hop() -> None:
    headers = Headers({"forwarded": r'for=203.0.113.9;secret="a, for=10.0.0.9; \"x\"";host=shop.test;proto=https'})
    assert RFC.origin(PROXY, "http", headers) == Origin(("203.0.113.9", 0), "https", "shop.test")


def test_a_unix_socket_counts_as_trusted_only_by_name() -> None:
    assert OURS.origin(None, "http", x("203.0.113.9")).client is None
    assert TrustedProxies(["unix"]).origin(None, "http", x("203.0.113.9")).client == ("203.0.113.9", 0)


def test_a_socket_for_both_families_shows_mapped_addresses() -> None:
    assert OURS.origin(("::ffff:10.0.0.1", 1), "http", x("203.0.113.9")).client == ("203.0.113.9", 0)


def test_a_chain_is_followed_only_so_far() -> None:
    chain = ", ".join(["203.0.113.9"] + ["10.0.0.2"] * 100_000)
    assert OURS.origin(PROXY, "http", x(chain)).client == ("10.0.0.2", 0)


@pytest.mark.parametrize("network", ["10.0.0.1/8", "nonsense", ""])
def test_a_network_that_cannot_be_read_is_a_mistake_at_start(network: str) -> None:
    with pytest.raises(ValueError):
        TrustedProxies([network])
    with pytest.raises(ValueError, match="must be x-forwarded or forwarded"):
        TrustedProxies(fields="x")  # type: ignore[arg-type]


async def tell(request: Request) -> Response:
    return Response.text(f"{request.client} {request.url}")


@pytest.mark.parametrize(
    ("peer", "expected"), [("10.0.0.1", "('203.0.113.9', 0) https"), ("192.0.2.1", "('192.0.2.1', 7) http")]
)
def test_the_adapters_take_trusted_proxies(peer: str, expected: str) -> None:
    scope: dict[str, Any] = {
        "type": "http",
        "method": "GET",
        "path": "/",
        "headers": [(b"host", b"shop.test"), (b"x-forwarded-for", b"203.0.113.9"), (b"x-forwarded-proto", b"https")],
        "client": (peer, 7),
    }
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        raise AssertionError("there is no body")

    asyncio.run(asgi_app(tell, proxies=OURS)(scope, receive, send))
    assert sent[1]["body"].decode() == f"{expected}://shop.test/"
    environ = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": "/",
        "SERVER_NAME": "x",
        "SERVER_PORT": "80",
        "REMOTE_ADDR": peer,
        "REMOTE_PORT": "7",
        "HTTP_HOST": "shop.test",
        "HTTP_X_FORWARDED_FOR": "203.0.113.9",
        "HTTP_X_FORWARDED_PROTO": "https",
        "wsgi.url_scheme": "http",
        "wsgi.input": None,
    }
    body = b"".join(wsgi_app(tell, proxies=OURS)(environ, lambda *_: None))
    assert body.decode() == f"{expected}://shop.test/"


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=60))
def test_whatever_is_sent_gives_an_answer(client: str, proto: str, forwarded: str) -> None:
    headers = Headers.from_raw(
        [
            (name, value.encode("latin-1", "replace"))
            for name, value in ((b"x-forwarded-for", client), (b"x-forwarded-proto", proto), (b"forwarded", forwarded))
        ]
    )
    for proxies in (OURS, RFC):
        assert proxies.origin(PROXY, "http", headers).scheme in {"http", "https"}


@pytest.mark.parametrize(("networks", "trusts"), [((), False), (("unix",), True), (("10.0.0.1",), True)])
def test_proxies_are_true_if_anybody_is_trusted(networks: tuple[str, ...], trusts: bool) -> None:
    assert bool(TrustedProxies(networks)) is trusts


@pytest.mark.parametrize(
    ("node", "port"),
    [
        ("203.0.113.9:1", 1),
        ("203.0.113.9:65535", 65535),
        ("203.0.113.9:65536", 0),
        ("203.0.113.9:_hidden", 0),
        ("203.0.113.9:999999", 0),
        ("203.0.113.9", 0),
        ("203.0.113.9:", 0),
    ],
)
def test_a_port_is_one_or_unknown(node: str, port: int) -> None:
    assert OURS.origin(PROXY, "http", x(node)).client == ("203.0.113.9", port)
    assert RFC.origin(PROXY, "http", Headers([("forwarded", f'for="{node}"')])).client == ("203.0.113.9", port)


def test_a_port_of_ipv6_stands_behind_the_bracket() -> None:
    assert OURS.origin(PROXY, "http", x("[2001:db9::7]:443")).client == ("2001:db9::7", 443)


@pytest.mark.parametrize(
    ("value", "client", "scheme", "host"),
    [
        ('for="203.0.\\113.9";proto="HTT\\PS";host="Shop.\\Example"', "203.0.113.9", "https", "shop.example"),
        ("for=203.0.113.9;proto=https;", "10.0.0.1", "http", None),  # cut short: nobody knows what stood there
        ("for=203.0.113.9;proto=https;for=1.1.1.1", "10.0.0.1", "http", None),
        ("proto=https", "10.0.0.1", "http", None),
        ("for=1.1.1.1;proto=http, for=203.0.113.9;proto=https", "203.0.113.9", "https", None),
    ],
)
def test_forwarded_is_read_as_the_rfc_writes_it(value: str, client: str, scheme: str, host: str | None) -> None:
    found = RFC.origin(PROXY, "http", Headers([("forwarded", value)]))
    assert found.client is not None
    assert (found.client[0], found.scheme, found.host) == (client, scheme, host)


def test_only_the_nearest_proxies_are_asked() -> None:
    many = ", ".join(["for=203.0.113.9"] + ["for=10.0.0.9"] * 32)
    assert RFC.origin(PROXY, "http", Headers([("forwarded", many)])).client == ("10.0.0.9", 0)
    many = ", ".join(["203.0.113.9"] + ["10.0.0.9"] * 32)
    assert OURS.origin(PROXY, "http", x(many)).client == ("10.0.0.9", 0)
    assert OURS.origin(PROXY, "http", x("203.0.113.9\t,\t10.0.0.9")).client == ("203.0.113.9", 0)
