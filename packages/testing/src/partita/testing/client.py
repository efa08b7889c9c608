"""A client that asks an application directly, without a socket."""

import asyncio
import contextvars
import secrets
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast
from urllib.parse import urljoin, urlsplit

from partita.contracts.current import CURRENT
from partita.contracts.templates import RENDERING
from partita.http import Headers, Request, Response, SlotEmpty
from partita.http.rendering import RENDERED, Rendered
from partita.testing.cookies import CookieJar
from partita.testing.errors import ClientError, RedirectLoop
from partita.testing.multipart import MULTIPART, UploadFile, encode_multipart, is_json, refuse_none
from partita.testing.responses import ClientResponse

if TYPE_CHECKING:
    from partita.sessions import Session
    from partita.testing.websockets import WebSocketTest

__all__ = ("Client",)

T = TypeVar("T")
Data = Mapping[str, object] | Iterable[tuple[str, object]]
HeaderPairs = Mapping[str, str] | Iterable[tuple[str, str]]

_REDIRECTS = 20
_REPEAT = {307, 308}
_SAFE = {"GET", "HEAD", "OPTIONS", "TRACE"}
_ORIGINS = {"sec-fetch-site", "origin"}
_URL_ENCODED = "application/x-www-form-urlencoded"


class Application(Protocol):
    """What the client asks: an ``App``, or any handler."""

    def __call__(self, request: Request, /) -> Awaitable[Response]:
        """Answer a request."""
        ...


class Client:
    """Sends requests as a browser would: keeps cookies, follows redirects if asked to.

    The plain methods run on an event loop of the client's own; inside of a running loop use the ``a`` names. As a context manager
    (plain or async) it starts the application and shuts it down.

    Args:
        app: Answers; the current application by default.
        headers: Go with every request.
        host: The ``Host`` header.
        raise_exceptions: Whether an exception that the application answers with 500 is raised in the test.
        secure: Whether requests come over TLS.
        enforce_csrf_checks: False lets requests that change something say ``Sec-Fetch-Site: same-origin``, as a browser says of the
            forms and scripts of the site itself, unless their headers say where they come from. True leaves that to the test.
    """

    def __init__(
        self,
        app: Application | None = None,
        *,
        headers: HeaderPairs = (),
        host: str = "testserver",
        raise_exceptions: bool = True,
        secure: bool = False,
        enforce_csrf_checks: bool = False,
    ) -> None:
        self.app = app or _CurrentApp()
        self.host, self.raise_exceptions, self.secure = host, raise_exceptions, secure
        self.enforce_csrf_checks = enforce_csrf_checks
        self.headers = Headers(headers)
        self.cookies = CookieJar()
        self._loop: asyncio.AbstractEventLoop | None = None

    def request(self, method: str, path: str, **options: Any) -> ClientResponse:
        """Send a request and return the answer.

        Args:
            method: Any case.
            path: As in a URL, with or without a query; or a whole URL.
            options: See `arequest`.
        """
        return self.run(self.arequest(method, path, **options))

    async def arequest(
        self,
        method: str,
        path: str,
        *,
        data: Data | bytes | str | None = None,
        json: object = None,
        query: Mapping[str, object] | None = None,
        headers: HeaderPairs = (),
        content_type: str | None = None,
        follow: bool = False,
        secure: bool | None = None,
        query_params: Mapping[str, object] | None = None,
    ) -> ClientResponse:
        """Async twin of `request`.

        Args:
            method: Any case.
            path: As in a URL, with or without a query; or a whole URL.
            data: A form, sent as multipart if it holds files (`UploadFile`, or anything with ``read``), or a raw body; or, with the
                content type of JSON, what becomes it.
            json: A body to be encoded.
            query: Instead of a query in ``path``.
            headers: For this request; they replace those of the client.
            content_type: Of the body; of a form, only how it is sent.
            follow: Whether to go where redirects lead.
            secure: Instead of the client's.
            query_params: Another name of ``query``, as `RequestFactory` has it.

        Raises:
            RedirectLoop: If redirects do not end.
            ValueError: If both ``query`` and ``query_params`` are given.
            TypeError: If a form or query holds None, which no browser could send, or a form is to be sent as something else.
        """
        if query_params is not None:
            if query is not None:
                raise ValueError("query and query_params mean the same: give one of them.")
            query = query_params
        if data is not None and not isinstance(data, bytes | str) and is_json(content_type):
            data, json, content_type = None, data, cast("str", content_type)
        body, kind = _body(data, content_type)
        refuse_none((query or {}).items(), "in a query")
        fields = _merged(self.headers, Headers(headers), kind)
        over_tls = self.secure if secure is None else secure
        response = await self._send(method, path, over_tls, fields, body, json, query)
        history: list[ClientResponse] = []
        url = path
        while follow and response.status in {301, 302, 303, *_REPEAT} and response.location:
            history.append(response)
            if len(history) > _REDIRECTS:
                raise RedirectLoop(tuple(each.location for each in history))
            target = urljoin(url, response.location)
            parts = urlsplit(target)
            if parts.hostname and parts.hostname not in {"", self.host.partition(":")[0]}:
                break  # another site, which this application does not answer for
            url = target
            over_tls = parts.scheme == "https" if parts.scheme else over_tls
            if response.status not in _REPEAT:
                method, body, json = ("HEAD" if method.upper() == "HEAD" else "GET"), b"", None
                fields = fields.without("content-type")
            response = await self._send(method, url, over_tls, fields, body, json, None)
        return response.after(tuple(history))

    def get(self, path: str, query: Mapping[str, object] | None = None, **options: Any) -> ClientResponse:
        """Send ``GET``; see `arequest` for the options."""
        return self.request("GET", path, query=query, **options)

    def head(self, path: str, query: Mapping[str, object] | None = None, **options: Any) -> ClientResponse:
        """Send ``HEAD``."""
        return self.request("HEAD", path, query=query, **options)

    def post(self, path: str, data: Data | bytes | str | None = None, **options: Any) -> ClientResponse:
        """Send ``POST``."""
        return self.request("POST", path, data=data, **options)

    def put(self, path: str, data: Data | bytes | str | None = None, **options: Any) -> ClientResponse:
        """Send ``PUT``."""
        return self.request("PUT", path, data=data, **options)

    def patch(self, path: str, data: Data | bytes | str | None = None, **options: Any) -> ClientResponse:
        """Send ``PATCH``."""
        return self.request("PATCH", path, data=data, **options)

    def delete(self, path: str, data: Data | bytes | str | None = None, **options: Any) -> ClientResponse:
        """Send ``DELETE``."""
        return self.request("DELETE", path, data=data, **options)

    def options(self, path: str, data: Data | bytes | str | None = None, **options: Any) -> ClientResponse:
        """Send ``OPTIONS``."""
        return self.request("OPTIONS", path, data=data, **options)

    async def aget(self, path: str, query: Mapping[str, object] | None = None, **options: Any) -> ClientResponse:
        """Async twin of `get`."""
        return await self.arequest("GET", path, query=query, **options)

    async def ahead(self, path: str, query: Mapping[str, object] | None = None, **options: Any) -> ClientResponse:
        """Async twin of `head`."""
        return await self.arequest("HEAD", path, query=query, **options)

    async def apost(self, path: str, data: Data | bytes | str | None = None, **options: Any) -> ClientResponse:
        """Async twin of `post`."""
        return await self.arequest("POST", path, data=data, **options)

    async def aput(self, path: str, data: Data | bytes | str | None = None, **options: Any) -> ClientResponse:
        """Async twin of `put`."""
        return await self.arequest("PUT", path, data=data, **options)

    async def apatch(self, path: str, data: Data | bytes | str | None = None, **options: Any) -> ClientResponse:
        """Async twin of `patch`."""
        return await self.arequest("PATCH", path, data=data, **options)

    async def adelete(self, path: str, data: Data | bytes | str | None = None, **options: Any) -> ClientResponse:
        """Async twin of `delete`."""
        return await self.arequest("DELETE", path, data=data, **options)

    async def aoptions(self, path: str, data: Data | bytes | str | None = None, **options: Any) -> ClientResponse:
        """Async twin of `options`."""
        return await self.arequest("OPTIONS", path, data=data, **options)

    @property
    def application(self) -> Any:
        """What is asked: the application given, or the current one."""
        return _current() if isinstance(self.app, _CurrentApp) else self.app

    def force_login(self, user: Any, backend: str | None = None) -> None:
        """Log ``user`` in, whatever the password; needs `partita.auth`.

        Args:
            user: Who visits.
            backend: Module and class of the backend that finds the user again; the first one unless given.
        """
        self.run(self.aforce_login(user, backend))

    async def aforce_login(self, user: Any, backend: str | None = None) -> None:
        """Async twin of `force_login`."""
        from partita.testing.visits import alog_in

        await alog_in(self, user, backend)

    def login(self, *given: str, **credentials: Any) -> bool:
        """Log in as a form would; tell whether the password is right.

        Args:
            given: What the user logs in with, such as an e-mail address, and the password.
            credentials: The same by name, such as ``username`` and ``password``, or others that a back end takes.
        """
        return self.run(self.alogin(*given, **credentials))

    async def alogin(self, *given: str, **credentials: Any) -> bool:
        """Async twin of `login`."""
        from partita.auth import aauthenticate
        from partita.testing.visits import alog_in, awithin_layers

        ask: Any = aauthenticate  # which takes them in two ways

        async def visit(request: Request) -> Any:
            return await ask(*given, **credentials, request=request)

        user = await awithin_layers(self, visit)
        if user is not None:
            await alog_in(self, user)
        return user is not None

    def logout(self) -> None:
        """Log out, and forget all cookies."""
        self.run(self.alogout())

    async def alogout(self) -> None:
        """Async twin of `logout`."""
        from partita.testing.visits import alog_out

        await alog_out(self)

    @property
    def session(self) -> "Session":
        """The visitor's session as it is now; what is changed in it counts once its ``save()`` is called."""
        return self.run(self.asession())

    async def asession(self) -> "Session":
        """Async twin of `session`; save it with ``await session.asave()``."""
        from partita.testing.visits import aopen_session

        return await aopen_session(self)

    def change_session(self, change: Callable[[Any], None]) -> None:
        """Let ``change`` change the visitor's session, such as ``lambda session: session.update(cart=[1])``."""
        self.run(self.achange_session(change))

    async def achange_session(self, change: Callable[[Any], None] | None = None) -> dict[str, object]:
        """Async twin of `change_session`; returns what is in the session then."""
        from partita.testing.visits import achange_session

        return await achange_session(self, change)

    def websocket(
        self, path: str, *, headers: Mapping[str, str] | None = None, subprotocols: Iterable[str] = ()
    ) -> "WebSocketTest":
        """Return a WebSocket to be entered by ``with`` or ``async with``.

        Args:
            path: Of its route.
            headers: For the handshake, such as ``{"Origin": ...}``.
            subprotocols: What the client offers, its favourite first.
        """
        from partita.testing.websockets import WebSocketTest

        return WebSocketTest(self, path, headers, subprotocols)

    def close(self) -> None:
        """Close the client's event loop; a later request makes a new one."""
        loop, self._loop = self._loop, None
        if loop is not None:
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.run_until_complete(loop.shutdown_default_executor())
            loop.close()

    def __enter__(self) -> "Client":
        self.run(_hook(self.app, "startup"))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.run(_hook(self.app, "shutdown"))
        finally:
            self.close()

    async def __aenter__(self) -> "Client":
        await _hook(self.app, "startup")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await _hook(self.app, "shutdown")

    def __del__(self) -> None:
        # Whatever loop runs where this is collected, ours may not run there any more.
        loop = getattr(self, "_loop", None)
        if loop is not None and not loop.is_closed():
            loop.close()

    def run(self, steps: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on the client's own event loop.

        Raises:
            ClientError: If a loop is running here already.
        """
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            pass
        else:
            steps.close()
            raise ClientError("An event loop is running here: use the async twin (aget, apost, ...), or async with.")
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
        # A copy made now, so that the application sees what the test has set (a language, a database).
        task = self._loop.create_task(steps, context=contextvars.copy_context())
        return self._loop.run_until_complete(task)

    async def _send(
        self,
        method: str,
        path: str,
        secure: bool,
        fields: Headers,
        body: bytes,
        json: object,
        query: Mapping[str, object] | None,
    ) -> ClientResponse:
        return await self.asend(self._build(method, path, secure, fields, body, json, query))

    def send(self, request: Request) -> ClientResponse:
        """Send a request that was made elsewhere, as it is, and return the answer; cookies that it sets are kept."""
        return self.run(self.asend(request))

    async def asend(self, request: Request) -> ClientResponse:
        """Async twin of `send`."""
        rendered: list[Rendered] = []
        request.state.fill(RENDERED, rendered)
        watched: list[Rendered] = []

        def watch(names: Sequence[str], context: Mapping[str, object]) -> None:
            watched.extend([Rendered(name, context) for name in names])

        before = RENDERING.set(watch)
        try:
            response = await self.app(request)
            content = b"" if request.method == "HEAD" else await response.aread()
        finally:
            RENDERING.reset(before)
        # Engines of other languages are not watched; of theirs views tell.
        known = {each.name for each in watched}
        rendered[:] = [*watched, *[each for each in rendered if each.name not in known]]
        self.take_cookies(request, response)
        if response.status >= 500 and self.raise_exceptions:
            _raise_failure(request)
        return ClientResponse(response, content, request, rendered=rendered)

    def _build(
        self,
        method: str,
        path: str,
        secure: bool,
        fields: Headers,
        body: bytes = b"",
        json: object = None,
        query: Mapping[str, object] | None = None,
    ) -> Request:
        parts = urlsplit(path)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        host = fields.get("host") or parts.netloc or self.host
        name = host.rpartition(":")[0] if ":" in host else host
        if "host" not in fields:
            fields = fields.with_header("host", host)
        if not self.enforce_csrf_checks and method.upper() not in _SAFE and _ORIGINS.isdisjoint(fields):
            fields = fields.with_header("sec-fetch-site", "same-origin")
        cookie = self.cookies.header(name, parts.path or "/", secure=secure)
        if cookie and "cookie" not in fields:
            fields = fields.with_header("cookie", cookie)
        return Request.build(
            method,
            target,
            headers=fields,
            body=body,
            json=json,
            query=query,
            scheme="https" if secure else "http",
            server=(name, 443 if secure else 80),
        )

    def build_request(self, method: str, path: str, *, headers: HeaderPairs = ()) -> Request:
        """Return the request that the client would send, with its headers and cookies, without sending it."""
        return self._build(method, path, self.secure, _merged(self.headers, Headers(headers), None))

    def take_cookies(self, request: Request, response: Response) -> None:
        """Keep the cookies that ``response`` sets, as a browser would after ``request``."""
        host = request.host
        name = host.rpartition(":")[0] if ":" in host else host
        for field in response.headers.get_all("set-cookie"):
            self.cookies.take(field, name, request.path)


class _CurrentApp:
    """Whichever application is current when it is asked."""

    def __call__(self, request: Request, /) -> Awaitable[Response]:
        return _current()(request)


def _current() -> Application:
    app: Any = CURRENT.get()
    if app is None:
        raise ClientError("No application is current: give the client one, or enter one first (`with app: ...`).")
    return cast("Application", app)


async def _hook(app: object, name: str) -> None:
    hook: Callable[[], Awaitable[None]] | None = getattr(app, name, None)
    if hook is not None:
        await hook()


def _raise_failure(request: Request) -> None:
    try:
        failure = request.state.by_name("failure")
    except SlotEmpty:
        return
    # What the application meant as an answer (a StatusError) stays one.
    if isinstance(failure, Exception) and not hasattr(failure, "status"):
        raise failure


def _body(data: Data | bytes | str | None, content_type: str | None) -> tuple[bytes, str | None]:
    if data is None:
        return b"", content_type
    if isinstance(data, bytes | str):
        raw = data.encode() if isinstance(data, str) else data
        return raw, content_type or (
            "text/plain; charset=utf-8" if isinstance(data, str) else "application/octet-stream"
        )
    given: Iterable[tuple[str, object]] = (
        cast("Mapping[str, object]", data).items() if isinstance(data, Mapping) else data
    )
    pairs: list[tuple[str, object]] = [
        (name, each) for name, value in given for each in (value if isinstance(value, list | tuple) else [value])
    ]
    refuse_none(pairs, "as POST data")
    wanted = (content_type or "").partition(";")[0].strip().lower()
    if wanted not in {"", MULTIPART, _URL_ENCODED}:
        raise TypeError(f"A form cannot be sent as {content_type}: pass bytes or text, or leave the content type out.")
    if wanted == MULTIPART or any(isinstance(value, UploadFile) or hasattr(value, "read") for _, value in pairs):
        boundary = f"partita-{secrets.token_hex(12)}"
        return encode_multipart(pairs, boundary), f"multipart/form-data; boundary={boundary}"
    form = Request.build("POST", "/", form=pairs)
    return form.read(), content_type or _URL_ENCODED


def _merged(common: Headers, own: Headers, kind: str | None) -> Headers:
    fields = common
    for name in dict.fromkeys(name.lower() for name, _ in own.items()):
        fields = fields.without(name)
    for name, value in own.items():
        fields = fields.with_added(name, value)
    return fields.with_header("content-type", kind) if kind is not None and "content-type" not in own else fields
