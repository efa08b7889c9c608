"""Time of one look-up beside Falcon's and Litestar's routers, as far as they are installed.

python packages/urls/bench/bench_peers.py
"""

import statistics
import timeit
import uuid
from collections.abc import Callable
from importlib import import_module
from typing import Any

from partita.urls import NoMatch, Router, path

COUNT = 200
TARGETS = {
    "literal": f"/s{COUNT - 1}/list",
    "last, int": f"/s{COUNT - 1}/12/edit",
    "last, uuid": f"/u{COUNT - 1}/{uuid.UUID(int=7)}/show",
    "miss": f"/s{COUNT - 1}/12/nothing",
}


def view(request: object) -> None:
    """Stand for a view."""


def partita() -> Callable[[str], object]:
    """Return a look-up with partita."""
    patterns = [path(f"s{n}/list", view) for n in range(COUNT)]
    patterns += [path(f"s{n}/<int:pk>/edit", view) for n in range(COUNT)]
    patterns += [path(f"u{n}/<uuid:pk>/show", view) for n in range(COUNT)]
    match = Router(patterns).match

    def find(target: str) -> object:
        try:
            return match(target)
        except NoMatch:
            return None

    return find


def falcon() -> Callable[[str], object] | None:
    """Return a look-up with Falcon, or None without it."""
    try:
        router: Any = import_module("falcon.routing").CompiledRouter()
    except ImportError:
        return None

    class Resource:
        def on_get(self, request: object, response: object, pk: object = None) -> None:
            """Stand for a view."""

    resource = Resource()
    for number in range(COUNT):
        router.add_route(f"/s{number}/list", resource)
        router.add_route(f"/s{number}/{{pk:int}}/edit", resource)
        router.add_route(f"/u{number}/{{pk:uuid}}/show", resource)
    found: Callable[[str], object] = router.find
    return found


def litestar() -> Callable[[str], object] | None:
    """Return a look-up with Litestar, or None without it."""
    try:
        star: Any = import_module("litestar")
    except ImportError:
        return None

    async def handler() -> None:
        """Stand for a view."""

    routes = [star.get(f"/s{number}/list")(handler) for number in range(COUNT)]

    async def by_int(pk: int) -> None:
        """Stand for a view."""

    async def by_uuid(pk: uuid.UUID) -> None:
        """Stand for a view."""

    routes += [star.get(f"/s{number}/{{pk:int}}/edit")(by_int) for number in range(COUNT)]
    routes += [star.get(f"/u{number}/{{pk:uuid}}/show")(by_uuid) for number in range(COUNT)]
    app: Any = star.Litestar(routes, openapi_config=None)

    def find(target: str) -> object:
        try:
            return app.asgi_router.handle_routing(target, "GET")
        except star.exceptions.NotFoundException:
            return None

    return find


def nanoseconds(find: Callable[[str], object], target: str) -> float:
    """Return the median of nine series."""
    return statistics.median(timeit.repeat(lambda: find(target), number=5000, repeat=9)) / 5000 * 1e9


def main() -> None:
    """Print a table."""
    peers = {"partita": partita(), "Falcon": falcon(), "Litestar": litestar()}
    present = {name: find for name, find in peers.items() if find is not None}
    print(f"{COUNT * 3} routes{'':>4}" + "".join(f"{name:>12}" for name in present))
    for label, target in TARGETS.items():
        times = [nanoseconds(find, target) for find in present.values()]
        print(f"{label:>12} " + "".join(f"{each:>9.0f} ns" for each in times))


if __name__ == "__main__":
    main()
