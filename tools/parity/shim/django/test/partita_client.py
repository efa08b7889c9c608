"""Django's arguments of the test client, for partita's client and the current application."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from harness import adapter  # pyright: ignore[reportMissingImports]
from msgspec.structs import replace

from partita.http.asgi import request_from_scope
from partita.http.drafts import HttpHeaders, HttpRequest
from partita.http.wsgi import request_from_environ
from partita.testing import AsyncRequestFactory as PartitaAsyncFactory
from partita.testing import Client as PartitaClient
from partita.testing import ClientResponse
from partita.testing import RequestFactory as PartitaFactory

__all__ = ("AsyncClient", "AsyncRequestFactory", "Client", "RequestFactory")


class _Asked(dict[str, Any]):
    """What was sent, as a WSGI environment."""

    def __init__(self, sent: Any) -> None:
        self.state, self.method, self.path = sent.state, sent.method, sent.path
        query = sent.query_string.decode("latin-1")
        super().__init__(REQUEST_METHOD=sent.method, PATH_INFO=sent.path, QUERY_STRING=query)


class TestResponse(ClientResponse):
    """An answer whose attributes have Django's names."""

    __slots__ = ("asked", "client", "followed")

    def __init__(self, made: ClientResponse, client: Any, followed: bool) -> None:
        super().__init__(made.response, made.content, made.request, made.history, made.rendered)
        self.client, self.followed = client, followed
        self.asked = made.request
        self.request: Any = _Asked(made.request)

    streaming = False  # it has been read to its end

    @property
    def redirect_chain(self) -> list[tuple[str, int]]:
        """The redirects, if the client was told to follow them; only then has Django this attribute."""
        if not self.followed:
            raise AttributeError("redirect_chain")
        return super().redirect_chain

    @property
    def headers(self) -> Any:
        """The fields, with the length that a server says of a whole answer."""
        fields = super().headers
        if isinstance(self.response.body, bytes) or "content-length" in fields or self.status < 200:
            return fields
        return fields.with_header("content-length", str(len(self.content)))

    @property
    def wsgi_request(self) -> HttpRequest:
        """The request that was answered."""
        return HttpRequest.of(self.asked)

    @property
    def exc_info(self) -> Any:
        """The exception as `sys.exc_info` has it."""
        error = super().exc_info
        return None if error is None else (type(error), error, error.__traceback__)


class AsyncTestResponse(TestResponse):
    """The same with the name that the async client's request has."""

    __slots__ = ()

    @property
    def asgi_request(self) -> HttpRequest:
        """The request that was answered."""
        return self.wsgi_request


class Client(PartitaClient):
    """Asks the application that is current when the request is made."""

    kind = TestResponse

    def __init__(
        self,
        enforce_csrf_checks: bool = False,
        raise_request_exception: bool = True,
        *,
        headers: Any = None,
        query_params: Any = None,
        **defaults: Any,
    ) -> None:
        own = {"accept": "text/html,*/*;q=0.1"}  # as a browser says that it shows pages, so errors come as such
        super().__init__(
            _answer,
            headers={**own, **(headers or {})},
            raise_exceptions=raise_request_exception,
            enforce_csrf_checks=enforce_csrf_checks,
        )
        self.defaults: dict[str, Any] = defaults
        self.extra = defaults

    @property
    def application(self) -> Any:
        """The current application."""
        return adapter.current()

    def request(self, **request: Any) -> TestResponse:  # type: ignore[override,unused-ignore]  # pyright: ignore[reportIncompatibleMethodOverride]  # Django's
        """Send what a WSGI environment says."""
        asked = request_from_environ({**_ENVIRON, **self.defaults, **request}, adapter.request_limits())
        headers = asked.headers
        cookie = self.cookies.header("testserver", asked.path, secure=False)
        for name, value in (*self.headers.items(), *([("cookie", cookie)] if cookie else [])):
            headers = headers if name in headers else headers.with_header(name, value)
        if not self.enforce_csrf_checks and "sec-fetch-site" not in headers:
            headers = headers.with_header("sec-fetch-site", "same-origin")  # as the client does for its other requests
        made = self.run(self.asend(replace(asked, headers=headers)))
        return self.kind(made, self, False)

    async def aforce_login(self, user: Any, backend: str | None = None) -> None:
        """Log in; back ends of Django's have partita's paths."""
        await super().aforce_login(user, backend and backend.replace("django.contrib.", "partita."))

    async def arequest(self, method: str, path: Any, **options: Any) -> TestResponse:
        """Send a request; variables of a WSGI environment become headers."""
        headers = dict(options.pop("headers", None) or {})
        given = {name: options.pop(name) for name in list(options) if name.isupper() or name == "wsgi.url_scheme"}
        if given.get("wsgi.url_scheme") == "https":
            options["secure"] = True
        for name, value in (self.defaults | given).items():
            field = HttpHeaders.parse_header_name(name)
            if field is not None:
                headers[field] = str(value)
        query = options.pop("query_params", None)
        if query is not None:
            options["query"] = query
        data = options.get("data")
        if method in {"GET", "HEAD"} and data is not None and "query" not in options:
            options["query"] = options.pop("data")
        made = await super().arequest(method, str(path), headers=headers, **options)
        return self.kind(made, self, bool(options.get("follow")))


def _blocking(method: str) -> Any:
    def send(self: Client, path: Any, data: Any = None, *rest: Any, **options: Any) -> Any:
        return self.run(_asking(self, method, path, data, *rest, **options))

    return send


def _awaiting(method: str) -> Any:
    async def send(self: Client, path: Any, data: Any = None, *rest: Any, **options: Any) -> Any:
        return await _asking(self, method, path, data, *rest, **options)

    return send


async def _asking(
    client: Client, method: str, path: Any, data: Any = None, content_type: Any = None, **options: Any
) -> Any:
    if isinstance(content_type, bool):  # Django's second place of a GET is ``follow``
        options["follow"], content_type = content_type, None
    raw = isinstance(data, bytes | str)
    if isinstance(content_type, str) and (raw or not content_type.startswith("multipart/")):
        if not raw and data is not None:
            return await client.arequest(method, path, json=data, **options)
        options["content_type"] = content_type
    return await client.arequest(method, path, data=data, **options)


for _method in ("get", "head", "post", "put", "patch", "delete", "options", "trace"):
    setattr(Client, _method, _blocking(_method.upper()))


_ENVIRON = {
    "REQUEST_METHOD": "GET",
    "PATH_INFO": "/",
    "SCRIPT_NAME": "",
    "QUERY_STRING": "",
    "REMOTE_ADDR": "127.0.0.1",
    "SERVER_NAME": "testserver",
    "SERVER_PORT": "80",
    "SERVER_PROTOCOL": "HTTP/1.1",
    "wsgi.version": (1, 0),
    "wsgi.url_scheme": "http",
    "wsgi.input": BytesIO(),
    "wsgi.errors": BytesIO(),
    "wsgi.multiprocess": True,
    "wsgi.multithread": False,
    "wsgi.run_once": False,
}


class RequestFactory(PartitaFactory):
    """Makes requests of WSGI environments as well."""

    def request(self, **request: Any) -> HttpRequest:
        """Return what a WSGI environment says."""
        return HttpRequest.from_environ({**_ENVIRON, **self.defaults, **request})


class AsyncRequestFactory(PartitaAsyncFactory):
    """Makes requests of ASGI scopes as well."""

    def _base_scope(self, **request: Any) -> dict[str, Any]:
        headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in self.headers.items()]
        return {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "client": ["127.0.0.1", 0],
            "server": ("testserver", "80"),
            "scheme": "http",
            "method": "GET",
            "query_string": b"",
            **self.defaults,
            **request,
            "headers": [*headers, (b"host", b"testserver"), *request.get("headers", ())],
        }

    def request(self, **request: Any) -> HttpRequest:
        """Return what an ASGI scope says."""

        async def receive() -> dict[str, Any]:
            return {"type": "http.request"}

        scope = self._base_scope(**request)
        return HttpRequest.of(request_from_scope({"path": "/", **scope}, receive))


class AsyncClient(Client):
    """The same with the names of the async methods that Django has."""

    kind = AsyncTestResponse


for _method in ("get", "head", "post", "put", "patch", "delete", "options", "trace"):
    setattr(AsyncClient, _method, _awaiting(_method.upper()))


async def _answer(request: Any) -> Any:
    app = adapter.current()
    with app:
        adapter.connections.enter_again()  # so that the tests' databases stand before the application's own
        return await app.handle(request)
