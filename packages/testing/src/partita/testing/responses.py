"""What a test sees of an answer."""

from collections import ChainMap
from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeVar, cast, overload

import msgspec

from partita.http import Headers, Request, Response
from partita.http.media_types import parse_media_type
from partita.http.rendering import Rendered

if TYPE_CHECKING:
    from http.cookies import SimpleCookie

__all__ = ("ClientResponse",)

T = TypeVar("T")


class ClientResponse:
    """An answer that has been read to its end.

    Args:
        response: What the application answered.
        content: Its whole body.
        request: What was asked.
        history: The redirects that led here, the first one first.
        rendered: The templates that were rendered for it.
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
        """The templates that were rendered, each with its ``name``, and those that they extend; not those that these include."""
        return self.rendered

    @property
    def context(self) -> Mapping[str, object] | None:
        """The names that the first template had, then those of the others; None if there was no template."""
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

    def __contains__(self, name: object) -> bool:
        return name in self.headers

    def get(self, name: str, default: str | None = None) -> str | None:
        """Return a field's value, or ``default``."""
        return self.headers.get(name, default)

    def items(self) -> list[tuple[str, str]]:
        """Return the fields as pairs of name and value."""
        return self.headers.items()

    def __iter__(self) -> Iterator[bytes]:
        return iter((self.content,))

    def getvalue(self) -> bytes:
        """Return the whole body; another name of `content`."""
        return self.content

    @property
    def cookies(self) -> "SimpleCookie":
        """The cookies that this answer sets, as the standard library has them; `Client.cookies` has all that are kept."""
        from http.cookies import SimpleCookie

        jar = SimpleCookie()
        for line in self.headers.get_all("set-cookie"):
            jar.load(line)
        for morsel in jar.values():
            if morsel["max-age"]:
                morsel["max-age"] = int(morsel["max-age"])  # as whoever set it wrote it
        return jar

    @property
    def reason_phrase(self) -> str:
        """What people call the status."""
        try:
            return HTTPStatus(self.status).phrase
        except ValueError:
            return "Unknown Status Code"

    @property
    def charset(self) -> str:
        """Of the text, as the content type names it; ``utf-8`` if it names none."""
        kind = self.headers.get("content-type")
        return parse_media_type(kind).parameters.get("charset", "utf-8") if kind else "utf-8"

    def close(self) -> None:
        """Do nothing: the answer has been read to its end."""

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
        return self.content.decode(self.charset)

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
