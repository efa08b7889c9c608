"""Interceptors: objects that see a request before its view, the answer after it, and the error instead of one; and five that are often wanted.

`intercept` puts a chain of them around a route, an include, or a whole application. Those that stand first see a request first,
and its answer or error last.
"""

import asyncio
import logging
import math
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from inspect import isawaitable
from typing import Any, Protocol

from partita.http.errors import StatusError, TooManyRequests
from partita.http.handlers import SAFE_METHODS, Handler, Middleware
from partita.http.page_cache import PageCache, page_cache
from partita.http.request import Request
from partita.http.response import Response
from partita.http.server_timing import TIMINGS
from partita.http.state import Slot

__all__ = (
    "AGAIN",
    "Again",
    "CacheInterceptor",
    "Interceptor",
    "Limiter",
    "LogInterceptor",
    "RateInterceptor",
    "RetryInterceptor",
    "TimingInterceptor",
    "intercept",
)

_log = logging.getLogger("partita.http.interceptors")
_MAX_TRIES = 100


class Again:
    """Returned by `Interceptor.error` to have the request handled once more, from this interceptor inwards."""

    __slots__ = ()


AGAIN = Again()


class Interceptor:
    """Base of interceptors; every method may be ``async def``, and does nothing unless it is overridden."""

    def before(self, request: Request) -> "Response | Awaitable[Response | None] | None":
        """See a request; a response keeps it from going further in, and goes out through the interceptors outside of this one."""
        return None

    def after(self, request: Request, response: Response) -> "Response | Awaitable[Response]":
        """See what came from further in, and return it or another answer."""
        return response

    def error(
        self, request: Request, error: Exception, tries: int
    ) -> "Response | Again | Awaitable[Response | Again | None] | None":
        """See what was raised further in, be it the view or another interceptor.

        Args:
            request: What was asked.
            error: What was raised.
            tries: How often the request has been handled from here, at least 1.

        Returns:
            An answer, which takes the error's place; `AGAIN` to try once more; None to let the error go on.
        """
        return None


def intercept(*interceptors: Interceptor) -> Middleware:
    """Return middleware with a chain of interceptors, the first one outermost.

    It stands wherever middleware does: ``path(..., middleware=[intercept(...)])``, ``App(middleware=[intercept(...)])``. Around a route
    interceptors see what its view raises, unless other middleware stands between them and the view; there, and around an application,
    they see the answers that errors have become.

    Raises:
        TypeError: If one is no `Interceptor`, such as a class instead of an object.
    """
    for each in interceptors:
        if not isinstance(each, Interceptor):
            raise TypeError(f"intercept() takes objects of Interceptor, got {each!r:.80}")

    return _Chain(interceptors)


class _Chain:
    """The middleware that `intercept` gives."""

    __slots__ = ("_interceptors",)

    sees_errors = True
    """Around a route it stands closer to the view than what makes answers of errors."""

    def __init__(self, interceptors: Sequence[Interceptor]) -> None:
        self._interceptors = interceptors

    def __call__(self, handler: Handler) -> Handler:
        for each in reversed(self._interceptors):
            handler = _around(each, handler)
        return handler


def _around(interceptor: Interceptor, handler: Handler) -> Handler:
    async def handle(request: Request) -> Response:
        early: Response | None = await _settled(interceptor.before(request))
        if early is not None:
            return early
        tries = 0
        while True:
            tries += 1
            try:
                response = await handler(request)
                break
            except Exception as error:
                instead: Any = await _settled(interceptor.error(request, error, tries))
                if instead is None or (instead is AGAIN and tries >= _MAX_TRIES):
                    raise
                if instead is not AGAIN:
                    return instead  # type: ignore[no-any-return]
        changed: Response = await _settled(interceptor.after(request, response))
        return changed

    return handle


class TimingInterceptor(Interceptor):
    """Tells how long what stands inside took: to `server_timing`, if the application has that, and to a function.

    Args:
        name: Of the time.
        report: Gets the request and the seconds, whether it was answered or failed.
        clock: Seconds, never going back.
    """

    def __init__(
        self,
        name: str = "view",
        report: Callable[[Request, float], object] | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._name, self._report, self._clock = name, report, clock
        self._begin = Slot[float]("partita.http.interceptors.begin")  # one object serves all requests

    def before(self, request: Request) -> None:
        """Note the time."""
        request.state.fill(self._begin, self._clock())

    def after(self, request: Request, response: Response) -> Response:
        """Tell the time."""
        self._tell(request)
        return response

    def error(self, request: Request, error: Exception, tries: int) -> None:
        """Tell the time, and let the error go on."""
        self._tell(request)

    def _tell(self, request: Request) -> None:
        seconds = self._clock() - request[self._begin]
        timings = request.state.get(TIMINGS)
        if timings is not None:
            timings.add(self._name, seconds)
        if self._report is not None:
            self._report(request, seconds)


class LogInterceptor(Interceptor):
    """Writes a line for each request that comes here, and for each error; paths are escaped, queries and bodies left out.

    Args:
        logger: Gets the lines.
        level: Of the lines about answers; errors have ``ERROR``, refusals (`StatusError`) the same level as answers.
    """

    def __init__(self, logger: logging.Logger = _log, level: int = logging.INFO) -> None:
        self._logger, self._level = logger, level

    def after(self, request: Request, response: Response) -> Response:
        """Write what was answered."""
        self._logger.log(self._level, "%s %r: %d", request.method[:20], request.path[:500], response.status)
        return response

    def error(self, request: Request, error: Exception, tries: int) -> None:
        """Write what was raised, and let it go on."""
        line = (request.method[:20], request.path[:500])
        if isinstance(error, StatusError):
            self._logger.log(self._level, "%s %r: %d", *line, error.status)
        else:
            self._logger.error("%s %r: %s", *line, type(error).__qualname__, exc_info=error)


class CacheInterceptor(Interceptor):
    """Answers from what was answered before; see `partita.http.page_cache.PageCache` for what is kept.

    Args:
        seconds: How long an answer is kept.
        pages: Where; in the application's `PAGE_CACHE` by default.
        prefix: Keeps these answers apart from others of the same address.
    """

    def __init__(self, seconds: float, pages: PageCache | None = None, prefix: str = "") -> None:
        self._seconds, self._pages, self._prefix = seconds, pages, prefix

    async def before(self, request: Request) -> Response | None:
        """Answer, if an answer is kept."""
        pages = self._pages or page_cache()
        return None if pages is None else await pages.aload(request, self._prefix)

    async def after(self, request: Request, response: Response) -> Response:
        """Keep the answer, if it may be kept."""
        pages = self._pages or page_cache()
        return response if pages is None else await pages.akeep(request, response, self._seconds, self._prefix)


class RetryInterceptor(Interceptor):
    """Handles a request once more if it failed in a way that may pass, with longer and longer pauses.

    Only requests that may be repeated are, by their method (RFC 9110, section 9.2.2). A body that has been read piece by piece
    is not there a second time, so by default these are requests without one.

    Args:
        errors: Exceptions that may pass, such as a database's deadlock.
        tries: In all, from 1 to 10.
        pause: Seconds before the second try; twice as many before each further one.
        methods: That are repeated.
        sleep: Waits for seconds.
    """

    def __init__(
        self,
        errors: "type[Exception] | tuple[type[Exception], ...]",
        *,
        tries: int = 3,
        pause: float = 0.05,
        methods: Iterable[str] = SAFE_METHODS,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        if not 1 <= tries <= 10:
            raise ValueError(f"a request is tried from 1 to 10 times, not {tries}")
        self._errors, self._tries, self._pause = errors, tries, pause
        self._methods, self._sleep = frozenset(method.upper() for method in methods), sleep

    async def error(self, request: Request, error: Exception, tries: int) -> Again | None:
        """Wait and try again, or let the error go on."""
        if not isinstance(error, self._errors) or tries >= self._tries or request.method not in self._methods:
            return None
        _log.warning(
            "%s %r failed and is tried again: %s", request.method[:20], request.path[:500], type(error).__qualname__
        )
        await self._sleep(self._pause * 2 ** (tries - 1))
        return AGAIN


class Limiter(Protocol):
    """Says whether somebody may do one thing more now; `partita.security.Rates` keeps such counts."""

    async def __call__(self, request: Request) -> float:
        """Return 0, or the seconds after which to ask again."""
        ...


class RateInterceptor(Interceptor):
    """Answers 429 to whoever asks too often.

    Args:
        limiter: Counts; any async function of the request.
    """

    def __init__(self, limiter: Limiter) -> None:
        self._limiter = limiter

    async def before(self, request: Request) -> Response | None:
        """Let the request pass, or refuse it."""
        seconds = await self._limiter(request)
        if seconds <= 0:
            return None
        return Response.error(TooManyRequests(headers=[("Retry-After", str(math.ceil(seconds)))]))


async def _settled(value: Any) -> Any:
    return await value if isawaitable(value) else value
