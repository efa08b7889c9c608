"""``partita check``: what packages find wrong with the application."""

import argparse
import json
import sys

from partita.cli.styling import Style
from partita.contracts.checks import CHECKS, Finding
from partita.contracts.current import Resolver

__all__ = ("CheckCommand",)

_LEVELS = ("info", "warning", "error")
_COLOURS = {"info": "blue", "warning": "yellow", "error": "red"}


class CheckCommand:
    """Runs all checks."""

    name = "check"
    help = "look for mistakes in the project"

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare options."""
        parser.add_argument("--fail-level", choices=_LEVELS, default="error", help="what ends with status 1 (error)")
        parser.add_argument("--json", action="store_true", help="write findings as JSON")

    def run(self, app: Resolver, options: argparse.Namespace) -> int:
        """Look, and tell."""
        prepare = getattr(app, "prepare", None)
        if prepare is not None:
            prepare()  # routes and middleware: what cannot be put together is the first thing to know
        found = [finding for check in app.all(CHECKS) for finding in check(app)]
        found.sort(key=lambda finding: -_LEVELS.index(finding.level))
        if options.json:
            fields = [{"id": each.id, "level": each.level, "text": each.text, "hint": each.hint} for each in found]
            sys.stdout.write(f"{json.dumps(fields, indent=2)}\n")
        else:
            _show(found, Style())
        failing = _LEVELS[_LEVELS.index(options.fail_level) :]
        return int(any(finding.level in failing for finding in found))


def _show(found: list[Finding], style: Style) -> None:
    for finding in found:
        style.line(f"{style(finding.level, _COLOURS[finding.level], 'bold')} {style(finding.id, 'dim')} {finding.text}")
        if finding.hint:
            style.line(f"    {finding.hint}")
    style.line(f"{len(found)} found" if found else style("Nothing found.", "green"))
