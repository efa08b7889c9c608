"""Hostile input costs what honest input of its length does: every function of this package that takes any is in a registry."""

import asyncio
from collections.abc import Callable
from io import BytesIO

import pytest

import partita.http
from partita.contracts.testing.cost import cost_size, is_linear, public_functions
from partita.http import (
    ETag,
    FileBody,
    Headers,
    HttpError,
    MultiDict,
    Request,
    Response,
    UploadedFile,
    forwarded,
)
from partita.http.accept import best_match, parse_accept, parse_preferences, quality
from partita.http.asgi import request_from_scope
from partita.http.cache_control import parse_cache_control
from partita.http.conditional import check_preconditions, is_unchanged, respond_to
from partita.http.cookies import format_cookie, parse_cookie, parse_cookies
from partita.http.dates import parse_date
from partita.http.dictionaries import SharedDictionary
from partita.http.disposition import content_disposition
from partita.http.drafts import HttpRequest, HttpResponseRedirect, QueryDict
from partita.http.drafts.accepted import MediaType, accepted_types, by_precedence
from partita.http.drafts.cookies import jar_of
from partita.http.drafts.environment import content_type_of_field
from partita.http.drafts.headers import HttpHeaders
from partita.http.encoding import encode_json, plain_value
from partita.http.etag import parse_etag, parse_etags
from partita.http.event_log import EventLog
from partita.http.events import Event, last_event_id
from partita.http.file_types import content_type_of
from partita.http.files import file_headers
from partita.http.formats import encode_csv, encode_html, encode_xml, negotiate, read_as
from partita.http.headers import encode_field
from partita.http.hosts import host_fits, split_domain_port
from partita.http.json_weight import check_json_weight, json_weight
from partita.http.limits import Limits
from partita.http.media_types import parse_media_type, parse_parameters
from partita.http.memory_cache import MemoryCache
from partita.http.multipart import MultipartParser, name_without_folders
from partita.http.page_cache import PageCache
from partita.http.query import parse_query
from partita.http.ranges import parse_range
from partita.http.request import decode_path, escape_path
from partita.http.structured import parse_dictionary, parse_item, parse_list, write_dictionary, write_item, write_list
from partita.http.url import URL
from partita.http.websocket import origin_fits
from partita.http.wsgi import request_from_environ

SIZE = cost_size(2**15)
"""Characters of the shorter text."""

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
PAGES = PageCache(MemoryCache())
DICTIONARY = SharedDictionary(b"what all pages have", "/*")


def feed(text: str) -> None:
    parser = MultipartParser("b", lambda part: None, lambda data: None, lambda: None)
    data = b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n' + text.encode("latin-1")
    for start in range(0, len(data), 512):  # as it comes from a socket, in pieces
        parser.feed(data[start : start + 512])


def with_field(name: str, text: str) -> Request:
    """A request with hostile text in one field."""
    return Request.build(headers={name: text, "Host": "a"})


def scope_of(text: str) -> Request:
    scope = {
        "type": "http", "method": "GET", "path": "/" + text, "raw_path": b"/" + text.encode(), "query_string": text.encode(),
        "headers": [(b"cookie", text.encode())], "scheme": "http", "http_version": "1.1", "client": None, "server": None,
    }  # fmt: skip
    request = request_from_scope(scope, _nothing)
    assert request.cookies is not None
    return request


async def _nothing() -> dict[str, object]:
    return {"type": "http.disconnect"}


def environ_of(text: str) -> Request:
    environ = {
        "REQUEST_METHOD": "GET", "PATH_INFO": "/" + text, "QUERY_STRING": text, "HTTP_COOKIE": text, "HTTP_HOST": "a",
        "SERVER_PROTOCOL": "HTTP/1.1", "wsgi.url_scheme": "http", "SERVER_NAME": "a", "SERVER_PORT": "80",
    }  # fmt: skip
    request = request_from_environ(environ)
    assert request.cookies is not None
    return request


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
    "parse_parameters": (lambda text: parse_parameters("Content-Type", text), LISTS),
    "parse_query": (lambda text: parse_query(text.encode(), 10**9), QUERIES),
    "best_match": (lambda text: best_match(parse_accept(text), ["text/html", "a/b"]), LISTS),
    "quality": (lambda text: quality(parse_accept(text), text), LISTS),
    "by_precedence": (by_precedence, LISTS),
    "content_disposition": (content_disposition, ('"', "\\", "é", "a", "\u202e", "%", "/")),
    "content_type_of": (content_type_of, (".", "a.", "/", "a", "é", ".gz")),
    "encode_field": (lambda text: encode_field("X", text), ("a", " ", "é", "\t")),
    "file_headers": (lambda text: file_headers(FileBody("x", 1, 0, 0, 1), None, text, True), ('"', "é", ".", "a")),
    "format_cookie": (lambda text: format_cookie("a", text), ("a", "%", "!", ";", '"')),
    "host_fits": (lambda text: host_fits(text, [f".{text}", "a"]), HOSTS),
    "origin_fits": (
        lambda text: origin_fits(with_field("Origin", text), ["https://a"]),
        (*HOSTS, "https://", "/", "@"),
    ),
    "last_event_id": (lambda text: last_event_id(with_field("Last-Event-ID", text)), ("a", "é", " ")),
    "check_preconditions": (lambda text: check_preconditions(with_field("If-Match", text), ETag("a")), TAGS),
    "is_unchanged": (lambda text: is_unchanged(with_field("If-None-Match", text), ETag("a")), TAGS),
    "respond_to": (
        lambda text: respond_to(with_field("Range", f"bytes={text}"), Response.text("x" * 100)),
        ("0-1,", ",", "-", "1-", "-1,", "9", " "),
    ),
    "negotiate": (lambda text: negotiate(with_field("Accept", text), {"a": 1}), LISTS),
    "read_as": (
        lambda text: asyncio.run(
            read_as(
                Request.build("POST", body=text.encode(), headers={"Content-Type": "application/json"}), dict[str, int]
            )
        ),
        ("[", '{"a":', '"', "1", "\\", '{"a":1,'),
    ),
    "encode_csv": (lambda text: encode_csv([{"a": text}]), ('"', ",", "\n", "=", "a")),
    "encode_json": (lambda text: encode_json({"a": text}), ("<", '"', "\\", "\x00", "é", "a")),
    "plain_value": (plain_value, ("a",)),
    "encode_html": (lambda text: encode_html({"a": text}), ("<", "&", '"', "a")),
    "encode_xml": (lambda text: encode_xml({"a": text}), ("<", "&", "]]>", "\x00", "a")),
    "write_item": (write_item, ("a", '"', "\\", " ", "é")),
    "write_list": (lambda text: write_list([text]), ("a", '"', "\\")),
    "write_dictionary": (lambda text: write_dictionary({"a": text}), ("a", '"', "\\")),
    "request_from_scope": (scope_of, (*COOKIES, "/", "%41", "é")),
    "request_from_environ": (environ_of, (*COOKIES, "/", "%41", "a")),
    "parse_range": (lambda text: parse_range(f"bytes={text}", 100), ("0-1,", ",", "-", "1-", "-1,", "9", " ")),
    "parse_item": (parse_item, MEMBERS),
    "parse_list": (parse_list, MEMBERS),
    "parse_dictionary": (parse_dictionary, MEMBERS),
    "split_domain_port": (split_domain_port, HOSTS),
    "content_type_of_field": (lambda text: content_type_of_field(f"a/b;{text}"), LISTS),
    "jar_of": (lambda text: jar_of([f"a={text}"]), LISTS),
    "URL": (lambda text: URL(f"http://a/{text}").with_params(a=1), HOSTS),
    "name_without_folders": (name_without_folders, ("/", "\\", ".", " ", "a", "\0")),
    "escape_path": (lambda text: escape_path(text.encode()), ("/", "%", "é", "?", "a")),
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
    # Methods that see what a client or a visitor wrote.
    "Headers.get": (
        lambda text: Headers.from_raw([(b"a", b"b")] * len(text)).get("a"),
        ("a",),
    ),
    "Headers.cookie": (lambda text: Headers.from_raw([(b"cookie", b"a=b;")] * len(text)).get("cookie"), ("a",)),
    "Headers": (lambda text: Headers([(f"a{number}", "b") for number in range(len(text) // 4)]).wire, ("a",)),
    "HttpHeaders": (lambda text: HttpHeaders({f"HTTP_A_{number}": "b" for number in range(len(text) // 4)}), ("a",)),
    "MultiDict": (
        lambda text: MultiDict([(f"{number % 9}", "b") for number in range(len(text))]).with_value("1", "c").lists(),
        ("a",),
    ),
    "QueryDict.of": (
        lambda text: QueryDict.of([(f"{number}", "b") for number in range(len(text) // 4)], mutable=True).update(a="1"),
        ("a",),
    ),
    "URL.query": (lambda text: URL(f"/?{text}").query, QUERIES),
    "URL.with_path": (lambda text: URL("/").with_path(text), HOSTS),
    "URL.with_host": (lambda text: URL("/").with_host(text), HOSTS),
    "Event": (lambda text: Event(text, comment=text).encode(), ("\r", "\n", "\r\n", "\u2028", "a\n")),
    "EventLog.since": (EventLog().since, ("9", "a", "\u0660")),
    "SharedDictionary.is_known_to": (
        lambda text: DICTIONARY.is_known_to(with_field("Available-Dictionary", text)),
        (":", "A", ":AAAA", "="),
    ),
    "PageCache.load": (lambda text: PAGES.load(with_field("Accept", text)), ("a", ",")),
    "PageCache.keep": (
        lambda text: PAGES.keep(Request.build(), Response.text("a", headers={"Vary": text}), 60),
        ("a", ",", "a,", " ,"),
    ),
    "HttpResponseRedirect": (HttpResponseRedirect, ("a", "\x00", " ", "a:", "é", "/", "http:")),
    "HttpRequest.get_host": (
        lambda text: HttpRequest(Request.build(headers={"Host": text})).get_host(),
        HOSTS,
    ),
    "HttpRequest.build_absolute_uri": (
        lambda text: HttpRequest(Request.build(path=f"/{text}")).build_absolute_uri(text),
        (*HOSTS, "/", "../", "//", "é", "%"),
    ),
    "UploadedFile.name": (
        lambda text: setattr(UploadedFile("a", "", BytesIO(), 0), "name", text),
        ("/", "\\", ".", "\0", "é"),
    ),
    "json_weight": (lambda text: json_weight(text.encode()), ("[", "{", ",", '"', "\\", "é", "a")),
    "check_json_weight": (lambda text: check_json_weight(text.encode(), Limits()), ("[", "1,", "a")),
    "X-Forwarded-For": (
        lambda text: PROXIES.origin(PROXY, "http", Headers({"X-Forwarded-For": text})),
        (*HOSTS, "10.0.0.1,", ",", "::1,"),
    ),
    "Forwarded": (
        lambda text: RFC_PROXIES.origin(PROXY, "http", Headers({"Forwarded": text})),
        ("for=10.0.0.1,", ",", ";", "for=", '"', 'for="[::1]",', "\\", '"\\"', "for=_a;"),
    ),
}
NO_INPUT = {
    "parse_with_handlers", "chosen_handlers", "environment", "settled", "small_files_in_memory",  # they read with the multipart parser that is in the registry
    # These set something up with the programmer's own text; what a request brings is read by functions of the registry.
    "both", "either", "for_hosts", "for_methods", "for_paths", "unless", "after", "after_sending", "before", "with_cookies", "with_headers",
    "around", "afterwards", "changed", "once_rendered", "is_draft_request", "is_draft_response", "require_request", "asgi_app", "wsgi_app", "asgi_handler", "wsgi_handler", "setup", "compose",
    "misplaced", "answering", "intercept", "answer_errors", "iterate", "open_body", "draft_response", "send_response",
    "websocket_from_scope", "after_response", "note_rendered", "measure", "server_timing", "event_chunks",
    "broken_links_layer", "offload_layer", "overload_layer", "idempotency_middleware", "page_cache",
    "compression", "compression_layer", "compressed", "compressed_now", "available", "random_padding", "format_date",
}  # fmt: skip

CASES = [(name, piece) for name, (_, pieces) in NASTY.items() for piece in pieces]


def test_every_function_is_in_the_registry() -> None:
    found = public_functions(partita.http)
    assert found - set(NASTY) - NO_INPUT == set()
    assert NO_INPUT - found == set()


@pytest.mark.parametrize(("name", "piece"), CASES)
def test_twice_the_input_costs_twice_the_time(name: str, piece: str) -> None:
    parse = NASTY[name][0]

    def run(text: str) -> None:
        try:
            parse(text)
        except (HttpError, ValueError):  # what is refused has been looked at, too
            return

    for edge in ("", '"'):
        assert is_linear(run, piece, SIZE, edge)
