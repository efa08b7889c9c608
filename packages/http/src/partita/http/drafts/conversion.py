"""From immutable responses to drafts, for code that wants to change what somebody else answered."""

from collections.abc import AsyncIterable, AsyncIterator, Iterator

from partita.http.drafts.base import HttpResponseBase
from partita.http.drafts.responses import HttpResponse
from partita.http.drafts.streaming import StreamingHttpResponse
from partita.http.files import FileBody
from partita.http.response import Response, ResponseBody

__all__ = ("draft_response",)


def draft_response(response: Response) -> HttpResponseBase:
    """Return a draft of ``response``; a draft is returned as it is."""
    if isinstance(response, HttpResponseBase):
        return response
    body = response.body
    draft: HttpResponseBase
    if isinstance(body, bytes):
        draft = HttpResponse(body, status=response.status)
    elif isinstance(body, FileBody):
        draft = _FileDraft(body, status=response.status)
    else:
        draft = StreamingHttpResponse(body, status=response.status)
    draft.take_headers(response)
    return draft


class _FileDraft(StreamingHttpResponse):
    """A file on disk, which the server may hand to the kernel as long as nobody changes the content."""

    @property
    def body(self) -> ResponseBody:
        """See `Response.body`."""
        return self._content

    def __iter__(self) -> Iterator[bytes]:
        content = self._content
        if isinstance(content, AsyncIterable) and not isinstance(content, FileBody):
            raise TypeError("This response is made by an async iterator: use `async for`, or `aread`.")
        return map(self.make_bytes, content)

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self.chunks()
