"""Mail about links of this site that lead nowhere."""

import logging
import re
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from time import monotonic
from urllib.parse import urlsplit

from partita.contracts.mail import Mailer
from partita.http.errors import BadRequest, StatusError
from partita.http.handlers import HOST, Handler, Layer
from partita.http.request import Request
from partita.http.response import Response

__all__ = ("broken_links_layer",)

_log = logging.getLogger("partita.http.broken_links")
_REMEMBERED = 1000
_SHOWN = 500  # characters of what the client wrote


def broken_links_layer(
    mailer: Mailer,
    to: Sequence[str],
    *,
    ignore: Iterable[str] = (),
    per_hour: int = 20,
    append_slash: bool = True,
) -> Layer:
    """Return the layer for ``App(middleware=[...])`` that writes to whoever mends links when a page of this site leads to a 404.

    Only links of this site's own pages count, as the ``Referer`` tells them. Anybody can write that header, so each link is told
    once, and there is a limit; what is beyond it is only logged. Leave the layer out in development.

    Args:
        mailer: Sends the mail.
        to: Addresses.
        ignore: Regular expressions that are searched for in path and query, such as ``r"^/favicon\\.ico$"``: nothing is told of them.
        per_hour: Messages, at most.
        append_slash: Whether the application redirects ``/cart`` to ``/cart/``; then a page that leads to itself with a slash more or
            less is a robot's doing.

    Raises:
        ValueError: If there is nobody to write to, or an expression cannot be read.
    """
    if isinstance(to, str) or not to:
        raise ValueError("broken_links_layer() needs a list of addresses to write to")
    try:
        ignored = [re.compile(each) for each in ignore]
    except re.error as error:
        raise ValueError(f"{error.pattern!r:.80} in ignore is no regular expression: {error}") from error
    told = _Told(per_hour)

    async def tell(request: Request) -> None:
        link = _broken_link(request, ignored, append_slash)
        if link is None or not told.is_new(link, monotonic()):
            return
        referrer, target = link
        lines = (
            ("Referrer", referrer),
            ("Requested URL", target),
            ("User agent", request.headers.get("user-agent", "<none>")),
            ("IP address", request.client[0] if request.client else "<none>"),
        )
        body = "".join(f"{name}: {value[:_SHOWN]}\n" for name, value in lines)
        try:
            await mailer.asend(f"Broken link on {request.host}", body, to)
        except Exception as error:  # noqa: BLE001 - the visitor gets the answer whatever becomes of the mail
            _log.error("Nobody could be told of the broken link %r on %r", target[:200], referrer[:200], exc_info=error)

    def middleware(handler: Handler) -> Handler:
        async def watching(request: Request) -> Response:
            try:
                response = await handler(request)
            except StatusError as error:
                if error.status == 404:
                    await tell(request)
                raise
            if response.status == 404:
                await tell(request)
            return response

        return watching

    return Layer(HOST + 20, middleware, "broken links")


def _broken_link(request: Request, ignored: "list[re.Pattern[str]]", append_slash: bool) -> "tuple[str, str] | None":
    """Return the page and the path that it leads to; None if that is nobody's mistake here."""
    referrer, target = request.headers.get("referer", ""), request.full_path
    if not referrer or any(each.search(target) for each in ignored):
        return None
    try:
        parts, host = urlsplit(referrer), request.host
    except (BadRequest, ValueError):
        return None
    if parts.scheme not in {"http", "https"} or parts.netloc.lower() != host:
        return None
    there = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    # Robots name the page that they ask for as the one they came from.
    if there == target or (append_slash and there.rstrip("/") == target.rstrip("/")):
        return None
    return referrer, target


class _Told:
    """What was told already, and how much in this hour."""

    __slots__ = ("_begin", "_count", "_links", "_per_hour")

    def __init__(self, per_hour: int) -> None:
        self._per_hour, self._count = per_hour, 0
        self._begin = float("-inf")
        self._links: OrderedDict[tuple[str, str], None] = OrderedDict()

    def is_new(self, link: tuple[str, str], now: float) -> bool:
        if link in self._links:
            self._links.move_to_end(link)
            return False
        if now - self._begin >= 3600:
            self._begin, self._count = now, 0
        if self._count >= self._per_hour:
            _log.warning(
                "More broken links than %d in an hour: %r leads to %r", self._per_hour, *[each[:200] for each in link]
            )
            return False
        self._count += 1
        self._links[link] = None
        if len(self._links) > _REMEMBERED:
            self._links.popitem(last=False)
        return True
