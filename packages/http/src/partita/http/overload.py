"""A limit on requests at once that finds itself, and lets those beyond it go at once instead of making all of them wait."""

import time
from collections.abc import Callable

from partita.http.errors import StatusError
from partita.http.handlers import HOST, Handler, Layer
from partita.http.request import Request
from partita.http.response import Response

__all__ = ("AdaptiveLimit", "overload_layer")

_SHRINK = 0.8
_WEIGHT = 0.1  # of one request in the mean of recent ones
_SAMPLES = 20  # requests by which the usual time is found


class AdaptiveLimit:
    """How many requests may be at work, by how long they take: more as long as they take no longer, fewer when they queue.

    The limit grows by one for each round of requests that fills it, and shrinks by a fifth when requests take longer than
    ``tolerance`` times what is usual (additive increase, multiplicative decrease, as TCP does). What is usual is measured anew now and
    then while requests are refused: for a moment only ``least`` of them are at work, so that none of these waits for others. It does no
    input or output.

    Args:
        initial: To begin with.
        least: Never fewer.
        most: Never more.
        tolerance: Times the usual time that requests may take before this counts as a queue.
        every: Seconds after which the usual time is measured anew.
        clock: Seconds, never going back.

    Raises:
        ValueError: If the numbers do not fit together.
    """

    __slots__ = (
        "_clock",
        "_every",
        "_least",
        "_limit",
        "_measured",
        "_most",
        "_recent",
        "_refused",
        "_resume",
        "_samples",
        "_shrunk",
        "_since",
        "_tolerance",
        "_usual",
        "at_work",
    )

    def __init__(
        self,
        initial: int = 20,
        least: int = 4,
        most: int = 1000,
        tolerance: float = 2.0,
        every: float = 10.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if not 1 <= least <= initial <= most or tolerance <= 1:
            raise ValueError("it takes 1 <= least <= initial <= most, and a tolerance above 1")
        self._limit, self._least, self._most = float(initial), least, most
        self._tolerance, self._every, self._clock = tolerance, every, clock
        self._samples: list[float] | None = []
        self._resume = self._limit  # once the usual time is known
        self._since = self._shrunk = float("-inf")  # requests that began before these say nothing new
        self._measured = clock()
        self._recent = self._usual = 0.0
        self._refused = False
        self.at_work = 0
        """Requests that began and have not ended."""

    @property
    def limit(self) -> int:
        """How many may be at work now."""
        return int(self._limit)

    def begin(self) -> float | None:
        """Return the time, for `end`; None if there are too many, and nothing is to be done for this one."""
        if self.at_work >= self.limit:
            self._refused = True
            return None
        self.at_work += 1
        return self._clock()

    def end(self, began: float, *, counts: bool = True) -> None:
        """Say that a request ended.

        Args:
            began: What `begin` returned.
            counts: Whether its time tells anything; that of one that was cancelled does not.
        """
        was_full = self.at_work >= self.limit - 1
        self.at_work -= 1
        if not counts or began < self._since:
            return
        now = self._clock()
        if self._samples is not None:
            self._sample(now - began, now)
            return
        self._recent += (now - began - self._recent) * _WEIGHT
        if self._recent > self._usual * self._tolerance:
            if began > self._shrunk:
                self._limit, self._shrunk = max(float(self._least), self._limit * _SHRINK), now
        elif was_full:
            self._limit = min(float(self._most), self._limit + 1 / self._limit)
        if self._refused and now - self._measured >= self._every:
            self._samples, self._since, self._resume, self._limit = [], now, self._limit, float(self._least)

    def _sample(self, took: float, now: float) -> None:
        assert self._samples is not None
        self._samples.append(took)
        if len(self._samples) < _SAMPLES:
            return
        self._recent = self._usual = sum(self._samples) / _SAMPLES
        self._samples, self._refused, self._measured, self._limit = None, False, now, self._resume


def overload_layer(
    limit: AdaptiveLimit | None = None,
    retry_after: int = 1,
    when: Callable[[Request], bool] | None = None,
) -> Layer:
    """Return the layer for ``App(middleware=[...])`` that answers 503 with ``Retry-After`` to requests beyond the limit.

    Args:
        limit: One for each process; a new one by default.
        retry_after: Seconds.
        when: Which requests count; leave out streams and long polls, whose time says nothing: ``unless(for_paths("/events"))``.
    """
    gauge = AdaptiveLimit() if limit is None else limit

    def middleware(handler: Handler) -> Handler:
        async def limited(request: Request) -> Response:
            began = gauge.begin()
            if began is None:
                raise StatusError(
                    503, "Too many visitors at once. Please try again.", [("Retry-After", str(retry_after))]
                )
            finished = False
            try:
                response = await handler(request)
                finished = True
                return response
            finally:
                gauge.end(began, counts=finished)

        return limited

    return Layer(HOST - 80, middleware, "overload", when)
