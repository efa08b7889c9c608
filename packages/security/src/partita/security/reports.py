"""Reports that browsers send about broken policies, gathered in groups (W3C Reporting API; CSP level 3, section 5)."""

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from typing import Any, Protocol
from urllib.parse import urlsplit

import msgspec

from partita.http.errors import BadRequest, ContentTooLarge, MethodNotAllowed, UnsupportedMediaType
from partita.http.request import Request
from partita.http.response import Response

__all__ = ("MemoryReports", "Report", "ReportGroup", "ReportStore", "parse_reports", "report_view")

_log = logging.getLogger("partita.security.reports")
_MOST_BYTES = 65_536
_MOST_REPORTS = 100
_LONGEST = 500
_MOST_LINES = 60  # a minute: whoever invents causes fills no log


class Report(msgspec.Struct, frozen=True):
    """One report, its texts cut short; whoever sent it may have invented all of it.

    Args:
        kind: ``csp-violation``, ``deprecation``, ``coep``, …
        directive: Of the policy, for a CSP report.
        blocked: What was blocked: an origin, or a word such as ``inline`` and ``eval``.
        page: Address without query and fragment, in which there may be secrets.
        source: File, line and column where it happened, as far as they are known.
        sample: The beginning of the script, if the policy has ``'report-sample'``.
        disposition: ``enforce`` or ``report``.
    """

    kind: str
    directive: str = ""
    blocked: str = ""
    page: str = ""
    source: str = ""
    sample: str = ""
    disposition: str = ""

    @property
    def group(self) -> tuple[str, str, str, str]:
        """What reports of one cause have in common."""
        return (self.kind, self.directive, self.blocked, self.page)


class ReportGroup(msgspec.Struct, frozen=True):
    """Reports of one cause.

    Args:
        latest: The last of them.
        count: How many there were.
        first_seen: Seconds since 1970.
        last_seen: Seconds since 1970.
    """

    latest: Report
    count: int
    first_seen: float
    last_seen: float


class ReportStore(Protocol):
    """Keeps reports."""

    async def arecord(self, report: Report) -> bool:
        """Keep a report; tell whether it is the first of its group."""
        ...


class MemoryReports:
    """Keeps groups of reports in the memory of one process.

    Args:
        largest: How many groups; of more, those that nothing was heard of for longest are forgotten.
        clock: Seconds since 1970.
    """

    __slots__ = ("_clock", "_groups", "_largest", "_lock")

    def __init__(self, largest: int = 1000, clock: Callable[[], float] = time.time) -> None:
        self._largest, self._clock = largest, clock
        self._groups: OrderedDict[tuple[str, ...], ReportGroup] = OrderedDict()
        self._lock = threading.Lock()

    async def arecord(self, report: Report) -> bool:
        """See `ReportStore.arecord`."""
        now = self._clock()
        with self._lock:
            known = self._groups.get(report.group)
            first, count = (now, 0) if known is None else (known.first_seen, known.count)
            self._groups[report.group] = ReportGroup(report, count + 1, first, now)
            self._groups.move_to_end(report.group)
            while len(self._groups) > self._largest:
                self._groups.popitem(last=False)
        return known is None

    def groups(self) -> list[ReportGroup]:
        """Return the groups, the most frequent first."""
        with self._lock:
            return sorted(self._groups.values(), key=lambda group: -group.count)


def report_view(
    store: ReportStore, clock: Callable[[], float] = time.monotonic
) -> Callable[[Request], Coroutine[Any, Any, Response]]:
    """Return the view for ``report-uri``, and for the URLs in ``[security] reporting_endpoints``; it takes posts of any site.

    In routes: ``path("reports/", report_view(MemoryReports()))``.

    The first report of each group is logged, of at most 60 groups a minute. Anybody can send anything here: put a rate limit before it,
    and believe none of it.

    Args:
        store: Keeps them.
        clock: Seconds, never going back.
    """
    lines = _Lines(clock)

    async def view(request: Request) -> Response:
        if request.method != "POST":
            raise MethodNotAllowed(("POST",))
        if (request.content_length or 0) > _MOST_BYTES:
            raise ContentTooLarge(f"Reports have at most {_MOST_BYTES} bytes.")
        body = await request.body.aread(_MOST_BYTES)
        for report in parse_reports(body, request.content_type):
            if await store.arecord(report) and lines.has_room():
                _log.warning("%s", ascii(f"{report.kind} {report.directive}: {report.blocked} on {report.page}"))
        return Response.empty(204)

    marked: Any = view
    marked.csrf_exempt = marked.fetch_metadata_exempt = True  # browsers send reports without cookies and tokens
    return view


class _Lines:
    """How many lines may still be written in this minute; tells in one of them that others are left out."""

    __slots__ = ("_begin", "_clock", "_count")

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock, self._begin, self._count = clock, float("-inf"), 0

    def has_room(self) -> bool:
        now = self._clock()
        if now - self._begin >= 60:
            self._begin, self._count = now, 0
        self._count += 1
        if self._count == _MOST_LINES + 1:
            _log.warning("More than %d causes in a minute; further ones are counted, but not written here", _MOST_LINES)
        return self._count <= _MOST_LINES


def parse_reports(body: bytes, content_type: str) -> list[Report]:
    """Read what a browser sent; at most a hundred reports of it.

    Args:
        body: JSON.
        content_type: ``application/csp-report`` or ``application/reports+json``, without parameters.

    Raises:
        UnsupportedMediaType: If it is neither.
        BadRequest: If the body is something else.
    """
    if content_type not in {"application/csp-report", "application/reports+json", "application/json"}:
        raise UnsupportedMediaType("Send application/reports+json or application/csp-report.")
    try:
        data = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadRequest("The body is not JSON.") from error
    if isinstance(data, dict) and isinstance(old := data.get("csp-report"), dict):
        return [_csp_report("csp-violation", old)]
    entries = data if isinstance(data, list) else [data]
    if not all(isinstance(entry, dict) and isinstance(entry.get("type"), str) for entry in entries):
        raise BadRequest("The body holds no reports.")
    return [_report(entry) for entry in entries[:_MOST_REPORTS]]


def _report(entry: dict[str, object]) -> Report:
    body = entry.get("body")
    fields = {**body} if isinstance(body, dict) else {}
    fields.setdefault("documentURL", entry.get("url"))
    return _csp_report(_text(entry["type"]), fields)


def _csp_report(kind: str, fields: dict[str, object]) -> Report:
    def either(*names: str) -> str:
        return next((text for name in names if (text := _text(fields.get(name)))), "")

    place = [
        either("source-file", "sourceFile"),
        either("line-number", "lineNumber"),
        either("column-number", "columnNumber"),
    ]
    return Report(
        kind,
        either("effective-directive", "effectiveDirective", "violated-directive", "id"),
        _origin(either("blocked-uri", "blockedURL")),
        _page(either("document-uri", "documentURL")),
        ":".join(part for part in place if part),
        either("script-sample", "sample")[:100],
        either("disposition"),
    )


def _text(value: object) -> str:
    if isinstance(value, str):
        return value[:_LONGEST]
    return str(value) if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**12 else ""


def _origin(url: str) -> str:
    """Return the origin of a URL, or the word that stands for one."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url[:100]
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else url.partition(":")[0] if ":" in url else url


def _page(url: str) -> str:
    return url.partition("#")[0].partition("?")[0]
