"""Hostile input costs what honest input of its length does: every parser of this package is in a registry."""

import importlib
import inspect
import pkgutil
from collections.abc import Callable
from functools import partial

import pytest

import partita.http
from partita.contracts.testing.cost import least_seconds
from partita.http import Headers, HttpError, Request, forwarded
from partita.http.accept import parse_accept, parse_preferences
from partita.http.cache_control import parse_cache_control
from partita.http.cookies import parse_cookie, parse_cookies
from partita.http.dates import parse_date
from partita.http.drafts import QueryDict
from partita.http.drafts.accepted import MediaType, accepted_types
from partita.http.etag import parse_etag, parse_etags
from partita.http.hosts import split_domain_port
from partita.http.limits import Limits
from partita.http.media_types import parse_media_type, parse_parameters
from partita.http.multipart import MultipartParser
from partita.http.query import parse_query
from partita.http.ranges import parse_range
from partita.http.request import decode_path
from partita.http.structured import parse_dictionary, parse_item, parse_list

SIZE = 2**15
"""Characters; twice as many may cost 2.3 times as much."""
NOISE = 0.004
"""Seconds of processor time below which nothing is told from nothing."""

LISTS = ("a,", ",", " ", "a;q=0.1,", ";", "a=", '"', '\\"', '"\\', "a/b,", "*/*,", "=", "\t", "q=1;", "a ", "é")
TAGS = ('"a",', "W/", '"', ",", ' "', 'W/"a" ', "a")
COOKIES = ("a=b;", ";", "=", "a", '="', ' ;"', "a=b; ", "__Host-a=1;", "\\")
QUERIES = ("a=b&", "&", "=", "%", "%41", "%ff", "+", "a[]=1&", ";")
HOSTS = ("a.", ".", ":", "[", "]", "1:", "::", "a-")
DATES = ("1", "Sun, ", "GMT ", " ", "1994-", ":", "-")
PIECES = ("\r\n", "--b", "\r\n--b", "\r", "\n", "-", "\r\n--", "a: b\r\n", ":", "\r\n\r\n", "--b\r\n\r\na\r\n", "x")
MEMBERS = ("a,", "a;b", "a ", "(", "(a ", '"\\"', ";a=1", "a=1,", '%"%c3', ":AAAA", "1", "a")

PROXIES = forwarded.TrustedProxies(["10.0.0.0/8"])
RFC_PROXIES = forwarded.TrustedProxies(["10.0.0.0/8"], "forwarded", host=True)
PROXY = ("10.0.0.1", 1)


def feed(text: str) -> None:
    parser = MultipartParser("b", lambda part: None, lambda data: None, lambda: None)
    data = b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n' + text.encode("latin-1")
    for start in range(0, len(data), 512):  # as it comes from a socket, in pieces
        parser.feed(data[start : start + 512])


NASTY: dict[str, tuple[Callable[[str], object], tuple[str, ...]]] = {
    "parse_preferences": (parse_preferences, LISTS),
    "parse_accept": (parse_accept, LISTS),
    "parse_cache_control": (parse_cache_control, (*LISTS, "max-age=1,", 'private="a",')),
    "parse_cookie": (parse_cookie, COOKIES),
    "parse_cookies": (parse_cookies, COOKIES),
    "parse_date": (parse_date, DATES),
    "parse_etag": (parse_etag, TAGS),
    "parse_etags": (parse_etags, TAGS),
    "parse_media_type": (parse_media_type, LISTS),
    "parse_parameters": (partial(parse_parameters, "Content-Type"), LISTS),
    "parse_query": (lambda text: parse_query(text.encode(), 10**9), QUERIES),
    "parse_range": (lambda text: parse_range(f"bytes={text}", 100), ("0-1,", ",", "-", "1-", "-1,", "9", " ")),
    "parse_item": (parse_item, MEMBERS),
    "parse_list": (parse_list, MEMBERS),
    "parse_dictionary": (parse_dictionary, MEMBERS),
    "split_domain_port": (split_domain_port, HOSTS),
    "decode_path": (lambda text: decode_path(text.encode()), ("/", "%", "%41", "%ff", "é", "..")),
    "MultipartParser": (feed, PIECES),
    "QueryDict": (lambda text: QueryDict(text.encode()), QUERIES),
    "MediaType": (MediaType, LISTS),
    "accepted_types": (accepted_types, LISTS),
    "Request.host": (lambda text: Request.build(headers={"Host": text}).host, HOSTS),
    "Request.form": (
        lambda text: Request.build(
            body=text.encode(),
            headers={"Content-Type": "application/x-www-form-urlencoded"},
            limits=Limits(max_fields=10**9),
        ).form(),
        QUERIES,
    ),
    "X-Forwarded-For": (
        lambda text: PROXIES.origin(PROXY, "http", Headers({"X-Forwarded-For": text})),
        (*HOSTS, "10.0.0.1,", ",", "::1,"),
    ),
    "Forwarded": (
        lambda text: RFC_PROXIES.origin(PROXY, "http", Headers({"Forwarded": text})),
        ("for=10.0.0.1,", ",", ";", "for=", '"', 'for="[::1]",', "\\", '"\\"', "for=_a;"),
    ),
}
NO_INPUT = {"parse_with_handlers"}
"""Reads with the multipart parser that is in the registry."""

CASES = [(name, piece) for name, (_, pieces) in NASTY.items() for piece in pieces]


def test_every_parser_is_in_the_registry() -> None:
    found: set[str] = set()
    for module in pkgutil.walk_packages(partita.http.__path__, "partita.http."):
        loaded = importlib.import_module(module.name)
        names = [name for name in getattr(loaded, "__all__", ()) if name.startswith(("parse_", "split_", "decode_"))]
        found |= {name for name in names if inspect.isfunction(getattr(loaded, name))}
    assert found - set(NASTY) - NO_INPUT == set()


@pytest.mark.parametrize(("name", "piece"), CASES)
def test_twice_the_input_costs_twice_the_time(name: str, piece: str) -> None:
    parse = NASTY[name][0]
    for edge in ("", '"'):
        small, large = (piece * (size // len(piece)) + edge for size in (SIZE, 2 * SIZE))

        def run(text: str) -> None:
            try:
                parse(text)
            except HttpError:  # what is refused has been looked at, too
                return

        if least_seconds(partial(run, large), enough=NOISE, attempts=1) <= NOISE:
            continue
        # What grows too fast does so in every round; a machine that slows down between two measurements does not.
        assert any(is_within(partial(run, small), partial(run, large)) for _ in range(5))


def is_within(small: Callable[[], object], large: Callable[[], object]) -> bool:
    allowed = 2.3 * least_seconds(small, attempts=3) + NOISE
    return least_seconds(large, enough=allowed, attempts=5) <= allowed
