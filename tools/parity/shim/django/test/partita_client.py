"""Django's arguments of the test client, for partita's client and the current application."""

from __future__ import annotations

from typing import Any

from harness import adapter  # pyright: ignore[reportMissingImports]

from partita.http import Request
from partita.testing import Client as PartitaClient
from partita.testing import ClientResponse

__all__ = ("AsyncClient", "Client", "RequestFactory")


class TestResponse(ClientResponse):
    """An answer whose attributes have Django's names."""

    __slots__ = ("client", "wsgi_request")

    def __init__(self, made: ClientResponse, client: Client) -> None:
        super().__init__(made.response, made.content, made.request, made.history)
        self.client, self.wsgi_request = client, made.request
        sent = made.request
        self.request: Any = {"REQUEST_METHOD": sent.method, "PATH_INFO": sent.path, "QUERY_STRING": sent.query_string}

    streaming = False  # it has been read to its end
    charset = "utf-8"

    @property
    def url(self) -> str:
        """Where a redirect leads."""
        return self.headers["location"]

    def __getitem__(self, name: str) -> str:
        return self.headers[name]


class Client(PartitaClient):
    """Asks the application that is current when the request is made."""

    def __init__(
        self,
        enforce_csrf_checks: bool = False,
        raise_request_exception: bool = True,
        *,
        headers: Any = None,
        **defaults: Any,
    ) -> None:
        # A browser says so of a form on the site's own page, which is what a test without checks stands for.
        own = {} if enforce_csrf_checks else {"sec-fetch-site": "same-origin"}
        super().__init__(_answer, headers={**own, **(headers or {})}, raise_exceptions=raise_request_exception)
        self.defaults: dict[str, Any] = defaults
        self.extra = defaults

    async def arequest(self, method: str, path: str, **options: Any) -> TestResponse:
        """Send a request; variables of a WSGI environment become headers."""
        headers = dict(options.pop("headers", None) or {})
        given = {name: options.pop(name) for name in list(options) if name.isupper()}
        for name, value in (self.defaults | given).items():
            headers[name.removeprefix("HTTP_").replace("_", "-")] = value
        return TestResponse(await super().arequest(method, path, headers=headers, **options), self)


class AsyncClient(Client):
    """The same with the names of the async methods that Django has."""

    get: Any = PartitaClient.aget
    head: Any = PartitaClient.ahead
    post: Any = PartitaClient.apost
    put: Any = PartitaClient.aput
    patch: Any = PartitaClient.apatch
    delete: Any = PartitaClient.adelete
    options: Any = PartitaClient.aoptions


class RequestFactory:
    """Makes requests without an application."""

    def __init__(self, *, headers: Any = None, **defaults: Any) -> None:
        self.headers = dict(headers or {})

    def get(self, path: str, data: Any = None, *, headers: Any = None, **extra: Any) -> Request:
        """Return a request for reading."""
        return Request.build("GET", str(path), query=data, headers={**self.headers, **(headers or {})})

    def post(self, path: str, data: Any = None, *, headers: Any = None, **extra: Any) -> Request:
        """Return a request with a form."""
        return Request.build("POST", str(path), form=data, headers={**self.headers, **(headers or {})})


async def _answer(request: Any) -> Any:
    return await adapter.current().handle(request)
