"""What a test sees of an answer."""

from collections import ChainMap
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar, cast, overload

import msgspec

from partita.http import Headers, Request, Response
from partita.http.rendering import Rendered

__all__ = ("ClientResponse",)

T = TypeVar("T")


class ClientResponse:
    """An answer that has been read to its end.

    Args:
        response: What the application answered.
        content: Its whole body.
        request: What was asked.
        history: The redirects that led here, the first one first.
        rendered: The templates that views rendered for it.
    """

    __slots__ = ("_response", "content", "history", "rendered", "request")

    def __init__(
        self,
        response: Response,
        content: bytes,
        request: Request,
        history: "tuple[ClientResponse, ...]" = (),
        rendered: Sequence[Rendered] = (),
    ) -> None:
        self._response, self.content, self.request, self.history = response, content, request, history
        self.rendered = rendered

    def after(self, history: "tuple[ClientResponse, ...]") -> "ClientResponse":
        """Return the same with the redirects that led here."""
        return ClientResponse(self._response, self.content, self.request, history, self.rendered)

    @property
    def templates(self) -> Sequence[Rendered]:
        """The templates that views rendered, each with its ``name``; not those that these include or extend."""
        return self.rendered

    @property
    def context(self) -> Mapping[str, object] | None:
        """The names that the view gave its template, those of the first template first; None if there was no template."""
        return ChainMap(*[dict(each.context) for each in self.rendered]) if self.rendered else None

    @property
    def resolver_match(self) -> Any:
        """The route that led to the view, or None."""
        return self.request.state.get_by_name("match")

    def __getitem__(self, name: str) -> str:
        return self.headers[name]

    def has_header(self, name: str) -> bool:
        """Tell whether there is such a field."""
        return name in self.headers

    @property
    def url(self) -> str:
        """Where a redirect leads.

        Raises:
            AttributeError: If it is none.
        """
        if "location" not in self.headers:
            raise AttributeError(f"An answer with status {self.status} leads nowhere else")
        return self.headers["location"]

    @property
    def exc_info(self) -> BaseException | None:
        """What the view raised, if the application has made an answer of it."""
        return cast("BaseException | None", self.request.state.get_by_name("failure"))

    @property
    def status(self) -> int:
        """The status code."""
        return self._response.status

    status_code = status

    @property
    def headers(self) -> Headers:
        """The header fields."""
        return self._response.headers

    @property
    def response(self) -> Response:
        """What the application returned."""
        return self._response

    @property
    def content_type(self) -> str:
        """The media type without parameters, in lower case."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def text(self) -> str:
        """The body as text, by the charset of its content type."""
        _, _, charset = self.headers.get("content-type", "").lower().partition("charset=")
        return self.content.decode(charset.strip(' "') or "utf-8")

    @property
    def location(self) -> str:
        """Where a redirect leads, or nothing."""
        return self.headers.get("location", "")

    @property
    def redirect_chain(self) -> list[tuple[str, int]]:
        """The redirects that led here: where to, and with which status; Django's form of `history`."""
        return [(each.location, each.status) for each in self.history]

    @overload
    def json(self) -> object: ...
    @overload
    def json(self, type: type[T]) -> T: ...
    def json(self, type: "type[T] | type[object]" = object) -> object:
        """Return the body decoded from JSON.

        Args:
            type: Anything msgspec decodes to.

        Raises:
            ValueError: If the content type does not say JSON, or the body is none.
        """
        if self.content_type != "application/json" and not self.content_type.endswith("+json"):
            raise ValueError(
                f"the content type is {self.content_type!r}, not JSON; the body begins {self.content[:80]!r}"
            )
        return msgspec.json.decode(self.content) if type is object else msgspec.json.decode(self.content, type=type)

    def __repr__(self) -> str:
        return f"<ClientResponse {self.status} {self.content_type!r} for {self.request.method} {self.request.path}>"
