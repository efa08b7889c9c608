"""Responses that can be changed and have their whole content."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, cast

from partita.http.drafts.base import HttpResponseBase
from partita.http.encoding import encode_json

if TYPE_CHECKING:
    from json import JSONEncoder

__all__ = ("HttpResponse", "JsonResponse")


class HttpResponse(HttpResponseBase):
    """A response with its whole content, which is also a file to write to.

    Args:
        content: Bytes, text, or an iterable of either, which is used up.
        content_type: See `HttpResponseBase`.
        status: See `HttpResponseBase`.
        reason: See `HttpResponseBase`.
        charset: See `HttpResponseBase`.
        headers: See `HttpResponseBase`.
    """

    def __init__(
        self,
        content: object = b"",
        content_type: str | None = None,
        status: int | None = None,
        reason: str | None = None,
        charset: str | None = None,
        headers: "Mapping[str, object] | Iterable[tuple[str, object]] | None" = None,
    ) -> None:
        super().__init__(content_type, status, reason, charset, headers)
        self._parts: list[bytes] = []
        self.content = content

    @property
    def body(self) -> bytes:
        """See `Response.body`."""
        return self.content

    @property
    def content(self) -> bytes:
        """The bytes; anything of which `make_bytes` makes bytes may be set."""
        if len(self._parts) > 1:
            self._parts = [b"".join(self._parts)]
        return self._parts[0] if self._parts else b""

    @content.setter
    def content(self, value: object) -> None:
        if isinstance(value, Iterable) and not isinstance(value, bytes | bytearray | memoryview | str):
            self._parts = [self.make_bytes(part) for part in value]
            if close := getattr(value, "close", None):
                close()
        else:
            self._parts = [self.make_bytes(value)]

    @property
    def text(self) -> str:  # type: ignore[override]  # here it reads, as in Django, where Response.text makes
        """The content as text."""
        return self.content.decode(self.charset)

    def __iter__(self) -> Iterator[bytes]:
        return iter([self.content])

    def write(self, content: object) -> None:
        """Add to the content."""
        self._parts.append(self.make_bytes(content))

    def writelines(self, lines: Iterable[object]) -> None:
        """Add several pieces to the content."""
        self._parts += [self.make_bytes(line) for line in lines]

    def writable(self) -> bool:
        """Tell whether `write` works: always."""
        return True

    def tell(self) -> int:
        """Return the length of the content."""
        return sum(map(len, self._parts))

    def getvalue(self) -> bytes:
        """Return the content."""
        return self.content


class JsonResponse(HttpResponse):
    """JSON.

    Args:
        data: What msgspec encodes, or ``encoder``.
        encoder: Makes the text with the standard library instead, for code that has one.
        safe: Refuse anything but a dict.
        json_dumps_params: For the standard library's ``json.dumps``, such as ``{"indent": 2}``.
        status: See `HttpResponseBase`.
        content_type: See `HttpResponseBase`.
        headers: See `HttpResponseBase`.

    Raises:
        TypeError: If ``data`` is no dict and ``safe`` is set.
    """

    def __init__(
        self,
        data: object,
        encoder: "type[JSONEncoder] | None" = None,
        safe: bool = True,
        json_dumps_params: Mapping[str, object] | None = None,
        *,
        status: int | None = None,
        content_type: str = "application/json",
        headers: Mapping[str, object] | None = None,
    ) -> None:
        if safe and not isinstance(data, dict):
            raise TypeError("In order to allow non-dict objects to be serialized set the safe parameter to False.")
        parameters = json_dumps_params or {}
        if encoder is None and not parameters:
            content: bytes | str = encode_json(data)
        else:
            import json

            if encoder is None and parameters.keys().isdisjoint(("cls", "default")):
                data = json.loads(encode_json(data))  # dates and the like are written as without parameters
            dumps = cast("Callable[..., str]", json.dumps)
            content = dumps(data, **({"cls": encoder} if encoder else {}), **parameters)
        super().__init__(content, content_type, status, headers=headers)
