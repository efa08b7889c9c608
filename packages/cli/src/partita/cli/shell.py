"""``partita shell``: Python with the application at hand."""

import argparse
import code
import sys
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from partita.contracts.current import Resolver

__all__ = ("ShellCommand", "names_for_shell")


class ShellCommand:
    """Starts an interactive interpreter, or runs code, with models imported and the application current."""

    name = "shell"
    help = "start Python with the application and its models at hand"

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare options."""
        parser.add_argument("-c", "--command", help="run this code instead; without it, code may come from a pipe")
        parser.add_argument("--plain", action="store_true", help="do not use IPython even if it is installed")
        parser.add_argument("--no-imports", action="store_true", help="do not import models")

    def run(self, app: Resolver, options: argparse.Namespace) -> int:
        """Start it."""
        names = {"app": app} if options.no_imports else names_for_shell(app)
        source = options.command
        if source is None and not sys.stdin.isatty():
            source = sys.stdin.read()
        if source is not None:
            exec(compile(source, "<shell>", "exec"), {"__name__": "__console__", **names})
            return 0
        if not options.plain and find_spec("IPython") is not None:
            import_module("IPython").start_ipython(argv=[], user_ns=names)
            return 0
        banner = f"Python {sys.version.split()[0]}; here are {', '.join(sorted(names))}"
        code.InteractiveConsole(names).interact(banner=banner, exitmsg="")
        return 0


def names_for_shell(app: Resolver) -> dict[str, Any]:
    """Return the application and its models by name; of two models with one name, the one from the earlier package stays."""
    names: dict[str, Any] = {"app": app}
    for package in getattr(app, "packages", ()):
        module = sys.modules.get(f"{package.name}.models")
        for name, value in vars(module).items() if module is not None else ():
            if isinstance(value, type) and hasattr(value, "_meta") and value.__module__.startswith(package.name):
                names.setdefault(name, value)
    return names
