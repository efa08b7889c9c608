"""103 Early Hints (RFC 8297): what a page will need is named while the page is still being made."""

import re
from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock

from partita.contracts.key import Key
from partita.http import Handler, Request, Response

__all__ = ("EARLY_HINTS", "EarlyHints")

_PAGES = 500
_MOST = 20  # files of one page
_HEAD = 16_384  # bytes in which a page names its style sheets and scripts
_TAG = re.compile(rb"<(link|script)\b([^<>]{0,1000})>", re.IGNORECASE)
_ATTRIBUTE = re.compile(
    rb"""\b(rel|href|src|type|crossorigin)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?""", re.IGNORECASE
)
# What goes into a field within <>; an address of ours, which others see in the page anyway.
_OURS = re.compile(r"/(?!/)[!#-;=?-\[\]_a-z~]{1,500}")


class EarlyHints:
    """Remembers which style sheets and scripts each page has named, and names them at once when it is asked for again.

    That is what templates wrote with ``{% static %}``, so with a manifest the names are those with hashes. Only pages that were
    made with status 200 count, and only files on the page's own host.

    Args:
        pages: To remember, by path; the one that was not asked for longest makes room.
    """

    __slots__ = ("_known", "_lock", "_pages")

    def __init__(self, pages: int = _PAGES) -> None:
        self._known: OrderedDict[str, tuple[str, ...]] = OrderedDict()
        self._lock, self._pages = Lock(), pages

    def __call__(self, request: Request) -> Sequence[str]:
        """Return the values of ``Link`` to send before the answer; what the server asks."""
        # Browsers heed them for whole pages only (and say so); for anything else they would be waste.
        if request.method != "GET" or request.headers.get("sec-fetch-mode", "navigate") != "navigate":
            return ()
        with self._lock:
            found = self._known.get(request.path, ())
            if found:
                self._known.move_to_end(request.path)
            return found

    def layer(self, handler: Handler) -> Handler:
        """Learn from the answers: a middleware."""

        async def learning(request: Request) -> Response:
            response = await handler(request)
            body = response.body
            if (
                request.method == "GET"
                and response.status == 200
                and isinstance(body, bytes)
                and response.content_type.startswith("text/html")
                and "content-encoding" not in response.headers
            ):
                self._learn(request.path, links_of(body[:_HEAD]))
            return response

        return learning

    def _learn(self, path: str, links: tuple[str, ...]) -> None:
        if links == self._known.get(path, ()):
            return
        with self._lock:
            if links:
                self._known[path] = links
                if len(self._known) > self._pages:
                    self._known.popitem(last=False)
            else:
                self._known.pop(path, None)


def links_of(page: bytes) -> tuple[str, ...]:
    """Return the values of ``Link`` (RFC 8288) for the style sheets and scripts that the head of a page names."""
    from html import unescape  # its table of characters is big, and not every application makes pages

    found: dict[str, None] = {}
    for tag, inside in _TAG.findall(page):
        given = {name.lower(): one or two or three for name, one, two, three in _ATTRIBUTE.findall(inside)}
        if tag.lower() == b"script":
            address, kind = given.get(b"src", b""), "modulepreload" if given.get(b"type") == b"module" else "script"
        else:
            address, kind = given.get(b"href", b""), "style" if given.get(b"rel", b"").lower() == b"stylesheet" else ""
        text = unescape(address.decode("latin-1"))
        if not kind or b"crossorigin" in given or not _OURS.fullmatch(text):
            continue
        found[f"<{text}>; rel=modulepreload" if kind == "modulepreload" else f"<{text}>; rel=preload; as={kind}"] = None
    return tuple(found)[:_MOST]


EARLY_HINTS = Key[EarlyHints]("partita.web.early_hints")
"""What the server asks for hints, if ``[web] early_hints`` is on."""
