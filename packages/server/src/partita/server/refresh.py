"""Pages that follow what is edited, by a WebSocket that tells them of changes: for development."""

import asyncio
import json
import re
import secrets
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from html import escape
from typing import Any, cast
from urllib.parse import quote

from partita.http import Request, Response
from partita.http.asgi import ASGIApp
from partita.server.applications import NativeApp
from partita.server.in_place import Changes, parents_channel

__all__ = ("BrowserRefresh",)

_PATH = "/__partita__/refresh"
_END = re.compile(rb"</body\s*>", re.IGNORECASE)
_PAGE = re.compile(rb"\s*<(?:!doctype html|html)\b", re.IGNORECASE)  # whose end tags may be left out
# Not within the page: a Content-Security-Policy would have to allow that, and 'self' is allowed nearly everywhere.
# A WebSocket, and no stream of events: of those, browsers hold six to one host with HTTP/1.1, so the seventh tab would hang.
_SCRIPT = """(() => {
  let run = null;
  const restyle = () => {
    for (const old of document.querySelectorAll('link[rel~="stylesheet"]')) {
      const address = new URL(old.href);
      if (address.origin !== location.origin) continue;
      address.searchParams.set("partita-refresh", Date.now());
      const fresh = old.cloneNode();
      fresh.href = address;
      fresh.onload = fresh.onerror = () => old.remove();
      old.after(fresh);
    }
  };
  const address = new URL(document.currentScript.src);  // which knows where the application is mounted
  address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
  address.pathname = address.pathname.replace(/[.]js$/, "");
  const connect = () => {
    const socket = new WebSocket(address);
    socket.onmessage = (event) => {
      const told = JSON.parse(event.data);
      if (run === null) run = told.run;
      if (told.change === "style") restyle();
      else if (told.change || told.run !== run) location.reload();
    };
    socket.onclose = () => setTimeout(connect, 200);
  };
  connect();
})();
"""

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class BrowserRefresh:
    """Wraps an application: HTML pages get a script that reloads them when files change or another run of the program answers.

    If only style sheets have changed, they are exchanged within the page.

    Args:
        app: Answers everything but the script and its WebSocket. If it is an `in_place.Reloadable`, it hears of changes.
        modules: Whether it hears of changed modules too; each one starts the program again otherwise.
    """

    def __init__(self, app: NativeApp, *, modules: bool = True) -> None:
        self._app, self._modules = app, modules
        self._run = secrets.token_urlsafe(8)
        self._open: set[asyncio.Queue[str]] = set()
        self._changes: Changes | None = None
        if (shutdown := getattr(app, "shutdown", None)) is not None:
            self.shutdown = shutdown

    async def startup(self) -> None:
        """Start the application, and listen to the parent process."""
        startup = cast("Callable[[], Awaitable[None]] | None", getattr(self._app, "startup", None))
        if startup is not None:
            await startup()
        channel = parents_channel()
        if channel is not None:
            self._changes = Changes(channel, self._reload, self.tell)
            await self._changes.start()

    def _reload(self, paths: Sequence[str]) -> str:
        reload = cast("Callable[[Sequence[str]], str] | None", getattr(self._app, "reload", None))
        if reload is None:
            return "the application cannot take changes in"
        if not self._modules and any(path.endswith(".py") for path in paths):
            return "modules are not to be exchanged"
        return reload(paths)

    def stopping(self) -> None:
        """Let go of what the server would wait for."""
        if self._changes is not None:
            self._changes.stop()
        for queue in self._open:
            queue.put_nowait("")
        stopping = cast("Callable[[], Any] | None", getattr(self._app, "stopping", None))
        if stopping is not None:
            stopping()

    def tell(self, paths: Sequence[str]) -> None:
        """Tell all open pages that files have changed."""
        change = "style" if all(path.endswith(".css") for path in paths) else "page"
        for queue in self._open:
            queue.put_nowait(change)

    def __call__(self, request: Request, /) -> Awaitable[Response]:
        """Answer ``request``."""
        return self._answer(request)

    async def _answer(self, request: Request) -> Response:
        if request.path == f"{_PATH}.js":
            headers = {"content-type": "text/javascript; charset=utf-8", "cache-control": "no-store"}
            return Response(_SCRIPT.encode(), 200, headers)
        return _with_script(await self._app(request), request.root_path)

    async def websocket(self, scope: Message, receive: Receive, send: Send) -> None:
        """Tell a page of changes, or leave a WebSocket to the application; called as ASGI says."""
        if scope["path"].removeprefix(scope.get("root_path", "")) != _PATH:
            websocket = cast("ASGIApp | None", getattr(self._app, "websocket", None))
            await (websocket or _refuse)(scope, receive, send)
            return
        await receive()
        await send({"type": "websocket.accept"})
        queue: asyncio.Queue[str] = asyncio.Queue()
        self._open.add(queue)
        leaving = asyncio.ensure_future(_until_it_leaves(receive, queue))
        try:
            await send({"type": "websocket.send", "text": json.dumps({"run": self._run})})
            while change := await queue.get():
                await send({"type": "websocket.send", "text": json.dumps({"run": self._run, "change": change})})
            await send({"type": "websocket.close", "code": 1012})  # "service restart"
        except OSError:  # the page has gone
            pass
        finally:
            self._open.discard(queue)
            leaving.cancel()


async def _until_it_leaves(receive: Receive, queue: "asyncio.Queue[str]") -> None:
    while (await receive())["type"] != "websocket.disconnect":
        pass
    queue.put_nowait("")


async def _refuse(scope: Message, receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "websocket.close"})


def _with_script(response: Response, root_path: str) -> Response:
    body = response.body
    if not isinstance(body, bytes) or not response.content_type.startswith("text/html"):
        return response
    if "content-encoding" in response.headers:
        return response
    ends = [*_END.finditer(body)]
    if not ends and not _PAGE.match(body):
        return response  # a part of a page, which has the script already
    at = ends[-1].start() if ends else len(body)
    # An ETag names other bytes than these, and a browser that has those would not ask again.
    tag = f'<script src="{escape(quote(root_path))}{_PATH}.js" defer></script>'.encode()
    return Response(body[:at] + tag + body[at:], response.status, response.headers.without("etag"))
