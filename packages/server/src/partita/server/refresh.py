"""Pages that load themselves again when the program has been started anew: for development."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any, cast

from partita.http import Request, Response
from partita.http.events import Event
from partita.server.applications import NativeApp

__all__ = ("BrowserRefresh",)

_PATH = "/__partita__/refresh"
_TAG = f'<script src="{_PATH}.js" defer></script>'.encode()
# Not within the page: a Content-Security-Policy would have to allow that, and 'self' is allowed nearly everywhere.
_SCRIPT = f"""(() => {{
  let run = null;
  const source = new EventSource("{_PATH}");
  source.onmessage = (event) => {{
    if (run !== null && run !== event.data) {{ source.close(); location.reload(); }}
    run = event.data;
  }};
  addEventListener("beforeunload", () => source.close());
}})();
"""


class BrowserRefresh:
    """Wraps an application: HTML pages get a script that reloads them when another run of the program answers.

    Args:
        app: Answers everything but the script and its stream of events.
    """

    def __init__(self, app: NativeApp) -> None:
        self._app = app
        self._run = secrets.token_urlsafe(8)
        self._stopping = asyncio.Event()
        for name in ("startup", "shutdown", "websocket"):
            if (found := getattr(app, name, None)) is not None:
                setattr(self, name, found)

    def stopping(self) -> None:
        """End the streams of events, for which the server would wait."""
        self._stopping.set()
        stopping = cast("Callable[[], Any] | None", getattr(self._app, "stopping", None))
        if stopping is not None:
            stopping()

    def __call__(self, request: Request, /) -> Awaitable[Response]:
        """Answer ``request``."""
        return self._answer(request)

    async def _answer(self, request: Request) -> Response:
        if request.path == _PATH:
            return Response.events(self._events(), retry=timedelta(milliseconds=200))
        if request.path == f"{_PATH}.js":
            headers = {"content-type": "text/javascript; charset=utf-8", "cache-control": "no-store"}
            return Response(_SCRIPT.encode(), 200, headers)
        return _with_script(await self._app(request))

    async def _events(self) -> AsyncIterator[Event]:
        yield Event(self._run)
        await self._stopping.wait()


def _with_script(response: Response) -> Response:
    body = response.body
    if not isinstance(body, bytes) or not response.content_type.startswith("text/html"):
        return response
    if "content-encoding" in response.headers:
        return response
    before, end, after = body.rpartition(b"</body>")
    if not end:
        return response
    # An ETag names other bytes than these, and a browser that has those would not ask again.
    return Response(before + _TAG + end + after, response.status, response.headers.without("etag"))
