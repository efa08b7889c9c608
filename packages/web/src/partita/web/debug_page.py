"""The page that shows what went wrong, to whoever develops on this very machine; it only shows and runs nothing."""

import html
import ipaddress
import linecache
import re
import traceback
from collections.abc import Iterator
from types import FrameType, TracebackType

from partita.http import Request, Response, StatusError
from partita.urls import NoMatch

__all__ = ("debug_response", "is_telling", "may_debug")

_TELLING = re.compile(r"pass|secret|token|key|credential|private|salt|dsn|auth|cookie|session|signature|csrf", re.I)
_SHOWN = 200  # characters of one value
_FRAMES = 100
_MASK = "**********"


def may_debug(request: Request) -> bool:
    """Tell whether the client may see inside: it must be on this machine, and not a page of another site.

    Whatever stands in front of the application in production looks as if it were on this machine too, so `debug` must be off
    there all the same.
    """
    if request.client is None or request.headers.get("sec-fetch-site", "none") == "cross-site":
        return False
    if "x-forwarded-for" in request.headers or "forwarded" in request.headers:
        return False
    try:
        return ipaddress.ip_address(request.client[0]).is_loopback
    except ValueError:
        return False


def debug_response(request: Request, error: BaseException) -> Response:
    """Return a page with the traceback of ``error``, or plain text for clients that do not ask for HTML."""
    status = error.status if isinstance(error, StatusError) else 500
    headers = [
        ("Cache-Control", "no-store"),
        ("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'"),
    ]
    no_match = error.__cause__
    if status == 404 and isinstance(no_match, NoMatch):
        title, body = f"404: no route matches {request.path[:500]!r}", _routes(no_match)
        text = f"{title}\n\n" + "\n".join(no_match.tried)
    else:
        title = f"{type(error).__qualname__}: {error}"[:1000]
        body = "".join(_exceptions(error)) + _request(request)
        text = "".join(traceback.format_exception(error)) if status == 500 else str(error)
    if request.accepts("text/html") and "text/html" in request.headers.get("accept", ""):
        return Response.html(_document(title, body), status, headers)
    return Response.text(f"{text}\n", status, headers)


def is_telling(name: str) -> bool:
    """Tell whether a value of this name had better not be shown."""
    return _TELLING.search(name) is not None


def _exceptions(error: BaseException) -> Iterator[str]:
    chain: list[tuple[str, BaseException]] = []
    seen: set[int] = set()
    heading, current = "", error
    while id(current) not in seen:
        seen.add(id(current))
        chain.append((heading, current))
        if current.__cause__ is not None:
            heading, current = "caused by", current.__cause__
        elif current.__context__ is not None and not current.__suppress_context__:
            heading, current = "while handling", current.__context__
    for heading, each in chain:
        notes = "".join(f"<p>{_text(note)}</p>" for note in getattr(each, "__notes__", ()))
        label = f"{heading} " if heading else ""
        yield f"<section><h2>{label}{_text(type(each).__qualname__)}</h2><pre class=m>{_text(each)}</pre>{notes}"
        if isinstance(each, BaseExceptionGroup):
            for number, inner in enumerate(each.exceptions[:10], 1):
                yield f"<h3>{number} of {len(each.exceptions)}</h3>"
                yield from _exceptions(inner)
        yield "<ol>"
        for frame, line in _frames(each.__traceback__):
            yield _frame(frame, line)
        yield "</ol></section>"


def _frames(trace: TracebackType | None) -> list[tuple[FrameType, int]]:
    frames: list[tuple[FrameType, int]] = []
    while trace is not None:
        frames.append((trace.tb_frame, trace.tb_lineno))
        trace = trace.tb_next
    return frames[-_FRAMES:][::-1]  # the place of the error first


def _frame(frame: FrameType, line: int) -> str:
    code = frame.f_code
    linecache.checkcache(code.co_filename)
    around = []
    for number in range(max(1, line - 4), line + 5):
        source = linecache.getline(code.co_filename, number, frame.f_globals)
        if source:
            mark = " class=here" if number == line else ""
            around.append(f"<span{mark}><b>{number}</b> {html.escape(source.rstrip())}</span>\n")
    values = "".join(
        f"<tr><th>{_text(name)}</th><td>{_value(name, value)}</td></tr>"
        for name, value in sorted(frame.f_locals.items())
    )
    names = f"<details><summary>names</summary><table>{values}</table></details>" if values else ""
    where = f"{_text(code.co_filename)}, line {line}, in <b>{_text(code.co_qualname)}</b>"
    return f"<li><p>{where}</p><pre>{''.join(around)}</pre>{names}</li>"


def _request(request: Request) -> str:
    rows = [("method", request.method), ("path", request.path)]
    rows += [(f"?{name}", value) for name, value in request.query.items()]
    rows += request.headers.items()
    shown = "".join(f"<tr><th>{_text(name)}</th><td>{_value(name, value)}</td></tr>" for name, value in rows)
    return f"<section><h2>Request</h2><table>{shown}</table></section>"


def _routes(error: NoMatch) -> str:
    rows = "".join(f"<li><code>{_text(route or '(empty)')}</code></li>" for route in error.tried[:500])
    return f"<section><h2>Routes, in the order they are tried</h2><ol>{rows}</ol></section>"


def _value(name: str, value: object) -> str:
    if is_telling(name):
        return _MASK
    if isinstance(value, dict):
        # The name that tells may stand one level down.
        value = {key: _MASK if isinstance(key, str) and is_telling(key) else each for key, each in value.items()}
    try:
        shown = repr(value)
    except Exception as error:  # noqa: BLE001 - anybody's __repr__ may fail in any way
        shown = f"<{type(value).__qualname__}; repr() raised {type(error).__qualname__}>"
    return html.escape(shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…")


def _text(value: object) -> str:
    return html.escape(str(value))


def _document(title: str, body: str) -> str:
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{_text(title)}</title><style>
:root {{ color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif }}
body {{ max-width: 70rem; margin: 0 auto; padding: 1rem }}
h1 {{ font-size: 1.4rem; overflow-wrap: anywhere }} h2 {{ font-size: 1.1rem }}
pre {{ overflow-x: auto; padding: .5rem; background: #8881; white-space: pre-wrap }}
pre b {{ opacity: .6; font-weight: normal }} .here {{ background: #fc06; display: inline-block; min-width: 100% }}
ol {{ padding-left: 1.5rem }} table {{ border-collapse: collapse; font: .85rem/1.5 ui-monospace, monospace }}
th {{ text-align: left; vertical-align: top; padding-right: 1rem; font-weight: normal; opacity: .7 }}
td {{ overflow-wrap: anywhere }}
</style></head><body><main><h1>{_text(title)}</h1>{body}
<p><small>Shown because <code>debug</code> is on and you are on this machine.</small></p></main></body></html>
"""
