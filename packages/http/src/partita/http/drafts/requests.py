"""A request whose attributes can be changed and added to."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from functools import cached_property
from io import BytesIO
from typing import cast
from urllib.parse import quote, urljoin

from msgspec.structs import replace

from partita.contracts.current import require
from partita.contracts.key import Key
from partita.http.accept import Preference, parse_accept
from partita.http.drafts.query_dict import QueryDict
from partita.http.forms import Form, UploadedFile
from partita.http.headers import Headers
from partita.http.multidict import MultiDict
from partita.http.protected_cookies import ProtectedCookies
from partita.http.request import Request

__all__ = ("PROTECTED_COOKIES", "HttpRequest")

PROTECTED_COOKIES = Key[ProtectedCookies]("partita.http.protected_cookies")
_MISSING = object()
_NO_FILES: MultiDict[UploadedFile] = MultiDict()


class HttpRequest:
    """Django's view of a request: everything is read from the immutable one, and may be set to something else.

    An attribute that nobody has set is looked for among the slots of the request's state, so ``draft.user`` is what the
    middleware put there.

    Args:
        request: The immutable request; an empty one by default.
    """

    resolver_match: object = None
    encoding = "utf-8"

    def __init__(self, request: Request | None = None) -> None:
        self._request = request if request is not None else Request.build()

    def seal(self) -> Request:
        """Return the immutable request, with method, path and scheme as they are now."""
        request, path = self._request, self.path_info
        changed = {
            name: value
            for name, value in (("method", self.method), ("path", path), ("scheme", self.scheme))
            if value != getattr(request, name)
        }
        if "path" in changed:
            changed["raw_path"] = quote(path, safe="/%:@!$&'()*+,;=~").encode("ascii")  # type: ignore[assignment]
        return replace(request, **changed) if changed else request

    def __getattr__(self, name: str) -> object:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._request.state, name)

    @cached_property
    def method(self) -> str:
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

    @property
    def headers(self) -> Headers:
        """The fields as they came."""
        return self._request.headers

    @cached_property
    def GET(self) -> QueryDict:
        """The parameters of the query."""
        return QueryDict.of(self._request.query.pairs())

    @cached_property
    def POST(self) -> QueryDict:
        """The text fields of a form that came with POST."""
        return QueryDict.of(self._form.pairs())

    @cached_property
    def FILES(self) -> MultiDict[UploadedFile]:
        """The files of a form that came with POST."""
        return self._form.files

    @property
    def _form(self) -> Form:
        return self._request.form() if self.method == "POST" else Form((), _NO_FILES.pairs())

    @cached_property
    def COOKIES(self) -> dict[str, str]:
        """The cookies by name."""
        return dict(self._request.cookies)

    @cached_property
    def META(self) -> dict[str, object]:
        """What CGI calls the environment: fields as ``HTTP_...``, and what is known of the connection."""
        request = self._request
        meta: dict[str, object] = {}
        for name in request.headers:
            key = name.upper().replace("-", "_")
            meta[key if key in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{key}"] = request.headers[name]
        meta |= {
            "REQUEST_METHOD": request.method,
            "PATH_INFO": request.path,
            "SCRIPT_NAME": request.root_path,
            "QUERY_STRING": request.query_string.decode("latin-1"),
            "SERVER_PROTOCOL": f"HTTP/{request.http_version}",
        }
        if request.client is not None:
            meta["REMOTE_ADDR"], meta["REMOTE_PORT"] = request.client[0], str(request.client[1])
        if request.server is not None:
            meta["SERVER_NAME"], meta["SERVER_PORT"] = request.server[0], str(request.server[1])
        return meta

    @property
    def content_type(self) -> str:
        """The media type of the body without parameters."""
        return self._request.content_type

    @property
    def content_params(self) -> Mapping[str, str]:
        """The parameters of the media type."""
        return self._request.media_type.parameters

    @cached_property
    def body(self) -> bytes:
        """The whole body.

        Raises:
            ContentTooLarge: If it is longer than the limits allow.
        """
        return self._request.read()

    @cached_property
    def _file(self) -> BytesIO:
        return BytesIO(self.body)

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes of the body, as from a file."""
        return self._file.read(size)

    def readline(self) -> bytes:
        """Return the next line of the body."""
        return self._file.readline()

    def readlines(self) -> list[bytes]:
        """Return the lines of the body that are left."""
        return self._file.readlines()

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._file)

    def is_secure(self) -> bool:
        """Tell whether the request came over TLS."""
        return self.scheme == "https"

    def get_host(self) -> str:
        """Return the host as the client named it.

        Raises:
            BadRequest: If it is not a host.
        """
        return self._request.host

    def get_port(self) -> str:
        """Return the port that the client named, or else that of the scheme."""
        _, colon, port = self.get_host().rpartition(":")
        return port if colon and port.isdigit() else "443" if self.is_secure() else "80"

    def get_full_path(self, force_append_slash: bool = False) -> str:
        """Return path and query, escaped."""
        return self._full(self.path, force_append_slash)

    def get_full_path_info(self, force_append_slash: bool = False) -> str:
        """The same for `path_info`."""
        return self._full(self.path_info, force_append_slash)

    def _full(self, path: str, slash: bool) -> str:
        query = self._request.query_string.decode("latin-1")
        escaped = quote(path, safe="/:@!$&'()*+,=~")
        return f"{escaped}{'/' if slash and not path.endswith('/') else ''}{f'?{query}' if query else ''}"

    def build_absolute_uri(self, location: str | None = None) -> str:
        """Return ``location`` as a whole URL, seen from this request; the request's own by default."""
        if location is None:
            location = f"//{self.get_host()}{self.get_full_path()}"
        return urljoin(f"{self.scheme}://{self.get_host()}{quote(self.path)}", location)

    @property
    def accepted_types(self) -> list[Preference]:
        """The media types that the client takes, the most wanted first."""
        return parse_accept(self.headers.get("accept", "*/*"))

    def accepts(self, media_type: str) -> bool:
        """Tell whether the client takes ``media_type``."""
        return self._request.accepts(media_type)

    def get_preferred_type(self, media_types: list[str]) -> str | None:
        """Return which of ``media_types`` the client wants most."""
        return self._request.prefers(media_types)

    def get_signed_cookie(
        self, key: str, default: object = _MISSING, max_age: float | timedelta | None = None
    ) -> str | None:
        """Return the value of a cookie that `HttpResponse.set_signed_cookie` wrote.

        Args:
            key: Its name.
            default: Returned instead of raising an error.
            max_age: Seconds since it was written.

        Raises:
            KeyError: If there is none.
            ValueError: If it was changed or is too old; the signer says which.
            LookupError: If no application is current, or it has no `PROTECTED_COOKIES`.
        """
        jar = require(PROTECTED_COOKIES)
        try:
            return jar.open(key, self.COOKIES[key], max_age)
        except (KeyError, ValueError):
            if default is _MISSING:
                raise
            return cast("str | None", default)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.method} {self.get_full_path()[:200]!r}>"
