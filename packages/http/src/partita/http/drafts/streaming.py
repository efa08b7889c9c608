"""Responses that can be changed and are made while they are sent."""

import os
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator, Mapping
from typing import IO

from partita.http.disposition import content_disposition
from partita.http.drafts.base import HttpResponseBase
from partita.http.file_types import content_type_of
from partita.http.files import FileBody
from partita.http.response import ResponseBody
from partita.http.streams import iterate

__all__ = ("FileResponse", "StreamingHttpResponse")

_CHUNK = 65_536


class StreamingHttpResponse(HttpResponseBase):
    """A response that is made while it is sent.

    Args:
        streaming_content: An async iterator runs on the event loop, a plain one step by step in a worker thread.
        content_type: See `HttpResponseBase`.
        status: See `HttpResponseBase`.
        reason: See `HttpResponseBase`.
        charset: See `HttpResponseBase`.
        headers: See `HttpResponseBase`.
    """

    streaming = True

    def __init__(
        self,
        streaming_content: "AsyncIterable[bytes | str] | Iterable[bytes | str]" = (),
        content_type: str | None = None,
        status: int | None = None,
        reason: str | None = None,
        charset: str | None = None,
        headers: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(content_type, status, reason, charset, headers)
        self._opened: list[Callable[[], object]] = []
        self.streaming_content = streaming_content

    @property
    def body(self) -> ResponseBody:
        """See `Response.body`."""
        return self._content

    @property
    def streaming_content(self) -> "AsyncIterable[bytes] | Iterable[bytes]":
        """The content as bytes, piece by piece; what has been taken from it is not sent any more."""
        return self.__aiter__() if self.is_async else iter(self._content)  # type: ignore[arg-type,return-value]

    @streaming_content.setter
    def streaming_content(self, value: "AsyncIterable[bytes | str] | Iterable[bytes | str]") -> None:
        self._content: ResponseBody
        if isinstance(value, _FileChunks | FileBody):
            self._content = value
        elif isinstance(value, AsyncIterable):
            self._content = _encoded(value, self.make_bytes)
        else:  # a list, too, can be gone through only once, as most contents: so it shows at once who does that
            self._content = _Encoded(value, self.make_bytes)
        close = getattr(value, "close", None)
        if close is not None:
            self._opened.append(close)

    @property
    def is_async(self) -> bool:
        """Whether the content is an async iterator."""
        return isinstance(self._content, AsyncIterable)

    @property
    def content(self) -> bytes:
        """There is none.

        Raises:
            AttributeError: Always.
        """
        raise AttributeError(
            f"This {type(self).__name__} instance has no `content` attribute. Use `streaming_content`."
        )

    @property
    def text(self) -> str:  # type: ignore[override]  # as in Django, where Response.text makes
        """There is none.

        Raises:
            AttributeError: Always.
        """
        raise AttributeError(f"This {type(self).__name__} instance has no `text` attribute. Use `streaming_content`.")

    def close(self) -> None:
        """Close everything that has been its content."""
        super().close()
        opened, self._opened = self._opened, []
        for close in opened:
            close()

    def __iter__(self) -> Iterator[bytes]:
        if isinstance(self._content, AsyncIterable):
            raise TypeError("This response is made by an async iterator: use `async for`, or `aread`.")
        return map(self.make_bytes, self._content)

    def __aiter__(self) -> AsyncIterator[bytes]:
        return iterate(self._content)

    def getvalue(self) -> bytes:
        """Return the whole content, which uses it up."""
        return b"".join(self)


class _Encoded:
    """Chunks as bytes; whoever sends them knows neither the charset nor how to write a number or a lazy text."""

    def __init__(self, chunks: Iterable[object], encode: Callable[[object], bytes]) -> None:
        self._chunks, self._encode = iter(chunks), encode

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        chunk = next(self._chunks)
        return chunk if type(chunk) is bytes else self._encode(chunk)

    def close(self) -> None:
        """End what makes them."""
        if close := getattr(self._chunks, "close", None):
            close()


async def _encoded(chunks: AsyncIterable[object], encode: Callable[[object], bytes]) -> AsyncIterator[bytes]:
    """Give the same of an async iterator."""
    iterator = aiter(chunks)
    try:
        async for chunk in iterator:
            yield chunk if type(chunk) is bytes else encode(chunk)
    finally:
        if close := getattr(iterator, "aclose", None):
            await close()


class FileResponse(StreamingHttpResponse):
    """A response that sends an open file and closes it.

    Args:
        open_file: Open for reading bytes; sent from where it stands.
        as_attachment: Ask the client to save it instead of showing it.
        filename: What the client should call it if it is saved; the file's own name by default.
        content_type: Guessed from the name by default.
        status: See `HttpResponseBase`.
        headers: See `HttpResponseBase`.
    """

    def __init__(
        self,
        open_file: IO[bytes],
        as_attachment: bool = False,
        filename: str = "",
        content_type: str | None = None,
        status: int | None = None,
        headers: Mapping[str, object] | None = None,
    ) -> None:
        own = getattr(open_file, "name", "")
        name = filename or (os.path.basename(own) if isinstance(own, str) else "")
        given = content_type is None and any(key.lower() == "content-type" for key in headers or ())
        kind = None if given else content_type or content_type_of(name)
        super().__init__(_FileChunks(open_file), kind, status, headers=headers)
        if (size := _bytes_left(open_file)) is not None:
            self.setdefault("content-length", size)
        if name:
            self.setdefault("content-disposition", content_disposition(name, as_attachment))
        elif as_attachment:
            self.setdefault("content-disposition", "attachment")
        self.file_to_stream = open_file

    def close(self) -> None:
        """Close the file."""
        super().close()
        self.file_to_stream.close()


class _FileChunks:
    """An open file as chunks."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def __iter__(self) -> Iterator[bytes]:
        while chunk := self._file.read(_CHUNK):
            yield chunk

    def close(self) -> None:
        """Close the file; whoever sends the chunks calls this."""
        self._file.close()


def _bytes_left(file: IO[bytes]) -> int | None:
    try:
        view = getattr(file, "getbuffer", None)
        if view is not None:  # in memory, whether it can be positioned or not
            with view() as buffer:
                return max(len(buffer) - file.tell(), 0)
        if not file.seekable():
            return None
        here = file.seek(0, os.SEEK_CUR)
        end = file.seek(0, os.SEEK_END)
        file.seek(here)
    except (AttributeError, OSError):
        return None
    return max(end - here, 0)
