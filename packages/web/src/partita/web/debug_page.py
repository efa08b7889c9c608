"""The page that shows what went wrong, to whoever develops on this very machine; it only shows and runs nothing."""

import html
import ipaddress
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from partita.http import Request, Response, StatusError
from partita.http.hosts import LOCAL_HOSTS, host_fits, split_domain_port
from partita.urls import NoMatch
from partita.web.error_report import ErrorReport
from partita.web.hints import editor_link, hints_for
from partita.web.keys import QUERIES
from partita.web.masking import Mask, is_telling

__all__ = ("debug_response", "document", "exception_sections", "is_telling", "may_debug", "table")

_KINDS = ["text/plain", "text/html", "application/json"]


def may_debug(request: Request, allowed_hosts: Iterable[str] = ()) -> bool:
    """Tell whether the client may see inside: it must be on this machine, and not a page of another site.

    Another site's page is also one whose name was pointed to this machine after it had been loaded (DNS rebinding): so the host
    has to be this machine's own, or one that the project knows by name.

    Whatever stands in front of the application in production looks as if it were on this machine too, so `debug` must be off
    there all the same.

    Args:
        request: What was asked.
        allowed_hosts: Those of the project; ``*`` counts for nothing here.
    """
    if request.client is None or request.headers.get("sec-fetch-site", "none") == "cross-site":
        return False
    if "x-forwarded-for" in request.headers or "forwarded" in request.headers:
        return False
    try:
        if not ipaddress.ip_address(request.client[0]).is_loopback:
            return False
        if "host" not in request.headers:
            return True  # no browser leaves it out
        host = split_domain_port(request.host)[0]
    except (ValueError, StatusError):
        return False
    # What strangers can register has a dot; ``localhost``, or a service's name in a container, has none.
    known = (*LOCAL_HOSTS, *[each for each in allowed_hosts if each != "*"])
    return bool(host) and ("." not in host or host_fits(host, known))


def debug_response(
    request: Request, error: BaseException, mask: Mask | None = None, editor: str = "vscode"
) -> Response:
    """Return what is known of ``error``: a page for browsers, JSON for clients that ask for it, plain text for the rest.

    Args:
        request: What was asked.
        error: What was raised.
        mask: What is hidden.
        editor: What links open files in; see `hints.EDITORS`.
    """
    from partita.web.exception_reporter import chosen_filter, default_reporter

    report = ErrorReport(request, error, mask or chosen_filter(request), tuple(request.state.get(QUERIES) or ()))
    headers = [
        ("Cache-Control", "no-store"),
        ("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'"),
        ("Vary", "Accept"),
    ]
    kind, no_match = _preferred(request), error.__cause__
    reporter = default_reporter(request)
    if reporter is not None and kind != "application/json" and not isinstance(no_match, NoMatch):
        made = reporter(request, type(error), error, error.__traceback__)
        if kind == "text/html":
            return Response.html(made.get_traceback_html(), report.status, headers)
        return Response.text(made.get_traceback_text(), report.status, headers)
    hints = hints_for(error, request.path)
    if report.status == 404 and isinstance(no_match, NoMatch):
        title = f"404: no route matches {request.path[:500]!r}"
        data: dict[str, Any] = {"title": title, "status": 404, "tried": list(no_match.tried)}
        text = (
            f"{title}\n\n"
            + "".join(f"{hint}\n\n" for hint in hints)
            + "\n".join([each or "(empty)" for each in no_match.tried])
            + "\n"
        )
        body = _hints(hints) + _routes(no_match)
    else:
        data = report.data()
        title = data["title"]
        text = report.text() if report.status == 500 else f"{error}\n"
        text += "".join(f"\nHint: {hint}\n" for hint in hints)
        body = _hints(hints) + "".join(_page(data, editor))
    data["hints"] = hints
    if kind == "text/html":
        return Response.html(document(title, body), report.status, headers)
    if kind == "application/json":
        return Response.json({"type": "about:blank", **data}, report.status, headers).with_header(
            "content-type", "application/problem+json"
        )
    return Response.text(text, report.status, headers)


def _preferred(request: Request) -> str:
    try:
        return request.prefers(_KINDS[::-1] if request.content_type == "application/json" else _KINDS) or "text/plain"
    except StatusError:
        return "text/plain"  # the very headers that say it may be what is wrong


def _page(data: Mapping[str, Any], editor: str) -> Iterator[str]:
    template = data["template"]
    if template is not None:
        lines = "".join(_line(number, text, number == template["line"]) for number, text in template["source"])
        during = f"<p>at <code>{_text(template['during'][:200])}</code></p>" if template["during"] else ""
        yield f"<section><h2>Template {_text(template['name'])}, line {template['line']}</h2>{during}<pre>{lines}</pre></section>"
    yield from _exceptions(data, editor)
    queries = data["queries"]
    if queries:
        rows = "".join(
            f"<tr><td>{each['seconds'] * 1000:.1f} ms</td><td><code>{_text(each['sql'][:2000])}</code><br><small>"
            f"{_text(each['where'])}</small></td></tr>"
            for each in queries[-200:]
        )
        yield f"<section><h2>Queries ({len(queries)})</h2><table>{rows}</table></section>"
    for section, values in data["request"].items():
        if values:
            yield f"<section><h2>{_text(section)}</h2>{table(values)}</section>"


def exception_sections(data: Mapping[str, Any], editor: str = "") -> list[str]:
    """Return the exceptions of a report with their frames, as sections of a page.

    Args:
        data: Of `ErrorReport.data`.
        editor: What links open files in; empty for no links.
    """
    return list(_exceptions(data, editor))


def _exceptions(data: Mapping[str, Any], editor: str) -> Iterator[str]:
    for each in data["exceptions"]:
        notes = "".join(f"<p>{_text(note)}</p>" for note in each["notes"])
        label = f"{each['relation']} " if each["relation"] else ""
        yield f"<section><h2>{_text(label)}{_text(each['type'])}</h2><pre class=m>{_text(each['message'])}</pre>{notes}<ol>"
        frames = each["frames"]
        own = [not frame["file"].startswith(_foreign()) for frame in frames]
        # Where nothing is the project's own, the place of the error is what there is to see.
        yield from (
            _frame(frame, editor, mine or not (any(own) or at))
            for at, (frame, mine) in enumerate(zip(frames, own, strict=True))
        )
        yield "</ol></section>"


def _hints(hints: list[str]) -> str:
    items = "".join(f"<p>{_text(hint)}</p>" for hint in hints)
    return f"<section class=hints><h2>Hints</h2>{items}</section>" if hints else ""


@cache
def _foreign() -> tuple[str, ...]:
    """Return how the files of libraries begin: Python's, those that are installed, and partita wherever it stands."""
    import sysconfig

    installed = {sysconfig.get_path(name) + os.sep for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    return (*sorted(installed), *(each + os.sep for each in sys.modules["partita"].__path__), "<")


def _frame(frame: Mapping[str, Any], editor: str, is_open: bool) -> str:
    around = "".join(_line(number, text, number == frame["line"]) for number, text in frame["source"])
    names = f"<details><summary>names</summary>{table(frame['names'])}</details>" if frame["names"] else ""
    where = f"{_text(frame['file'])}, line {frame['line']}, in <b>{_text(frame['function'])}</b>"
    link = editor_link(editor, frame["file"], frame["line"])
    where += f' <a href="{_text(link)}">open</a>' if link else ""
    if is_open:
        return f"<li><p>{where}</p><pre>{around}</pre>{names}</li>"
    return f"<li><details><summary>{where}</summary><pre>{around}</pre>{names}</details></li>"


def _line(number: int, text: str, here: bool) -> str:
    return f"<span{' class=here' if here else ''}><b>{number or ''}</b> {html.escape(text)}</span>\n"


def table(values: Mapping[str, str]) -> str:
    """Return names and values as a table of HTML."""
    rows = "".join(f"<tr><th>{_text(name)}</th><td>{_text(value)}</td></tr>" for name, value in values.items())
    return f"<table>{rows}</table>"


def _routes(error: NoMatch) -> str:
    rows = "".join(f"<li><code>{_text(route or '(empty)')}</code></li>" for route in error.tried[:500])
    return f"<section><h2>Routes, in the order they are tried</h2><ol>{rows}</ol></section>"


def _text(value: object) -> str:
    return html.escape(str(value))


def document(title: str, body: str) -> str:
    """Return a whole page.

    Args:
        title: Text.
        body: HTML.
    """
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{_text(title)}</title><style>
:root {{ color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif }}
body {{ max-width: 70rem; margin: 0 auto; padding: 1rem; overflow-wrap: anywhere }}
h1 {{ font-size: 1.4rem }} h2 {{ font-size: 1.1rem }}
pre {{ overflow-x: auto; padding: .5rem; background: #8881; white-space: pre-wrap }}
pre b {{ opacity: .6; font-weight: normal }} .here {{ background: #fc06; display: inline-block; min-width: 100% }}
.hints {{ border-left: .3rem solid #fc0; padding-left: 1rem }}
ol {{ padding-left: 1.5rem }} table {{ border-collapse: collapse; font: .85rem/1.5 ui-monospace, monospace }}
th {{ text-align: left; vertical-align: top; padding-right: 1rem; font-weight: normal; opacity: .7; overflow-wrap: normal }}
td {{ vertical-align: top }} td:first-child {{ white-space: nowrap; padding-right: 1rem }}
</style></head><body><main><h1>{_text(title)}</h1>{body}
<p><small>Shown because <code>debug</code> is on and you are on this machine.</small></p></main></body></html>
"""
