"""``partita check``: what packages find wrong with the application, and what they do for its safety."""

import argparse
import json
import sys
from collections.abc import Sequence

from partita.cli.failing import show_failure
from partita.cli.styling import Style
from partita.contracts.checks import CHECKS, Finding
from partita.contracts.current import Resolver
from partita.contracts.measures import LAYERS, MEASURES, Measure

__all__ = ("CheckCommand",)

_LEVELS = ("info", "warning", "error")
_COLOURS = {"info": "blue", "warning": "yellow", "error": "red"}
_DEPLOY = "security."


class CheckCommand:
    """Runs all checks."""

    name = "check"
    help = "look for mistakes in the project"

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare options."""
        parser.add_argument("--fail-level", choices=_LEVELS, default="error", help="what ends with status 1 (error)")
        parser.add_argument("--json", action="store_true", help="write findings as JSON")
        parser.add_argument("--templates", action="store_true", help="only tell what is wrong with templates")
        parser.add_argument(
            "--deploy",
            action="store_true",
            help="look at what matters on a server, too; status 1 if anything makes the site unsafe to put on one",
        )
        parser.add_argument(
            "--profile",
            action="store_true",
            help="tell layer by layer what protects the site; status 1 if something is missing",
        )

    def run(self, app: Resolver, options: argparse.Namespace) -> int:
        """Look, and tell."""
        prepare = getattr(app, "prepare", None)
        if prepare is not None:
            try:
                prepare()  # routes and middleware: what cannot be put together is the first thing to know
            except Exception as error:  # noqa: BLE001 - modules of routes are imported here, and may fail in any way
                show_failure(error, "The application cannot be put together")
                return 1
        if options.profile:
            return _profile(app, as_json=options.json)
        found = [finding for check in app.all(CHECKS) for finding in check(app) if options.deploy or not finding.deploy]
        if options.templates:
            found = [finding for finding in found if finding.id.startswith("templates.")]
        found.sort(key=lambda finding: -_LEVELS.index(finding.level))
        if options.json:
            fields = [{"id": each.id, "level": each.level, "text": each.text, "hint": each.hint} for each in found]
            sys.stdout.write(f"{json.dumps(fields, indent=2)}\n")
        else:
            _show(found, Style())
        failing = _LEVELS[_LEVELS.index(options.fail_level) :]
        # While debug is on there is nothing to say of the rest, but that alone is enough.
        unsafe = options.deploy and any(each.id.startswith((_DEPLOY, "signing.")) for each in found)
        return int(unsafe or any(finding.level in failing for finding in found))


def _show(found: list[Finding], style: Style) -> None:
    for finding in found:
        style.line(f"{style(finding.level, _COLOURS[finding.level], 'bold')} {style(finding.id, 'dim')} {finding.text}")
        if finding.hint:
            style.line(f"    {finding.hint}")
    style.line(f"{len(found)} found" if found else style("Nothing found.", "green"))


def _profile(app: Resolver, *, as_json: bool) -> int:
    measures = [measure for source in app.all(MEASURES) for measure in source(app)]
    by_layer = {layer: [each for each in measures if each.layer == layer] for layer in LAYERS}
    if as_json:
        fields = {
            layer: [{"name": each.name, "in_force": each.in_force, "hint": each.hint} for each in found]
            for layer, found in by_layer.items()
        }
        sys.stdout.write(f"{json.dumps(fields, indent=2)}\n")
    else:
        style = Style()
        for layer, found in by_layer.items():
            _show_layer(layer, found, style)
    return int(any(not found or not all(each.in_force for each in found) for found in by_layer.values()))


def _show_layer(layer: str, found: Sequence[Measure], style: Style) -> None:
    there = sum(each.in_force for each in found)
    style.line(style(f"{layer}: {there} of {len(found)}", "bold"))
    if not found:
        style.line(f"  {style('-', 'red')} no package of this project does anything here")
    for each in found:
        style.line(f"  {style('+', 'green') if each.in_force else style('-', 'red')} {each.name}")
        if each.hint and not each.in_force:
            style.line(f"      {each.hint}")
