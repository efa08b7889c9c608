"""Processor time of one look-up beside Falcon's and Litestar's routers, as far as they are installed, with few and with many routes.

python packages/urls/bench/bench_peers.py

Litestar remembers the last 1 024 paths, with the arguments in them; partita does so if it is told to (`Router(cache=...)`). So
paths with parameters come with 3 000 different values, one after the other. What it costs to get one and the same path again and
again stands in columns of their own.
"""

import time
import timeit
import uuid
from collections.abc import Callable
from importlib import import_module
from typing import Any

from partita.urls import NoMatch, Router, path

COUNTS = (10, 100, 1000)
VALUES = 3000


def view(request: object) -> None:
    """Stand for a view."""


def targets(count: int) -> dict[str, list[str]]:
    """Return paths to look up among ``count`` routes."""
    last = count // 3
    return {
        "literal": [f"/s{last}/list"] * VALUES,
        "last, int": [f"/s{last}/{number}/edit" for number in range(VALUES)],
        "last, uuid": [f"/u{last}/{uuid.UUID(int=number << 64)}/show" for number in range(VALUES)],
        "miss": [f"/s{last}/{number}/nothing" for number in range(VALUES)],
    }


def partita(count: int, cache: int = 0) -> Callable[[str], object]:
    """Return a look-up with partita."""
    numbers = range(count // 3 + 1)
    patterns = [path(f"s{n}/list", view) for n in numbers]
    patterns += [path(f"s{n}/<int:pk>/edit", view) for n in numbers]
    patterns += [path(f"u{n}/<uuid:pk>/show", view) for n in numbers]
    match = Router(patterns, cache=cache).match

    def find(target: str) -> object:
        try:
            return match(target)
        except NoMatch:
            return None

    return find


def falcon(count: int) -> Callable[[str], object] | None:
    """Return a look-up with Falcon, or None without it."""
    try:
        router: Any = import_module("falcon.routing").CompiledRouter()
    except ImportError:
        return None

    class Resource:
        def on_get(self, request: object, response: object, pk: object = None) -> None:
            """Stand for a view."""

    resource = Resource()
    for number in range(count // 3 + 1):
        router.add_route(f"/s{number}/list", resource)
        router.add_route(f"/s{number}/{{pk:int}}/edit", resource)
        router.add_route(f"/u{number}/{{pk:uuid}}/show", resource)
    found: Callable[[str], object] = router.find
    return found


def litestar(count: int) -> Callable[[str], object] | None:
    """Return a look-up with Litestar, or None without it."""
    try:
        star: Any = import_module("litestar")
    except ImportError:
        return None

    async def handler() -> None:
        """Stand for a view."""

    numbers = range(count // 3 + 1)
    routes = [star.get(f"/s{number}/list")(handler) for number in numbers]

    async def by_int(pk: int) -> None:
        """Stand for a view."""

    async def by_uuid(pk: uuid.UUID) -> None:
        """Stand for a view."""

    routes += [star.get(f"/s{number}/{{pk:int}}/edit")(by_int) for number in numbers]
    routes += [star.get(f"/u{number}/{{pk:uuid}}/show")(by_uuid) for number in numbers]
    look_up: Any = star.Litestar(routes, openapi_config=None).asgi_router.handle_routing

    def find(target: str) -> object:
        try:
            return look_up(target, "GET")
        except star.exceptions.NotFoundException:
            return None

    return find


def nanoseconds(find: Callable[[str], object], paths: list[str]) -> float:
    """Return the least of fifteen series."""

    def series() -> None:
        for each in paths:
            find(each)

    return min(timeit.repeat(series, timer=time.thread_time, number=1, repeat=15)) / len(paths) * 1e9


def main() -> None:
    """Print tables."""
    for count in COUNTS:
        makers = {"partita": partita(count), "Falcon": falcon(count), "Litestar": litestar(count)}
        again = {"partita, again": partita(count, cache=1024), "Litestar, again": litestar(count)}
        present = {name: find for name, find in makers.items() if find is not None}
        same = {name: find for name, find in again.items() if find is not None}
        print(f"{count:>5} routes{'':>2}" + "".join(f"{name:>16}" for name in (*present, *same)))
        for label, paths in targets(count).items():
            times = [nanoseconds(find, paths) for find in present.values()]
            times += [nanoseconds(find, paths[:1] * VALUES) for find in same.values()]
            print(f"{label:>12} " + "".join(f"{each:>13.0f} ns" for each in times))


if __name__ == "__main__":
    main()
