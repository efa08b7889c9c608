"""What an answer spent its time on, for developers at their own machines while `debug` is on: ``db``, ``cache``, ``template``, ``total``."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence

from partita.contracts.templates import RENDERING
from partita.http import Handler, Layer, Request, Response
from partita.http.handlers import HOST, USER
from partita.http.server_timing import TIMINGS, Timings, server_timing
from partita.web.debug_context import internal
from partita.web.keys import QUERIES

__all__ = ("timing_layers",)


def timing_layers(internal_ips: Iterable[str]) -> Iterable[Layer]:
    """Return the layers: one outside of nearly all that sends the times, one around views that takes them.

    The time of a template is in it with whatever it waits for, such as a query of a relation; that query is in ``db`` as well.

    Args:
        internal_ips: Addresses and networks of those who get to see the times.
    """
    is_internal = internal(internal_ips)
    yield Layer(HOST - 60, server_timing(lambda request: is_internal(request.client)), "server timing")
    yield Layer(USER - 2, _spans, "spans")


def _spans(handler: Handler) -> Handler:
    async def with_spans(request: Request) -> Response:
        timings: Timings | None = request.state.get(TIMINGS)
        if timings is None:
            return await handler(request)
        before = RENDERING.get()
        depth = 0

        def watch(names: Sequence[str], context: Mapping[str, object]) -> Callable[[], object]:
            nonlocal depth
            other = None if before is None else before(names, context)
            begun, depth = time.perf_counter(), depth + 1

            def done() -> None:
                nonlocal depth
                depth -= 1
                if not depth:  # those within another are part of its time
                    timings.add("template", time.perf_counter() - begun)
                if other is not None:
                    other()

            return done

        token = RENDERING.set(watch)
        try:
            return await handler(request)
        finally:
            RENDERING.reset(token)
            queries = request.state.get(QUERIES) or ()
            if queries:
                text = "1 query" if len(queries) == 1 else f"{len(queries)} queries"
                timings.add("db", sum(each.seconds for each in queries), text)

    return with_spans
