"""A request whose attributes can be changed and added to."""

from collections.abc import Iterator, Mapping, MutableMapping
from datetime import timedelta
from functools import cached_property
from io import BytesIO
from typing import IO, TYPE_CHECKING, Any, cast
from urllib.parse import quote, urljoin, urlsplit

from msgspec.structs import replace

from partita.contracts.current import find, require
from partita.contracts.settings import ALLOWED_HOSTS, DEBUG
from partita.http.body import BytesBody
from partita.http.cookies import parse_cookies
from partita.http.drafts.accepted import MediaType as MediaRange
from partita.http.drafts.accepted import accepted_types, by_precedence
from partita.http.drafts.answers import Answered
from partita.http.drafts.environment import content_type_of_field, environment
from partita.http.drafts.headers import HttpHeaders
from partita.http.drafts.incoming import FileInput, open_body
from partita.http.drafts.query_dict import QueryDict
from partita.http.drafts.uploaded_files import settled, small_files_in_memory
from partita.http.errors import BadRequest, BodyError, ClientDisconnected, DisallowedHost
from partita.http.forms import UploadedFile
from partita.http.handlers import URLCONF
from partita.http.hosts import LOCAL_HOSTS, host_fits, split_domain_port
from partita.http.multidict import MultiDict
from partita.http.protected_cookies import PROTECTED_COOKIES
from partita.http.request import Request
from partita.http.state import Slot
from partita.http.upload_settings import UPLOAD_HANDLERS
from partita.http.wsgi import request_from_environ

if TYPE_CHECKING:
    from partita.http.drafts.multipart_parser import MultiPartParser
    from partita.http.drafts.uploads import FileUploadHandler

__all__ = ("DRAFT", "PROTECTED_COOKIES", "HttpRequest", "RawPostDataException", "UnreadablePostError")

DRAFT = Slot["HttpRequest"]("partita.http.draft")
"""The one draft of a request that all middleware and the view share; see `HttpRequest.of`."""

RawPostDataException = BodyError
UnreadablePostError = ClientDisconnected

_MISSING = object()
_PATH_SAFE = "/:@!$&'()*+,~"
_URL_SAFE = "/#%[]=:;$&()+,!?*@'~"
_URLENCODED, _MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"


class HttpRequest:
    """Django's view of a request: everything is read from the immutable one, and may be set to something else.

    An attribute that nobody has set is looked for among the slots of the request's state, so ``draft.user`` is what the
    middleware put there; one that is set goes into the slot of that name, and waits for somebody who asks for one if there is none
    yet, as in a test without middleware. What the immutable request can do, such as ``draft[SLOT]`` or ``draft.prefers(...)``, the
    draft can do as well.

    Args:
        request: The immutable request; without one the draft is empty, for tests to fill.
    """

    def __init__(self, request: Request | None = None) -> None:
        self._request = request if request is not None else Request.build()
        self._encoding: str | None = None
        self._read_started = False
        if request is None:
            self.method = self.content_type = self.content_params = None
            self.path = self.path_info = ""
            self.GET, self.POST = QueryDict(mutable=True), QueryDict(mutable=True)
            self.META = {}
            self.COOKIES = {}
            self.FILES = MultiDict()

    @classmethod
    def of(cls, request: "Request | HttpRequest") -> "HttpRequest":
        """Return the draft of ``request``, always the same one."""
        if isinstance(request, HttpRequest):
            return request
        state = request.state
        if DRAFT not in state:
            state.fill(DRAFT, cls(request))
        return state[DRAFT]

    @classmethod
    def from_environ(cls, environ: dict[str, Any]) -> "HttpRequest":
        """Return the draft of a WSGI environment (PEP 3333), which becomes its ``META``.

        Raises:
            BadRequest: If the content type cannot be read.
        """
        draft = cls(request_from_environ(environ))
        environ.setdefault("SCRIPT_NAME", "")
        draft.META = environ
        draft.method = str(environ.get("REQUEST_METHOD", "GET")).upper()
        draft.content_type, draft.content_params = content_type_of_field(str(environ.get("CONTENT_TYPE", "")))
        return draft

    @classmethod
    def from_scope(cls, scope: MutableMapping[str, Any], body: "IO[bytes] | bytes" = b"") -> "HttpRequest":
        """Return the draft of an ASGI scope, which needs no event loop; the scope is its ``scope``.

        Args:
            scope: Of type ``http``.
            body: The whole of it, or a file that is read from where it stands when somebody wants it.

        Raises:
            BadRequest: If the content type cannot be read.
        """
        from partita.http.asgi import request_from_scope

        async def receive() -> MutableMapping[str, Any]:
            raise AssertionError("the body has come already")

        given = BytesBody(body) if isinstance(body, bytes) else FileInput(body)
        draft = cls(request_from_scope(scope, receive, body=given))
        draft.content_type, draft.content_params = content_type_of_field(draft._request.headers.get("content-type", ""))
        return draft

    def seal(self) -> Request:
        """Return the immutable request, with method, path and scheme as they are now."""
        request, path = self._request, self.path_info
        changed: dict[str, Any] = {
            name: value
            for name, value in (("method", self.method), ("path", path), ("scheme", self.scheme))
            if value and value != getattr(request, name)
        }
        if "path" in changed:
            changed["raw_path"] = quote(path, safe="/%:@!$&'()*+,;=~").encode("ascii")
        return replace(request, **changed) if changed else request

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        if name == "resolver_match":
            return self._request.state.get_by_name("match")
        request = self._request
        if name != "request" and hasattr(request.state, name):
            return getattr(request.state, name)
        if name in _SHARED:
            return getattr(request, name)
        raise AttributeError(f"this request has neither an attribute nor a slot that is called {name!r}")

    def __setattr__(self, name: str, value: object) -> None:
        request = self.__dict__.get("_request")
        if request is not None and not name.startswith("_") and name not in type(self).__dict__:
            short = "match" if name == "resolver_match" else name
            for slot in request.state.slots():
                if slot.short == short:
                    request.state.fill(slot, value)
                    return
            request.let_attributes_count(self.__dict__).offer(short, name)
        object.__setattr__(self, name, value)

    def __getitem__(self, slot: Slot[Any]) -> Any:
        return self._request[slot]

    # The route

    @property
    def urlconf(self) -> object:
        """Routes for this request instead of the application's: a module, its dotted name, or a list; None for those.

        What middleware sets counts for the look-up of the view, and for `reverse` while the request is answered.
        """
        return self._request.state.get(URLCONF)

    @urlconf.setter
    def urlconf(self, value: object) -> None:
        self._request.state.fill(URLCONF, value)

    # What the line and the fields say

    @cached_property
    def META(self) -> dict[str, Any]:
        """What CGI calls the environment: fields as ``HTTP_...``, and what is known of the connection."""
        return environment(self._request)

    @cached_property
    def method(self) -> str | None:
        """In upper case."""
        return self._request.method

    @cached_property
    def scheme(self) -> str:
        """``http`` or ``https``."""
        return self._request.scheme

    @cached_property
    def path_info(self) -> str:
        """The path below the place where the application is mounted."""
        return self._request.path

    @cached_property
    def path(self) -> str:
        """The whole path, without the query."""
        return self._request.root_path + self.path_info

    @cached_property
    def headers(self) -> HttpHeaders:
        """The fields by name, without regard to case."""
        return HttpHeaders(self.META)

    @cached_property
    def GET(self) -> QueryDict:
        """The parameters of the query."""
        return QueryDict(self._request.query_string, encoding=self.encoding or "utf-8")

    @cached_property
    def COOKIES(self) -> dict[str, str]:
        """The cookies by name."""
        if "META" in self.__dict__:
            return dict(parse_cookies(str(self.META.get("HTTP_COOKIE", ""))))
        return dict(self._request.cookies)

    @cached_property
    def content_type(self) -> str | None:
        """The media type of the body without parameters; empty if none is named."""
        return self._request.content_type

    @cached_property
    def content_params(self) -> Mapping[str, str] | None:
        """The parameters of the media type."""
        return self._request.media_type.parameters

    @property
    def encoding(self) -> str | None:
        """How bytes become text; None stands for UTF-8. Setting it reads the parameters anew."""
        return self._encoding

    @encoding.setter
    def encoding(self, value: str | None) -> None:
        object.__setattr__(self, "_encoding", value)
        for name in ("GET", "POST"):
            self.__dict__.pop(name, None)

    # The body

    @property
    def body(self) -> bytes:
        """The whole body.

        Raises:
            ContentTooLarge: If it is longer than the limits allow.
            RawPostDataException: If it has been read piece by piece.
        """
        if "_body" not in self.__dict__:
            if self._read_started:
                raise RawPostDataException("You cannot access body after reading from request's data stream")
            self._body = self._request.read()
            self._opened = BytesIO(self._body)
        return self._body

    @cached_property
    def _opened(self) -> IO[bytes]:
        return open_body(self._request.body)

    def read(self, size: int = -1, /) -> bytes:
        """Return the next bytes of the body, as from a file.

        Raises:
            UnreadablePostError: If the client goes away meanwhile.
        """
        self._read_started = True
        return self._opened.read(size)

    def readline(self, size: int = -1, /) -> bytes:
        """Return the next line of the body."""
        self._read_started = True
        return self._opened.readline(size)

    def readlines(self) -> list[bytes]:
        """Return the lines of the body that are left."""
        return list(self)

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.readline, b"")

    @cached_property
    def POST(self) -> QueryDict:
        """The text fields of a form that came with POST."""
        self._load_form()
        return cast("QueryDict", self.__dict__["POST"])

    @cached_property
    def FILES(self) -> MultiDict[UploadedFile]:
        """The files of a form that came with POST."""
        self._load_form()
        return cast("MultiDict[UploadedFile]", self.__dict__["FILES"])

    @property
    def upload_handlers(self) -> "list[FileUploadHandler]":
        """Who takes the bytes of uploaded files: those that ``[uploads] handlers`` names, or the usual two; see `uploads`.

        Raises:
            AttributeError: If they are set when the form has been read already.
        """
        if "_upload_handlers" not in self.__dict__:
            from partita.http.drafts.uploads import chosen_handlers

            handlers = [handler(self) for handler in chosen_handlers()]
            self._upload_handlers = settled(handlers) if "_form_is_read" in self.__dict__ else handlers
        return self._upload_handlers

    @upload_handlers.setter
    def upload_handlers(self, handlers: "list[FileUploadHandler]") -> None:
        if "_form_is_read" in self.__dict__:
            raise AttributeError("You cannot set the upload handlers after the upload has been processed.")
        self._upload_handlers = handlers

    @property
    def multipart_parser_class(self) -> "type[MultiPartParser]":
        """What parses multipart forms; see `multipart_parser`.

        Raises:
            RuntimeError: If it is set when the form has been read already.
        """
        own: type[MultiPartParser] | None = self.__dict__.get("_multipart_parser_class")
        return _parser() if own is None else own

    @multipart_parser_class.setter
    def multipart_parser_class(self, value: "type[MultiPartParser]") -> None:
        if "_form_is_read" in self.__dict__:
            raise RuntimeError("You cannot set the multipart parser class after the upload has been processed.")
        self._multipart_parser_class = value

    def _load_form(self) -> None:
        fields: Any = QueryDict()
        files: Any = MultiDict[UploadedFile]()
        kind = self.content_type
        readable = self.method == "POST" and (not self._read_started or "_body" in self.__dict__)
        if readable and kind == _MULTIPART:
            if self.multipart_parser_class is not _parser():
                parser = self.multipart_parser_class(
                    self.META, cast("Any", self), self.upload_handlers, self.encoding, self._request.limits
                )
                fields, files = parser.parse()
            elif "_upload_handlers" in self.__dict__ or _handlers_are_named():
                from partita.http.drafts.uploads import parse_with_handlers

                chunks = [self._body] if "_body" in self.__dict__ else self._request.body
                fields, files = parse_with_handlers(self, chunks)
            else:
                fields = self._request.form()
                files = small_files_in_memory(fields.files)
            if isinstance(fields, MultiDict):
                fields = QueryDict.of(fields.pairs())
            self._read_started = "_body" not in self.__dict__
        elif readable and kind == _URLENCODED:
            charset = (self.content_params or {}).get("charset", "utf-8").lower()
            if charset not in {"utf-8", "utf8"}:
                raise BadRequest(f"HTTP requests with the '{_URLENCODED}' content type must be UTF-8 encoded.")
            fields = QueryDict(self.body, encoding=self.encoding or "utf-8")
        if "_upload_handlers" in self.__dict__:
            self._upload_handlers = settled(self._upload_handlers)
        self._form_is_read = True
        self.__dict__.setdefault("POST", fields)
        self.__dict__.setdefault("FILES", files)

    # Where the request was sent to

    @property
    def is_secure(self) -> Answered:
        """Whether the request came over TLS; to be called, as in Django, or looked at, as in `Request`."""
        return Answered(self.scheme == "https")

    def get_host(self) -> str:
        """Return the host as the client named it.

        Raises:
            DisallowedHost: If it is not a host, or none that the current application answers to.
        """
        host = self.META.get("HTTP_HOST") or self._server()
        name, _ = split_domain_port(host)
        allowed = find(ALLOWED_HOSTS)
        if allowed is None:
            allowed = ("*",)
        elif not allowed and find(DEBUG):
            allowed = LOCAL_HOSTS
        if name and host_fits(name, allowed):
            return str(host)
        advice = f"You may need to add {name!r} to allowed_hosts." if name else "It is no host name (RFC 1034)."
        raise DisallowedHost(f"Invalid HTTP_HOST header: {str(host)[:200]!r}. {advice}")

    def _server(self) -> str:
        name, port = self.META.get("SERVER_NAME", ""), str(self.META.get("SERVER_PORT", ""))
        return name if port in {"", "443" if self.is_secure() else "80"} else f"{name}:{port}"

    def get_port(self) -> str:
        """Return the port that the client named, or else the server's own."""
        _, port = split_domain_port(str(self.META.get("HTTP_HOST", "")))
        if port or "HTTP_HOST" not in self.META:
            return port or str(self.META.get("SERVER_PORT", ""))
        return "443" if self.is_secure() else "80"

    def get_full_path(self, force_append_slash: bool = False) -> str:
        """Return path and query, escaped."""
        return self._full(self.path, force_append_slash)

    def get_full_path_info(self, force_append_slash: bool = False) -> str:
        """The same for `path_info`."""
        return self._full(self.path_info, force_append_slash)

    def _full(self, path: str, slash: bool) -> str:
        query = str(self.META.get("QUERY_STRING", ""))
        shown = f"?{quote(query, safe=_URL_SAFE)}" if query else ""
        return f"{quote(path, safe=_PATH_SAFE)}{'/' if slash and not path.endswith('/') else ''}{shown}"

    def build_absolute_uri(self, location: object = None) -> str:
        """Return ``location`` as a whole URL, seen from this request; the request's own by default."""
        target = f"//{self.get_full_path()}" if location is None else str(location)
        parts = urlsplit(target)
        if location is not None and parts.scheme and parts.netloc:
            return quote(target, safe=_URL_SAFE)
        here = f"{self.scheme}://{self.get_host()}"
        if location is None:
            target = here + target[2:]
        return quote(urljoin(here + quote(self.path, safe=_PATH_SAFE), target), safe=_URL_SAFE)

    # What the client wants

    @property
    def accepted_types(self) -> list[MediaRange]:
        """The media types that the client takes, the most wanted first."""
        return accepted_types(self.headers.get("accept", "*/*"))

    @property
    def accepted_types_by_precedence(self) -> list[MediaRange]:
        """All media types that the client names, in the order in which they decide about a type."""
        return by_precedence(self.headers.get("accept", "*/*"))

    def accepted_type(self, media_type: str) -> MediaRange | None:
        """Return the entry that decides about ``media_type``; None if the client does not take it."""
        found = next((kind for kind in self.accepted_types_by_precedence if kind.match(media_type)), None)
        return found if found is not None and found.quality > 0 else None

    def accepts(self, media_type: str) -> bool:
        """Tell whether the client takes ``media_type``."""
        return self.accepted_type(media_type) is not None

    def get_preferred_type(self, media_types: list[str]) -> str | None:
        """Return which of ``media_types`` the client wants most; of equals what it names most narrowly, then the first.

        None if it takes none.
        """
        found = [(kind, name) for name in media_types if (kind := self.accepted_type(name)) is not None]
        return max(found, key=lambda pair: (pair[0].quality, pair[0].specificity))[1] if found else None

    def get_signed_cookie(
        self, key: str, default: object = _MISSING, salt: str = "", max_age: float | timedelta | None = None
    ) -> str | None:
        """Return the value of a cookie that `HttpResponse.set_signed_cookie` wrote.

        Args:
            key: Its name.
            default: Returned instead of raising an error.
            salt: As it was written with.
            max_age: Seconds since it was written.

        Raises:
            KeyError: If there is none.
            ValueError: If it was changed or is too old; the signer says which.
            LookupError: If no application is current, or it has no `PROTECTED_COOKIES`.
        """
        jar = require(PROTECTED_COOKIES)
        try:
            return jar.open(f"{key}:{salt}" if salt else key, self.COOKIES[key], max_age)
        except (KeyError, ValueError):
            if default is _MISSING:
                raise
            return cast("str | None", default)

    def __repr__(self) -> str:
        if not self.method or not self.path:
            return f"<{type(self).__name__}>"
        return f"<{type(self).__name__}: {self.method} {self.get_full_path()[:200]!r}>"


# What a draft has from the immutable request: what neither Django has under this name nor the draft means something else by.
_SHARED = frozenset({
    "aform", "ajson", "aread", "charset", "client", "content_length", "cookies", "form", "full_path", "get_slot",
    "host", "http_version", "json", "limits", "media_type", "prefers", "query", "query_string", "raw_path",
    "root_path", "server", "state", "stream", "url",
})  # fmt: skip


def _parser() -> "type[MultiPartParser]":
    from partita.http.drafts.multipart_parser import MultiPartParser  # most requests bring no form

    return MultiPartParser


def _handlers_are_named() -> bool:
    names = find(UPLOAD_HANDLERS)
    return bool(names)
