"""From immutable responses to drafts, for code that wants to change what somebody else answered."""

from collections.abc import AsyncIterable, AsyncIterator, Iterator

from partita.http.drafts.base import HttpResponseBase
from partita.http.drafts.responses import HttpResponse
from partita.http.drafts.streaming import StreamingHttpResponse
from partita.http.files import FileBody
from partita.http.response import Response, ResponseBody

__all__ = ("draft_response",)


def draft_response(response: Response, made_from: Response | None = None) -> HttpResponseBase:
    """Return a draft of ``response``; a draft is returned as it is.

    Args:
        response: What somebody answered.
        made_from: The draft that it may have been sealed from. If it still has that one's content and status, that one is returned,
            with the headers that it has now: a template's response with its context, and whatever else a view has put there.
    """
    if isinstance(response, HttpResponseBase):
        return response
    if isinstance(made_from, HttpResponseBase) and _is_sealed_from(response, made_from):
        made_from.take_headers(response)
        return made_from
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


def _is_sealed_from(response: Response, draft: HttpResponseBase) -> bool:
    return response.status == draft.status and response.body is draft.body


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
