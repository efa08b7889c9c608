"""``partita settings``: what each setting is, and where it came from."""

import argparse
import json
import sys
from typing import Any

from partita.cli.styling import Style
from partita.contracts.checks import CHECKS
from partita.contracts.current import Resolver

__all__ = ("SettingsCommand",)


class SettingsCommand:
    """Explains the settings."""

    name = "settings"
    help = "show settings and where they come from; secrets are masked"

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare arguments."""
        parser.add_argument("prefix", nargs="?", default="", help="only names that begin so, such as databases")
        parser.add_argument("--changed", action="store_true", help="leave out those that have their default")
        parser.add_argument("--json", action="store_true", help="write JSON")

    def run(self, app: Resolver, options: argparse.Namespace) -> int:
        """Show them."""
        settings: Any = getattr(app, "settings", None)
        if settings is None:
            raise SystemExit("This application does not tell its settings.")
        for check in app.all(CHECKS):
            list(check(app))  # makes packages read their sections
        rows = [
            {"name": origin.name, "value": origin.shown, "source": origin.source}
            for origin in settings.explain()
            if origin.name.startswith(options.prefix) and not (options.changed and origin.source == "default")
        ]
        if options.json:
            sys.stdout.write(f"{json.dumps(rows, indent=2)}\n")
            return 0
        style = Style()
        widths = [max((len(row[column]) for row in rows), default=0) for column in ("name", "value")]
        for row in rows:
            name, value = row["name"].ljust(widths[0]), row["value"].ljust(min(widths[1], 60))
            style.line(f"{name}  {value}  {style(row['source'], 'dim')}")
        return 0
