"""The command ``routes``."""

import sys
from typing import TYPE_CHECKING

from partita.contracts.current import Resolver
from partita.urls.current import ROUTER
from partita.urls.patterns import LazyView
from partita.urls.router import RouteInfo, Router

if TYPE_CHECKING:
    import argparse  # loading it takes 2 ms, and a program that only serves never parses arguments

__all__ = ("RoutesCommand",)


class RoutesCommand:
    """Lists the routes of the application in the order they are tried."""

    name = "routes"
    help = "list all routes"

    def add_arguments(self, parser: "argparse.ArgumentParser") -> None:
        """Declare options."""
        parser.add_argument("--json", action="store_true", help="write JSON")
        parser.add_argument("--typed", action="store_true", help="write a Python module with a typed function per name")
        parser.add_argument(
            "--verify", nargs="+", metavar="PATH", help="look for names and arguments in Python files that no route has"
        )

    def run(self, app: Resolver, options: "argparse.Namespace") -> int:
        """List them; returns 1 if something that was to be verified is wrong."""
        if options.verify:
            return _verify(app.require(ROUTER), options.verify)
        if options.typed:
            from partita.urls.typed import typed_functions

            sys.stdout.write(typed_functions(app.require(ROUTER)))
            return 0
        rows = [_row(route) for route in app.require(ROUTER).routes()]
        if options.json:
            import json

            sys.stdout.write(f"{json.dumps(rows, indent=2)}\n")
            return 0
        shown = [[row["host"] + "/" + row["route"], row["name"], row["methods"] or "any", row["view"]] for row in rows]
        widths = [max((len(line[column]) for line in shown), default=0) for column in range(3)]
        for line in shown:
            cells = [cell.ljust(width) for cell, width in zip(line, widths, strict=False)]
            sys.stdout.write("  ".join([*cells, line[3]]).rstrip() + "\n")
        return 0


def _verify(router: Router, paths: list[str]) -> int:
    from partita.urls.verification import verify_files  # parses Python, which takes a while to load

    problems = verify_files(router, paths)
    for problem in problems:
        sys.stdout.write(f"{problem.text} ({problem.id})\n")
    return 1 if problems else 0


def _row(route: RouteInfo) -> dict[str, str]:
    view = route.view
    if isinstance(view, LazyView):
        dotted = view.name
    else:
        dotted = f"{getattr(view, '__module__', '')}.{getattr(view, '__qualname__', type(view).__qualname__)}"
    return {
        "host": route.host or "",
        "route": route.route,
        "name": route.name or "",
        "methods": ", ".join(sorted(route.methods)) if route.methods is not None else "",
        "view": dotted,
    }
