"""Texts made of what parsers stumble over: whatever a client sends, nothing but the documented error escapes, and what is read reads back."""

import asyncio
import re
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from partita.http import (
    BytesBody,
    CookieError,
    Headers,
    HeaderSyntaxError,
    RangeNotSatisfiable,
    Request,
    Response,
    StatusError,
)
from partita.http.accept import best_match, parse_accept, parse_preferences, quality
from partita.http.asgi import request_from_scope
from partita.http.cache_control import parse_cache_control
from partita.http.compression import Compression, compressed
from partita.http.conditional import respond_to
from partita.http.cookies import format_cookie, parse_cookies
from partita.http.dates import format_date, parse_date
from partita.http.dictionaries import SharedDictionary
from partita.http.disposition import content_disposition
from partita.http.drafts import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from partita.http.drafts.accepted import accepted_types, by_precedence
from partita.http.drafts.cookies import jar_of
from partita.http.drafts.environment import content_type_of_field
from partita.http.errors import BodyError
from partita.http.etag import parse_etag, parse_etags
from partita.http.event_log import EventLog
from partita.http.events import Event, last_event_id
from partita.http.formats import negotiate
from partita.http.forwarded import TrustedProxies
from partita.http.hosts import host_fits, split_domain_port
from partita.http.idempotency import MemoryAnswers, idempotency_middleware
from partita.http.media_types import parse_media_type, parse_parameters
from partita.http.memory_cache import MemoryCache
from partita.http.multipart import name_without_folders
from partita.http.page_cache import PageCache
from partita.http.query import parse_query
from partita.http.ranges import parse_range
from partita.http.request import decode_path
from partita.http.structured import (
    parse_dictionary,
    parse_item,
    parse_list,
    write_dictionary,
    write_item,
    write_list,
)
from partita.http.url import URL
from partita.http.websocket import origin_fits
from partita.http.wsgi import request_from_environ

# Separators, quotes, escapes, line ends, digits of other scripts, numbers beyond every bound, characters that look like or are
# normalised to others, and the words that parsers look for.
ATOMS = (
    " ", "\t", ",", ";", "=", '"', "\\", '\\"', "%", "%4", "%41", "%ff", "%u0041", "%2F", "+", "&", "a", "b=c", "\x00", "\r", "\n",
    "\r\n", "\x0b", "\x0c", "\x1f", "\x7f", "\x80", "\x85", "\xa0", "\xad", "\xb2", "\xff", "é", "0", "1", "9" * 25, "9" * 5000, "-",
    "-1", "+1", "1_0", "0x1", "1e9", ".", "..", "/", "//", "?", "#", "@", ":", "::", "[", "]", "[::1]", "[v1.a]", "(", ")", "<", ">",
    "{", "}", "*", "*/*", "q=", "q=0.5", "q=nan", "W/", "0-0", "-5", "GMT", "Sun, 06 Nov 1994 08:49:37 GMT", "31 Feb", "utf-8",
    "charset=", "charset*=", "boundary=B", "text/html", "multipart/form-data", "max-age=", "private=", "no-cache", "for=",
    "proto=https", "host=", "unknown", "10.0.0.1", "_hidden", "::ffff:1.2.3.4", "fe80::1%eth0", "http://", "javascript:", "a.b", "xn--",
    "\u0130", "\u017f", "\u212a", "\u202e", "\u2028", "\u0660", "\u2100", "\uff0f", "\uff0e", "\ud800", "\U0001f600", "\U0001d7ce", "&amp;", "__Host-",
    "__Secure-", "$Version", "?1", "@1", ":AA==:", '%"%c3%a9"', "name=", 'filename="', "form-data;",
)  # fmt: skip
TEXTS = st.lists(st.sampled_from(ATOMS) | st.text(max_size=3), max_size=8).map("".join)

OURS = TrustedProxies(["10.0.0.0/8"], host=True)
RFC = TrustedProxies(["10.0.0.0/8"], "forwarded", host=True)
FORM = "multipart/form-data; boundary="
PROBLEMS = (StatusError, BodyError)


def raw(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def latin(text: str) -> str:
    """The text as a field of a request reads."""
    return text.encode("latin-1", "replace").decode("latin-1")


def sent(name: str, text: str, method: str = "GET", body: bytes = b"") -> Request:
    """A request with ``text`` in one field, as a server that checks nothing hands it on."""
    fields = Headers.from_raw([(b"host", b"a"), (name.encode(), text.encode("latin-1", "replace"))])
    return Request(method, "/", headers=fields, body=BytesBody(body))


def each(steps: tuple[Callable[[], object], ...], errors: tuple[type[Exception], ...] = PROBLEMS) -> None:
    """Do all of these; each may fail by itself, with the errors that are documented."""
    for step in steps:
        try:
            step()
        except errors:
            continue


async def nothing() -> dict[str, object]:
    return {"type": "http.disconnect"}


def negotiation(text: str) -> None:
    best_match(parse_accept(text), ["a/b"])
    assert 0 <= quality(parse_accept(text), text) <= 1
    assert all(0 <= preference.quality <= 1 for preference in parse_preferences(text))
    for kind in (*by_precedence(text), *accepted_types(text)):
        kind.match(text)
    each((lambda: negotiate(sent("accept", text), {"a": 1}),))
    asyncio.run(compressed(sent("accept-encoding", text), Response.html("x" * 2000), Compression(("gzip",))))


def media_types(text: str) -> None:
    each((lambda: parse_media_type(text), lambda: parse_parameters("X", text)), (HeaderSyntaxError,))
    each((lambda: content_type_of_field(text), lambda: sent("content-type", text).media_type))
    body = b"--B\r\n\r\n\r\n--B--"
    each((lambda: sent("content-type", FORM + text, "POST", body).form(),))
    each((lambda: sent("content-type", text, "POST", body).json(), lambda: sent("content-type", text).charset))


def directives(text: str) -> None:
    try:
        control = parse_cache_control(text)
    except HeaderSyntaxError:
        return
    assert parse_cache_control(str(control)) == control
    assert control.merged(control) == control


def pages(text: str) -> None:
    kept = PageCache(MemoryCache())
    request = sent("accept", text)
    fields = [(name, text.encode("latin-1", "replace")) for name in (b"vary", b"cache-control")]
    kept.keep(request, Response("x", 200, headers=Headers.from_raw(fields)), 60)
    kept.load(request)


def cookies(text: str) -> None:
    parse_cookies(text)
    jar_of([text, f"a={text}", f"a=b; Max-Age={text}", f"a=b; expires={text}; {text}"]).output()
    try:
        written = format_cookie("a", text)
    except CookieError:
        assert len(raw(text)) > 1000
    else:
        assert written.isprintable()
        assert written.isascii()
        assert parse_cookies(written.partition("; Path=")[0])["a"] == text.encode("utf-8", "surrogatepass").decode(
            "utf-8", "replace"
        )
    for attribute in ({"path": text}, {"path": f"/{text}"}, {"domain": text}):
        try:
            written = format_cookie("a", "b", **attribute)  # type: ignore[arg-type]  # only texts
        except CookieError:
            continue
        assert written.count(";") == (4 if "domain" in attribute else 3)
        assert written.isprintable()


def tags(text: str) -> None:
    try:
        tag = parse_etag(text)
    except HeaderSyntaxError:
        pass  # most are none
    else:
        assert parse_etag(str(tag)) == tag
    each((lambda: parse_etags(text),), (HeaderSyntaxError,))


def conditions(text: str) -> None:
    moment = parse_date(text)
    assert moment is None or parse_date(format_date(moment)) == moment
    fields = {"etag": '"a"', "last-modified": "Sun, 06 Nov 1994 08:49:37 GMT", "accept-ranges": "bytes"}
    for name in ("if-match", "if-none-match", "if-modified-since", "if-unmodified-since", "range", "if-range"):
        answer = respond_to(sent(name, text), Response("x" * 100, headers=fields))
        assert answer.status in {200, 206, 304, 412, 416}


def ranges(text: str) -> None:
    try:
        found = parse_range(f"bytes={text}", 100)
    except RangeNotSatisfiable:
        return
    for start, stop in found or ():
        assert 0 <= start < stop <= 100


def queries(text: str) -> None:
    each((lambda: parse_query(raw(text)),))
    query = QueryDict(raw(text))
    assert QueryDict(query.urlencode()) == query
    assert QueryDict(query.copy().urlencode()) == query


def structured(text: str) -> None:
    for parse, write in ((parse_item, write_item), (parse_list, write_list), (parse_dictionary, write_dictionary)):
        try:
            found: Any = parse(text)
        except HeaderSyntaxError:
            continue
        assert parse(write(found)) == found


def addresses(text: str) -> None:
    text = text.replace("\ud800", "")
    try:
        url = URL(text)
    except ValueError:
        return
    assert URL(str(url)) == url
    assert (url.scheme, url.authority, url.host, url.path, url.fragment) == (
        URL(str(url)).scheme,
        URL(str(url)).authority,
        URL(str(url)).host,
        URL(str(url)).path,
        URL(str(url)).fragment,
    )
    assert url.with_params(a=text).query["a"] == text
    repr(url)


def events(text: str) -> None:
    wire = Event(text, comment=text).encode()
    assert wire.endswith(b"\n\n")
    # Browsers end a line at each of these; none begins with anything but what we wrote before it.
    lines = re.split(rb"\r\n|\r|\n", wire[:-2])
    assert all(line.startswith((b": ", b"data: ")) for line in lines)
    each((lambda: Event("x", event=text), lambda: Event("x", id=text)), (HeaderSyntaxError,))
    EventLog().since(last_event_id(sent("last-event-id", text)))
    EventLog().since(text)


def names(text: str) -> None:
    for attachment in (True, False):
        value = content_disposition(text, attachment)
        assert value.isascii()
        assert value.isprintable()
        assert value.count('"') == 2
    name = name_without_folders(text)
    assert "/" not in name
    assert "\\" not in name
    assert len(name) <= 255
    assert name not in {".", ".."}


def redirects(text: str) -> None:
    for make in (HttpResponseRedirect, Response.redirect):
        try:
            location = make(text).headers["location"]
        except ValueError:
            continue
        # As browsers read it: without line ends and tabs, and without what does not print before it.
        scheme = re.match(r"[\x00-\x20]*([a-z][a-z0-9+.\-]*):", re.sub(r"[\t\r\n]", "", location), re.IGNORECASE)
        assert scheme is None or scheme[1].lower() in {"http", "https"}


def hosts(text: str) -> None:
    name, port = split_domain_port(text)
    host_fits(name, [text, f".{text}"])
    assert not port or port.isdigit()
    each((lambda: sent("host", text).url, lambda: origin_fits(sent("origin", text), [text])))
    each((lambda: Request("GET", "/", headers=Headers.from_raw([(b"host", raw(text))])).url,))


def proxies(text: str) -> None:
    for ours, name in (
        (OURS, "x-forwarded-for"),
        (OURS, "x-forwarded-proto"),
        (OURS, "x-forwarded-host"),
        (RFC, "forwarded"),
    ):
        fields = [(b"x-forwarded-for", b"1.2.3.4"), (b"host", b"a"), (name.encode(), text.encode("latin-1", "replace"))]
        _, scheme, headers = ours.apply(("10.0.0.1", 1), "http", Headers.from_raw(fields))
        assert scheme in {"http", "https"}
        assert Request("GET", "/", headers=headers).host


def parts(text: str) -> None:
    for head in (b'Content-Disposition: form-data; name="a"' + raw(text), raw(text)):
        body = b"--B\r\n" + head + b"\r\n\r\nx\r\n--B--"
        each((lambda body=body: sent("content-type", f"{FORM}B", "POST", body).form().close(),))  # type: ignore[misc]  # bound now


def keys(text: str) -> None:
    async def handler(request: Request) -> Response:
        return Response.text("x")

    async def main() -> None:
        try:
            await idempotency_middleware(MemoryAnswers())(handler)(sent("idempotency-key", text, "POST"))
        except StatusError:
            return

    asyncio.run(main())


def scopes(text: str) -> None:
    sent_bytes = raw(text)
    fields = [
        (name, sent_bytes) for name in (b"host", b"cookie", b"content-length", b"content-type", b"accept", b"range")
    ]
    scope = {
        "type": "http", "method": "GET", "path": "/x", "raw_path": b"/" + sent_bytes, "query_string": sent_bytes,
        "headers": fields, "scheme": "http", "http_version": "1.1", "client": None, "server": None, "root_path": "/a/b",
    }  # fmt: skip

    async def main() -> None:
        for path in (b"/" + sent_bytes, b"/%61/b/" + sent_bytes, b"/a%2fb/" + sent_bytes):
            request = request_from_scope({**scope, "raw_path": path}, nothing)
            assert decode_path(request.raw_path) == request.path
            each((lambda r=request: r.query, lambda r=request: r.url, lambda r=request: r.media_type))  # type: ignore[misc]  # see above
            assert (request.cookies, request.full_path, request.content_length) is not None
            request.accepts("text/html")

    asyncio.run(main())


def environments(text: str) -> None:
    value = latin(text)
    names = ("QUERY_STRING", "HTTP_COOKIE", "HTTP_HOST", "CONTENT_LENGTH", "CONTENT_TYPE", "HTTP_ACCEPT", "SCRIPT_NAME")
    environ = {"REQUEST_METHOD": "POST", "PATH_INFO": f"/{value}", "wsgi.input": BytesIO(b"abc")}
    environ |= {"SERVER_NAME": "a", "SERVER_PORT": "80", **dict.fromkeys(names, value)}
    request = request_from_environ(dict(environ))
    assert decode_path(request.raw_path) == request.path
    each((lambda: request.cookies, lambda: request.query, lambda: request.url, lambda: request.form(), request.read))
    try:
        draft = HttpRequest.from_environ(dict(environ))
    except StatusError:
        return
    each((lambda: draft.GET, lambda: draft.COOKIES, lambda: draft.headers, lambda: draft.get_full_path(True)))
    each((lambda: draft.POST, lambda: draft.FILES, lambda: draft.body, draft.get_host, draft.build_absolute_uri))
    draft.get_port()
    draft.get_preferred_type([value, "text/html"])
    assert draft.seal().path == draft.path_info
    repr(draft)


def fields(text: str) -> None:
    each((lambda: Headers({text: "a"}),), (HeaderSyntaxError,))
    draft = HttpResponse()
    for write in (lambda: Headers({"a": text}), lambda: draft.__setitem__("a", text)):
        try:
            write()
        except HeaderSyntaxError:
            continue
    assert draft.headers.wire.count(b"\n") == len(draft.headers)
    assert draft.headers.wire.count(b"\r") == len(draft.headers)


DICTIONARY = SharedDictionary(b"what all pages have", "/*")


def dictionaries(text: str) -> None:
    assert not DICTIONARY.is_known_to(sent("available-dictionary", text))
    DICTIONARY.is_understood_by(sent("accept-encoding", text))
    DICTIONARY.fits(Request("GET", f"/{text}", b"/" + raw(text)))


PARSERS = (
    negotiation, media_types, directives, pages, cookies, tags, conditions, ranges, queries, structured, addresses, events, names,
    redirects, hosts, proxies, parts, keys, scopes, environments, fields, dictionaries,
)  # fmt: skip


@pytest.mark.parametrize("parser", PARSERS, ids=lambda parser: parser.__name__)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=TEXTS)
def test_nothing_but_the_documented_error_escapes_and_what_is_read_reads_back(
    parser: Callable[[str], None], text: str
) -> None:
    parser(text)
