"""What drafts do at the edges, where code written for Django looks."""

import io
from collections.abc import Iterator
from typing import Any

import pytest

from partita.http.drafts import (
    BadHeaderError,
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    QueryDict,
    StreamingHttpResponse,
)
from partita.http.drafts.base import HttpResponseBase
from partita.http.errors import DisallowedHost, DisallowedRedirect
from partita.http.headers import Headers
from partita.http.hosts import host_fits


def asks(accept: str) -> HttpRequest:
    request = HttpRequest()
    request.META["HTTP_ACCEPT"] = accept
    return request


def quality(request: HttpRequest, kind: str) -> float | None:
    found = request.accepted_type(kind)
    return None if found is None else found.quality


def test_the_narrowest_range_decides_about_a_media_type() -> None:
    request = asks("text/*;q=0.3, text/html;q=0.7, text/html;level=1, text/html;level=2;q=0.4, */*;q=0.5")
    kinds = ["text/html;level=1", "text/html", "text/plain", "image/jpeg", "text/html;level=2", "text/html;level=3"]
    # RFC 9110, section 12.5.1, has this table.
    assert [quality(request, kind) for kind in kinds] == [1, 0.7, 0.3, 0.5, 0.4, 0.7]


def test_a_type_without_a_parameter_is_not_what_asks_for_one() -> None:
    request = asks("text/vcard; version=3.0, text/html;q=0.5")
    assert not request.accepts("text/vcard")
    assert request.get_preferred_type(["text/vcard", "text/vcard; version=3.0"]) == "text/vcard; version=3.0"
    assert request.get_preferred_type(["text/vcard; version=4.0", "text/html"]) == "text/html"


def test_of_equals_the_one_that_is_named_wins() -> None:
    assert asks("text/*,image/jpeg").get_preferred_type(["text/plain", "image/jpeg"]) == "image/jpeg"


def test_a_whole_url_needs_no_host() -> None:
    request = HttpRequest()
    assert request.build_absolute_uri("https://shop.test/a?b=c#d") == "https://shop.test/a?b=c#d"
    with pytest.raises(DisallowedHost):
        request.build_absolute_uri("/a")


def test_hosts_are_compared_without_regard_to_case() -> None:
    assert host_fits("shop.test", ["SHOP.test"])
    assert host_fits("a.shop.test", [".Shop.Test"])
    assert not host_fits("evil.test", ["SHOP.test"])


def test_copies_of_parameters_keep_their_encoding() -> None:
    query = QueryDict("cur=%A4", encoding="iso-8859-15")
    assert query["cur"] == "\u20ac"
    copied = query.copy()
    assert copied.encoding == "iso-8859-15"
    assert copied.urlencode() == "cur=%A4"


def test_bytes_become_names_and_values() -> None:
    made = QueryDict.fromkeys(["\u028e".encode("utf-16")], value="\u01dd".encode("utf-16"), encoding="utf-16")
    assert made == {"\u028e": ["\u01dd"]}


def test_what_has_no_content_cannot_be_written_to() -> None:
    response = HttpResponseBase()
    for call in (lambda: response.write("x"), lambda: response.writelines(["x"]), response.tell):
        with pytest.raises(OSError, match="HttpResponseBase"):
            call()
    written = HttpResponse("a")
    written.writelines(["b", "c"])
    assert (written.content, written.tell()) == (b"abc", 3)


@pytest.mark.parametrize("reason", ["OK\r\nX: y", "OK\x00", "OK\x7f", "OK\x9f"])
def test_a_reason_has_no_control_characters(reason: str) -> None:
    with pytest.raises(BadHeaderError, match="reason_phrase"):
        HttpResponse(reason=reason)
    response = HttpResponse(reason="I'm a teapot\tof sorts")
    with pytest.raises(BadHeaderError):
        response.reason_phrase = reason
    assert response.reason_phrase == "I'm a teapot\tof sorts"


def test_a_content_type_that_cannot_be_read_has_the_usual_charset() -> None:
    assert HttpResponse("\u00e9", content_type="text/plain; charset=").content == "\u00e9".encode()


def test_a_refused_redirect_can_be_shown() -> None:
    response: Any = HttpResponseRedirect.__new__(HttpResponseRedirect)
    with pytest.raises(DisallowedRedirect):
        response.__init__("ssh://foo\n")
    assert repr(response) == r'<HttpResponseRedirect status_code=302, "text/html; charset=utf-8", url="ssh://foo\n">'


def test_layers_may_add_headers_to_a_draft_as_to_any_response() -> None:
    draft = HttpResponse("a", status=404, headers={"X-A": "1"})
    made = draft.with_defaults(Headers([("X-A", "2"), ("X-B", "3")]))
    assert (made.body, made.status, made.headers["x-a"], made.headers["x-b"]) == (b"a", 404, "1", "3")
    assert "x-b" not in draft
    body, status, headers = draft.parts()
    assert (body, status, headers["x-a"]) == (b"a", 404, "1")


def test_a_stream_has_neither_text_nor_content() -> None:
    response = StreamingHttpResponse(iter(["a", "b"]))
    for name in ("text", "content"):
        with pytest.raises(AttributeError, match=f"has no `{name}` attribute"):
            getattr(response, name)
    assert bytes(response) == b"Content-Type: text/html; charset=utf-8"
    assert b"".join(response) == b"ab"


def test_closing_a_stream_closes_all_that_was_its_content() -> None:
    closed: list[str] = []

    def chunks(name: str) -> Iterator[bytes]:
        try:
            yield b"x"
        finally:
            closed.append(name)

    first, second, file = chunks("first"), chunks("second"), io.BytesIO(b"y")
    response = StreamingHttpResponse(first)
    assert next(iter(response)) == b"x"
    response.streaming_content = second
    assert next(iter(response)) == b"x"
    response.streaming_content = file
    assert closed == []
    response.close()
    assert closed == ["first", "second"]
    assert file.closed
