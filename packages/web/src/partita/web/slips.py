"""What whoever comes from Django or from blocking code forgets at first, told by the error that follows."""

import re
from inspect import CO_COROUTINE, iscoroutine
from types import CodeType, FrameType

from partita.http import Request, Response

__all__ = ("slip_of",)

_COROUTINE = re.compile(r"'coroutine'|\"coroutine\"|got coroutine|coroutine has no form in JSON")
_AWAITED = re.compile(r"object (\w+) can't be used in 'await' expression")
_MIDDLEWARE = (
    "Middleware written for Django goes in as `adapt(...)` from `partita.views.middleware`, which gives it the requests and responses "
    "that it knows. In that of partita, what is called for a request is an `async def`, with `response = await handler(request)`."
)
_REQUEST = {
    "COOKIES": "`request.cookies`",
    "FILES": "`await request.aform()`, or `request.form()` where nothing awaits; files are among its fields",
    "GET": "`request.query`",
    "META": "`request.headers`, `request.client` and `request.server`",
    "POST": "`await request.aform()`, or `request.form()` where nothing awaits",
    "build_absolute_uri": "`request.url`",
    "get_full_path": "`request.full_path`",
    "get_host": "`request.host`",
    "path_info": "`request.path`",
    "resolver_match": "`request[MATCH]`, with `from partita.web import MATCH`",
    "session": "`request[SESSION]`, with `from partita.sessions import SESSION`",
    "user": "`request[USER]`, with `from partita.auth import USER`",
}
_RESPONSE = {
    "content": "`response.body`",
    "delete_cookie": "`response = response.without_cookie(...)`",
    "set_cookie": "`response = response.with_cookie(...)`",
    "status_code": "`response.status`",
}
_FROZEN = re.compile(
    r"'Response' object does not support item|of 'Response' object has no setter|immutable type: 'Response'"
)


def slip_of(error: BaseException) -> str:
    """Return what was probably forgotten, and how it is written here; empty if the error says nothing of the kind.

    Args:
        error: As it was caught, with its traceback.
    """
    if not isinstance(error, AttributeError | TypeError):
        return ""
    message, frame = str(error), _innermost(error)
    if _COROUTINE.search(message):
        if frame is not None and _knows_get_response(frame.f_code):
            return f"`{frame.f_code.co_qualname}` does not wait for `get_response`. {_MIDDLEWARE}"
        return _not_awaited(error, frame)
    awaited = _AWAITED.fullmatch(message)
    if awaited:
        if frame is not None and str(frame.f_globals.get("__name__", "")).startswith("partita."):
            return f"A layer of middleware gave {awaited[1]} at once, and nothing to await. {_MIDDLEWARE}"
        return "Leave `await` out, or call its twin that awaits: the same name with an `a` in front."
    return _renamed(error, message)


def _renamed(error: AttributeError | TypeError, message: str) -> str:
    if isinstance(error, AttributeError):
        known = _REQUEST if isinstance(error.obj, Request) else _RESPONSE if isinstance(error.obj, Response) else {}
        there = known.get(error.name or "")
        if there:
            return f"Here it is {there}. `[web] drafts = true` in the settings gives views Django's request."
    if "async_generator' object is not iterable" in message:
        return "Read it with `async for`."
    if message == "immutable type: 'Request'":
        return (
            'A request does not change. Declare a place, `ROOM = Slot[str]("shop.room")` (`from partita.http import Slot`); '
            "`request.state.fill(ROOM, value)` fills it and `request[ROOM]` reads it."
        )
    if _FROZEN.search(message):
        return 'A response does not change: `response = response.with_header("X-Room", "7")`, `.with_status(...)`, `.with_cookie(...)`.'
    return ""


def _not_awaited(error: BaseException, frame: FrameType | None) -> str:
    culprit = getattr(error, "obj", None)
    here = frame.f_locals.values() if frame is not None else ()
    names = {each.__qualname__ for each in (culprit, *here) if iscoroutine(each)}
    what = f"`{names.pop()}(...)`" if len(names) == 1 else "One of these calls"
    if frame is not None and not frame.f_code.co_flags & CO_COROUTINE:
        return f"{what} gives a coroutine: await it in an `async def`, or call its twin without the `a`."
    return f"{what} gives a coroutine: is an `await` missing?"


def _knows_get_response(code: CodeType) -> bool:
    return "get_response" in (*code.co_names, *code.co_freevars, *code.co_varnames)


def _innermost(error: BaseException) -> FrameType | None:
    trace, frame = error.__traceback__, None
    while trace is not None:
        frame, trace = trace.tb_frame, trace.tb_next
    return frame
