"""The request: what came over the wire, frozen; read lazily."""

import re
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, TypeVar, cast, overload
from urllib.parse import quote, unquote_to_bytes

import msgspec
from msgspec.structs import force_setattr

from partita.contracts.key import Name
from partita.http.accept import Preference, best_match, parse_accept, quality
from partita.http.body import Body, BytesBody
from partita.http.cookies import parse_cookies
from partita.http.errors import BadRequest, HeaderSyntaxError, StatusError, UnprocessableContent, UnsupportedMediaType
from partita.http.forms import Form, FormReader
from partita.http.headers import Headers
from partita.http.json_weight import LIGHT, check_json_weight
from partita.http.limits import Limits
from partita.http.media_types import MediaType, parse_media_type
from partita.http.multidict import MultiDict
from partita.http.query import parse_query
from partita.http.state import AttributeState, Lazy, Slot, State

__all__ = ("Address", "Request", "decode_path", "escape_path")

T = TypeVar("T")
Address = tuple[str, int]
"""Host and port."""

_HOST = re.compile(r"([A-Za-z0-9._\-]+|\[[0-9A-Fa-f]*:[0-9A-Fa-f.:]+\])(:[0-9]{1,5})?")
_SURROGATE = re.compile("[\udc80-\udcff]")
_NO_HEADERS = Headers()
_NO_BODY = BytesBody()
_NO_COOKIES: Mapping[str, str] = MappingProxyType({})
_LIMITS = Limits()
_NO_TYPE = MediaType("application", "octet-stream")
# What copies of a request with another path or other fields share: slots that were declared, the state once somebody has looked,
# and what was noted before that. A list is made in a tenth of the time that an object of a class takes.
_DECLARED, _STATE, _NOTED = range(3)
_PER_CENT = 37  # as a number: looking for bytes takes seven times as long
_FOUND_OUT = ("_query", "_cookies", "_media_type", "_accept")


class Request(msgspec.Struct, frozen=True, eq=False, weakref=True):
    """One request. Nothing on the wire can be changed; what middleware adds lives in the slots of `state`.

    Args:
        method: In upper case.
        path: Decoded, without the part in ``root_path``; begins with a slash.
        raw_path: As it came, without the query.
        query_string: As it came, without the question mark.
        headers: As they came.
        http_version: ``1.0``, ``1.1``, ``2`` or ``3``.
        scheme: ``http`` or ``https``.
        client: Address of the peer, if there is one.
        server: Address that the connection came in on.
        body: Gives the bytes.
        limits: What `read`, `json`, `form` and `query` refuse to go beyond.
        root_path: Where the application is mounted; empty for the root.
    """

    method: str
    path: str
    raw_path: bytes = b"/"
    query_string: bytes = b""
    headers: Headers = _NO_HEADERS
    http_version: str = "1.1"
    scheme: str = "http"
    client: Address | None = None
    server: Address | None = None
    body: Body = _NO_BODY
    limits: Limits = _LIMITS
    root_path: str = ""
    _shared: list[Any] | None = None
    _noted: tuple[Slot[Any], object] | None = None
    _query: MultiDict[str] | None = None
    _cookies: Mapping[str, str] | None = None
    _form: Form | None = None
    _media_type: MediaType | None = None
    _accept: list[Preference] | None = None

    @classmethod
    def build(
        cls,
        method: str = "GET",
        path: str = "/",
        *,
        headers: Headers | Mapping[str, str] | Iterable[tuple[str, str]] = (),
        body: bytes | Body = b"",
        query: Mapping[str, object] | Iterable[tuple[str, object]] | str | bytes | None = None,
        json: object = None,
        form: Mapping[str, object] | Iterable[tuple[str, object]] | None = None,
        scheme: str = "http",
        client: Address | None = ("127.0.0.1", 50_000),
        server: Address | None = ("127.0.0.1", 80),
        limits: Limits = _LIMITS,
        http_version: str = "1.1",
        root_path: str = "",
    ) -> "Request":
        """Make a request as a test or a script needs one.

        Args:
            method: Any case.
            path: As in a URL; a query may follow a question mark. Non-ASCII is encoded.
            headers: ``Host`` is ``testserver`` unless given.
            body: Bytes, or something that gives them.
            query: Instead of one in ``path``.
            json: Becomes the body, with its content type.
            form: Becomes a URL-encoded body, with its content type.
            scheme: See `Request`.
            client: See `Request`.
            server: See `Request`.
            limits: See `Request`.
            http_version: See `Request`.
            root_path: See `Request`.
        """
        target, _, query_text = path.partition("?")
        raw_path = quote(target, safe="/%:@!$&'()*+,;=~").encode("ascii") or b"/"
        fields = headers if isinstance(headers, Headers) else Headers(headers)
        if query is None:
            query_string = quote(query_text, safe="/%:@!$&'()*+,;=~?[]").encode("ascii")
        elif isinstance(query, str | bytes):
            query_string = query.encode() if isinstance(query, str) else query
        else:
            query_string = _pairs(query).urlencode().encode("ascii")
        if json is not None:
            body, fields = msgspec.json.encode(json), _default(fields, "content-type", "application/json")
        elif form is not None:
            body = _pairs(form).urlencode().encode("ascii")
            fields = _default(fields, "content-type", "application/x-www-form-urlencoded")
        if isinstance(body, bytes):
            if body and "transfer-encoding" not in fields:
                fields = _default(fields, "content-length", str(len(body)))
            body = BytesBody(body)
        return cls(
            method.upper(),
            decode_path(raw_path),
            raw_path,
            query_string,
            _default(fields, "host", "testserver"),
            http_version,
            scheme,
            client,
            server,
            body,
            limits,
            root_path,
        )

    @property
    def state(self) -> State:
        """The slots that middleware fills."""
        shared = self._shared
        if shared is None:
            shared = [None, None, self._noted]
            force_setattr(self, "_shared", shared)
        state: State | None = shared[_STATE]
        if state is None:
            state = shared[_STATE] = State()
            if shared[_NOTED] is not None:
                state.fill(*shared[_NOTED])
            if shared[_DECLARED] is not None:
                state.open(shared[_DECLARED], self)
        return state

    def let_attributes_count(self, attributes: dict[str, object]) -> AttributeState:
        """Return the state, which takes attributes of a draft for slots that nobody has filled; see `AttributeState.offer`.

        Args:
            attributes: Those of the draft; what a slot takes over is removed.
        """
        state = self.state
        if not isinstance(state, AttributeState):
            assert self._shared is not None  # there is a state
            state = self._shared[_STATE] = AttributeState(state._values, attributes)
        return state

    @property
    def is_looked_into(self) -> bool:
        """Whether anybody has asked for `state`; if not, no slot that was declared has been made."""
        shared = self._shared
        return shared is not None and shared[_STATE] is not None

    def declare(self, slots: Mapping[Slot[Any], Callable[["Request"], object]]) -> None:
        """Let slots be filled when they are first read, at no cost for requests of which nobody reads any.

        Args:
            slots: What makes the value of each.
        """
        shared = self._shared
        if shared is None:
            force_setattr(self, "_shared", [slots, None, self._noted])
        elif shared[_STATE] is not None:
            shared[_STATE].declare(slots, self)
        else:
            shared[_DECLARED] = {**(shared[_DECLARED] or {}), **slots}

    def note(self, slot: Slot[T], value: T | Lazy) -> None:
        """Fill a slot without looking at the others; for what most requests carry and few read, such as their route.

        Args:
            slot: For the value.
            value: Or what makes it when it is first read.
        """
        shared = self._shared
        if shared is None:
            if self._noted is None:
                force_setattr(self, "_noted", (slot, value))
                return
        elif shared[_STATE] is None and shared[_NOTED] is None:
            shared[_NOTED] = (slot, value)
            return
        self.state._values[slot] = value

    def __getitem__(self, slot: Name[T]) -> T:
        return self.state[slot]

    @overload
    def get_slot(self, name: Slot[T]) -> T: ...
    @overload
    def get_slot(self, name: str) -> object: ...
    def get_slot(self, name: "Slot[T] | str") -> object:
        """Return the value of a slot by the slot or by the last part of its name.

        Raises:
            SlotEmpty: If nothing filled it.
        """
        return self.state.by_name(name) if isinstance(name, str) else self.state[name]

    @property
    def query(self) -> MultiDict[str]:
        """The parameters of the query.

        Raises:
            BadRequest: If there are more than the limits allow.
        """
        query = self._query
        if query is None:
            query = MultiDict.of(parse_query(self.query_string, self.limits.max_fields))
            force_setattr(self, "_query", query)
        return query

    @property
    def cookies(self) -> Mapping[str, str]:
        """The cookies by name; what does not look like one is left out."""
        cookies = self._cookies
        if cookies is None:
            sent = self.headers.get("cookie")
            cookies = _NO_COOKIES if sent is None else parse_cookies(sent)
            force_setattr(self, "_cookies", cookies)
        return cookies

    @property
    def host(self) -> str:
        """The ``Host`` header as it came, with the port if there is one, in lower case.

        Whether it is one of ours is for `partita.security` to say.

        Raises:
            BadRequest: If it is not a host.
        """
        host = self.headers.get("host")
        if host is None:
            if self.server is None:
                raise BadRequest("The request names no host.")
            name, port = self.server
            host = name if port == (443 if self.is_secure else 80) else f"{name}:{port}"
        if not _HOST.fullmatch(host):
            raise BadRequest("The Host header is not a host name.")
        return host.lower()

    @property
    def is_secure(self) -> bool:
        """Whether the request came over TLS."""
        return self.scheme == "https"

    @property
    def full_path(self) -> str:
        """Path and query as they came, with the root path."""
        path = quote(self.root_path) + self.raw_path.decode("latin-1")
        return f"{path}?{self.query_string.decode('latin-1')}" if self.query_string else path

    @property
    def url(self) -> str:
        """The whole address.

        Raises:
            BadRequest: If the ``Host`` header is not a host.
        """
        return f"{self.scheme}://{self.host}{self.full_path}"

    @property
    def media_type(self) -> MediaType:
        """The media type of the body with its parameters; ``application/octet-stream`` if none is named.

        Raises:
            BadRequest: If the header cannot be read.
        """
        found = self._media_type
        if found is None:
            value = self.headers.get("content-type")
            try:
                found = _NO_TYPE if value is None else parse_media_type(value)
            except HeaderSyntaxError as error:
                raise BadRequest(str(error)) from error
            force_setattr(self, "_media_type", found)
        return found

    @property
    def content_type(self) -> str:
        """The media type of the body without parameters, in lower case; empty if none is named."""
        return self.media_type.essence if "content-type" in self.headers else ""

    @property
    def charset(self) -> str:
        """The charset named with the content type, in lower case, or ``utf-8``."""
        return self.media_type.parameters.get("charset", "utf-8").lower()

    @property
    def content_length(self) -> int | None:
        """The length that the client announced; None without one, or if it is not a number."""
        value = self.headers.get("content-length", "")
        return int(value) if value.isascii() and value.isdigit() and len(value) <= 19 else None

    def learn(self, other: "Request") -> None:
        """Take over what ``other`` has found out about its query, its cookies and its fields, which must be the same as those of this one.

        For servers, of which programs and proxies ask for the same again and again. All of it is immutable.
        """
        for name in _FOUND_OUT:
            found = getattr(other, name)
            if found is not None:
                force_setattr(self, name, found)

    def _accepted(self) -> list[Preference]:
        found = self._accept
        if found is None:
            found = parse_accept(self.headers.get("accept", ""))
            force_setattr(self, "_accept", found)
        return found

    def accepts(self, media_type: str) -> bool:
        """Tell whether the client takes ``media_type``, such as ``text/html``."""
        accepted = self._accepted()
        return not accepted or quality(accepted, media_type) > 0

    def prefers(self, media_types: Iterable[str]) -> str | None:
        """Return which of ``media_types`` the client wants most, the first of equals; None if it takes none."""
        return best_match(self._accepted(), media_types)

    def read(self) -> bytes:
        """Return the body.

        Raises:
            ContentTooLarge: If it is longer than ``limits.max_body``.
        """
        return self.body.read(self.limits.max_body)

    async def aread(self) -> bytes:
        """Async twin of `read`."""
        return await self.body.aread(self.limits.max_body)

    async def stream(self) -> AsyncIterator[bytes]:
        """Give the body as it comes; the limits are the caller's to keep."""
        async for chunk in self.body:
            yield chunk

    @overload
    def json(self) -> object: ...
    @overload
    def json(self, type: type[T]) -> T: ...
    def json(self, type: "type[T] | type[object]" = object) -> object:
        """Return the body decoded from JSON.

        Args:
            type: Anything msgspec can decode to: a Struct, a dataclass, ``list[int]``.

        Raises:
            UnsupportedMediaType: If the content type does not say JSON.
            BadRequest: If the body is not JSON.
            ContentTooLarge: If it is longer than ``limits.max_body``, or its values would take more than ``limits.max_decoded``.
            UnprocessableContent: If the JSON is not of ``type``.
        """
        self._require_json()
        data = self.read()
        if len(data) > LIGHT:
            check_json_weight(data, self.limits)
        return _decode_json(data, type)

    @overload
    async def ajson(self) -> object: ...
    @overload
    async def ajson(self, type: type[T]) -> T: ...
    async def ajson(self, type: "type[T] | type[object]" = object) -> object:
        """Async twin of `json`."""
        fields = self.headers._index  # quicker than `get_raw`
        if fields is None or fields.get(b"content-type") != b"application/json":  # nearly all
            self._require_json()
        body: Any = self.body
        # Most bodies are here already: two coroutines fewer.
        data = body.read(self.limits.max_body) if body.__class__ is BytesBody else await self.aread()
        if len(data) > LIGHT:
            check_json_weight(data, self.limits)
        if type is object:
            return _decode_json(data, type)
        try:
            return msgspec.json.decode(data, type=type)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise _not_json(error) from error

    def _require_json(self) -> None:
        # A form on another site can post text/plain with JSON in it, without a preflight.
        if not (self.content_type == "application/json" or self.content_type.endswith("+json")):
            raise UnsupportedMediaType("Send JSON with Content-Type: application/json.")

    def form(self) -> Form:
        """Return the fields and files of the body; empty if it is not a form.

        Raises:
            BadRequest: If the body cannot be read as the form it says it is.
            ContentTooLarge: If it breaks a limit.
        """
        form = self._form
        if form is None:
            reader = FormReader(self.media_type, self.limits)
            if reader.is_urlencoded:
                # Read whole, so that the bytes are there for whoever wants them afterwards.
                form = Form(parse_query(self.read(), self.limits.max_fields))
            elif reader.is_form:
                with reader:
                    for chunk in self.body:
                        reader.feed(chunk)
                    form = reader.finish()
            else:
                form = Form()
            force_setattr(self, "_form", form)
        return form

    async def aform(self) -> Form:
        """Async twin of `form`."""
        form = self._form
        if form is None:
            reader = FormReader(self.media_type, self.limits)
            if reader.is_urlencoded:
                form = Form(parse_query(await self.aread(), self.limits.max_fields))
            elif reader.is_form:
                with reader:
                    async for chunk in self.body:
                        reader.feed(chunk)
                    form = reader.finish()
            else:
                form = Form()
            force_setattr(self, "_form", form)
        return form

    def close(self) -> None:
        """Delete temporary files of the form; servers and adapters call this after the answer."""
        if self._form is not None:
            self._form.close()

    def __repr__(self) -> str:
        return f"<Request {self.method} {self.path[:200]!r}>"


def decode_path(raw: bytes) -> str:
    """Return a path with its escapes resolved; bytes that are no UTF-8 stay escaped.

    Args:
        raw: As in the request target, without the query.
    """
    if _PER_CENT in raw:
        raw = unquote_to_bytes(raw)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return _SURROGATE.sub(_escape_again, raw.decode("utf-8", "surrogateescape"))


def escape_path(path: bytes) -> bytes:
    """Return a path as it stands in addresses, of one that a server has resolved the escapes of.

    Args:
        path: UTF-8, or whatever bytes the client escaped.
    """
    return quote(path, safe="/:@!$&'()*+,;=~").encode("ascii")


def _escape_again(match: "re.Match[str]") -> str:
    return f"%{ord(match[0]) - 0xDC00:02X}"


def _decode_json(data: bytes, type_: "type[T] | Callable[..., T]") -> object:
    try:
        return msgspec.json.decode(data) if type_ is object else msgspec.json.decode(data, type=type_)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _not_json(error) from error


def _not_json(error: Exception) -> StatusError:
    if isinstance(error, msgspec.ValidationError):
        return UnprocessableContent(str(error))
    return BadRequest(f"The body is not JSON: {error}")


def _default(fields: Headers, name: str, value: str) -> Headers:
    return fields if name in fields else fields.with_header(name, value)


def _pairs(values: Mapping[str, object] | Iterable[tuple[str, object]]) -> MultiDict[str]:
    """Spread lists into several pairs and turn everything to text."""
    if isinstance(values, MultiDict):
        return cast("MultiDict[str]", values)
    pairs = cast("Iterable[tuple[str, object]]", values.items() if isinstance(values, Mapping) else values)
    return MultiDict(
        [(name, str(item)) for name, value in pairs for item in (value if isinstance(value, list | tuple) else [value])]
    )
