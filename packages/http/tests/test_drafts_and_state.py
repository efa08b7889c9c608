"""What a draft of a request shares with the request that it stands for, and drafts of files and errors at their edges."""

import asyncio
import copy
import io
import pickle
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from partita.contracts.current import CURRENT
from partita.contracts.settings import ALLOWED_HOSTS, DEBUG
from partita.contracts.testing.app import SimpleRegistrar
from partita.http import FileBody, Request, Response
from partita.http.drafts import FileResponse, HttpRequest, HttpResponse, QueryDict, StreamingHttpResponse
from partita.http.drafts.conversion import draft_response
from partita.http.drafts.incoming import FileInput
from partita.http.errors import ContentTooLarge, CookieError, DisallowedHost
from partita.http.rendering import RENDERED, note_rendered
from partita.http.state import Slot

USER = Slot[str]("test.user")
MATCH = Slot[str]("test.match")


@pytest.fixture
def app() -> Iterator[SimpleRegistrar]:
    """An application that is the current one."""
    app = SimpleRegistrar()
    token = CURRENT.set(app)
    yield app
    CURRENT.reset(token)


def test_a_request_has_one_draft() -> None:
    request = Request.build()
    draft = HttpRequest.of(request)
    assert HttpRequest.of(request) is draft
    assert HttpRequest.of(draft) is draft
    assert HttpRequest.of(Request.build()) is not draft


def test_a_slot_is_an_attribute_and_setting_it_fills_the_slot() -> None:
    request = Request.build()
    request.state.fill(USER, "ada")
    draft = HttpRequest.of(request)
    assert (draft.user, draft[USER]) == ("ada", "ada")
    draft.user = "bob"
    assert request[USER] == "bob"
    draft.other = 1  # no slot has this name: it is the draft's own
    assert draft.other == 1
    assert not hasattr(request.state, "other")


def test_an_attribute_counts_for_a_slot_that_nobody_has_filled() -> None:
    draft = HttpRequest()
    draft.user = "ada"
    sealed = draft.seal()
    assert USER in sealed.state
    assert (sealed[USER], draft[USER], draft.user) == ("ada", "ada", "ada")
    sealed.state.fill(USER, "bob")
    assert (draft.user, sealed.state.get(USER)) == ("bob", "bob")
    draft.user = "eve"
    assert sealed[USER] == "eve"
    assert sealed.state.get(MATCH) is None
    draft.resolver_match = "a match"
    assert sealed.state.get_by_name("match") == "a match"
    assert sealed.state.get_by_name("path") is None  # which the draft has, but nobody has set
    assert (sealed[MATCH], draft.resolver_match) == ("a match", "a match")
    draft.resolver_match = "another"
    assert (sealed[MATCH], draft.resolver_match) == ("another", "another")


@pytest.mark.parametrize("lazily", [False, True])
def test_middleware_that_fills_a_slot_later_replaces_the_attribute(lazily: bool) -> None:
    draft = HttpRequest()
    draft.user = "ada"
    state = draft.seal().state
    if lazily:
        state.fill_lazily(USER, lambda: "bob")
        assert not state.is_made(USER)
    else:
        state.fill(USER, "bob")
        assert state.is_made(USER)
    assert (draft.user, draft[USER]) == ("bob", "bob")


def test_the_match_of_the_route_has_djangos_name_too() -> None:
    request = Request.build()
    draft = HttpRequest.of(request)
    assert draft.resolver_match is None
    request.state.fill(MATCH, "a match")
    assert draft.resolver_match == "a match"


@pytest.mark.parametrize("name", ["_private", "nothing_of_this_name"])
def test_what_a_request_does_not_have_is_no_attribute(name: str) -> None:
    assert not hasattr(HttpRequest(), name)


def test_routes_may_be_chosen_for_one_request() -> None:
    request = Request.build()
    draft = HttpRequest.of(request)
    assert draft.urlconf is None
    draft.urlconf = "shop.urls"
    assert HttpRequest.of(request).urlconf == "shop.urls"


def test_another_encoding_reads_the_parameters_anew() -> None:
    draft = HttpRequest(Request.build("GET", "/", query="a=%FC"))
    assert draft.GET["a"] == "\N{REPLACEMENT CHARACTER}"
    draft.encoding = "latin-1"
    assert (draft.encoding, draft.GET["a"]) == ("latin-1", "ü")


def test_a_draft_shows_its_method_and_path_once_it_has_them() -> None:
    assert repr(HttpRequest()) == "<HttpRequest>"
    assert repr(HttpRequest(Request.build("POST", "/a?b=c"))) == "<HttpRequest: POST '/a?b=c'>"


@pytest.mark.parametrize(
    ("host", "scheme", "port"),
    [
        ("a.test:8000", "http", "8000"),
        ("a.test", "http", "80"),
        ("a.test", "https", "443"),
        ("[::1]:81", "https", "81"),
    ],
)
def test_the_port_is_the_one_that_was_named_or_that_of_the_scheme(host: str, scheme: str, port: str) -> None:
    assert HttpRequest(Request.build(headers={"host": host}, scheme=scheme)).get_port() == port


def test_without_a_host_the_port_is_the_servers() -> None:
    draft = HttpRequest()
    draft.META = {"SERVER_PORT": 8001}
    assert draft.get_port() == "8001"


@pytest.mark.parametrize("host", ["localhost:8000", "shop.localhost", "127.0.0.1", "[::1]:80"])
def test_while_developing_only_this_machine_is_a_host_unless_others_are_named(app: SimpleRegistrar, host: str) -> None:
    app.provide(ALLOWED_HOSTS, lambda: ())
    app.provide(DEBUG, lambda: True)
    assert HttpRequest(Request.build(headers={"host": host})).get_host() == host
    with pytest.raises(DisallowedHost, match="allowed_hosts"):
        HttpRequest(Request.build(headers={"host": "evil.test"})).get_host()


def test_in_production_no_host_is_one_unless_it_is_named(app: SimpleRegistrar) -> None:
    app.provide(ALLOWED_HOSTS, lambda: ())
    app.provide(DEBUG, lambda: False)
    with pytest.raises(DisallowedHost):
        HttpRequest(Request.build(headers={"host": "localhost"})).get_host()


def test_templates_are_noted_where_somebody_wants_to_know() -> None:
    request = Request.build()
    note_rendered(request, "a.html", {"x": 1})  # nobody does
    request.state.fill(RENDERED, [])
    context = {"x": 1}
    note_rendered(request, "a.html", context)
    note_rendered(request, "b.html", None)
    note_rendered(object(), "c.html", None)
    context["x"] = 2
    assert [(each.name, each.context) for each in request[RENDERED]] == [("a.html", {"x": 1}), ("b.html", {})]


# Bodies


def test_a_file_is_a_body_that_is_read_from_where_it_stands() -> None:
    file = io.BytesIO(b"12345678")
    file.read(2)
    body = FileInput(file)
    with pytest.raises(ContentTooLarge):
        body.read(5)
    assert body.read(6) == b"345678"
    assert asyncio.run(body.aread()) == b"345678"
    assert b"".join(body) == b"345678"


def test_a_file_comes_in_pieces_waiting_or_awaited() -> None:
    async def pieces(body: FileInput) -> list[bytes]:
        return [piece async for piece in body]

    content = b"x" * 70_000
    assert [len(piece) for piece in FileInput(io.BytesIO(content))] == [65_536, 4_464]
    assert b"".join(asyncio.run(pieces(FileInput(io.BytesIO(content))))) == content


class Pipe(io.RawIOBase):
    """A file that cannot be positioned, and tells no length."""

    def __init__(self, content: bytes) -> None:
        self._content = io.BytesIO(content)

    def read(self, size: int = -1, /) -> bytes:
        return self._content.read(size)

    def seekable(self) -> bool:
        return False


def test_a_file_without_a_length_is_read_no_further_than_is_allowed() -> None:
    with pytest.raises(ContentTooLarge):
        FileInput(Pipe(b"123456")).read(5)  # type: ignore[arg-type]  # all of a file that is needed
    assert FileInput(Pipe(b"12345")).read(5) == b"12345"  # type: ignore[arg-type]


# Answers


def test_a_file_response_tells_the_length_where_the_file_does() -> None:
    file = io.BytesIO(b"12345678")
    file.read(3)
    assert FileResponse(file)["Content-Length"] == "5"
    response = FileResponse(Pipe(b"12345"), as_attachment=True)  # type: ignore[arg-type]
    assert "Content-Length" not in response
    assert response["Content-Disposition"] == "attachment"
    assert b"".join(response) == b"12345"


def test_a_closed_file_response_has_closed_its_file(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"abc")
    response = FileResponse((tmp_path / "a.txt").open("rb"), filename="b.txt")
    assert response["Content-Disposition"] == 'inline; filename="b.txt"'
    response.close()
    assert response.file_to_stream.closed


def test_a_whole_answer_is_its_head_and_its_content() -> None:
    assert bytes(HttpResponse("abc", content_type="text/plain")) == b"Content-Type: text/plain\r\n\r\nabc"


def test_an_answer_made_of_pieces_closes_what_they_came_from() -> None:
    class Pieces:
        closed = False

        def __iter__(self) -> Iterator[bytes]:
            return iter([b"a", b"b"])

        def close(self) -> None:
            self.closed = True

    pieces = Pieces()
    assert HttpResponse(pieces).content == b"ab"
    assert pieces.closed


@pytest.mark.parametrize("status", ["abc", None, [], 99, 600])
def test_a_status_is_a_number_of_http(status: Any) -> None:
    if status is None:
        assert HttpResponse(status=status).status_code == 200
    else:
        with pytest.raises((TypeError, ValueError), match="status"):
            HttpResponse(status=status)


def test_the_options_of_a_cookie_are_checked() -> None:
    response = HttpResponse()
    for options, reason in (
        ({"samesite": "sometimes"}, "samesite must be"),
        ({"max_age": 1, "expires": datetime(2026, 5, 4, tzinfo=UTC)}, "can't be used together"),
    ):
        with pytest.raises(ValueError, match=reason):
            response.set_cookie("a", "1", **options)
    with pytest.raises(CookieError, match="is not a date of HTTP"):
        response.set_cookie("a", "1", expires="tomorrow")
    assert not response.cookies
    response.set_cookie("a", "1", samesite="STRICT", expires=datetime(2026, 5, 4))  # noqa: DTZ001 - what has no zone is UTC
    assert response.cookies["a"]["samesite"] == "Strict"


def test_a_file_becomes_a_draft_that_is_still_sent_as_a_file(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"abc")
    body = FileBody.open(tmp_path / "a.txt")
    draft: Any = draft_response(Response(body, headers={"content-type": "text/plain"}))
    assert draft.body is body
    assert draft["Content-Type"] == "text/plain"
    assert b"".join(draft) == b"abc"

    async def read() -> bytes:
        return b"".join([chunk async for chunk in draft])

    assert asyncio.run(read()) == b"abc"


def test_a_draft_of_awaited_chunks_can_only_be_awaited() -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"a"

    draft: Any = draft_response(Response(chunks()))
    assert isinstance(draft, StreamingHttpResponse)
    assert draft_response(draft) is draft

    async def read() -> bytes:
        return b"".join([chunk async for chunk in draft])

    assert asyncio.run(read()) == b"a"


# Dictionaries


def test_the_pairs_of_a_query_are_copied_however_they_are_copied() -> None:
    given = QueryDict("a=1&a=2&b=ü")
    for made in (given.copy(), copy.copy(given), copy.deepcopy(given), pickle.loads(pickle.dumps(given))):
        assert made == given
        assert made.getlist("a") == ["1", "2"]
    changed = copy.deepcopy(given)
    changed["a"] = "3"
    assert (given["a"], changed.getlist("a")) == ("2", ["3"])
    assert repr(given) == "<QueryDict: {'a': ['1', '2'], 'b': ['ü']}>"


def test_a_list_is_set_only_where_there_is_none() -> None:
    query = QueryDict("a=1", mutable=True)
    assert query.setlistdefault("a", ["x"]) == ["1"]
    assert query.setlistdefault("b", ["x", "y"]) == ["x", "y"]
    assert query.setlistdefault("c") == []
    query.encoding = "latin-1"
    assert query.urlencode() == "a=1&b=x&b=y"
    with pytest.raises(AttributeError):
        QueryDict("a=1").setlistdefault("b", ["x"])
