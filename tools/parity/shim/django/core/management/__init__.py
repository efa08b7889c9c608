"""Django's ``call_command`` on the commands of the current application; options that have other names here are renamed."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from contextlib import ExitStack, redirect_stderr, redirect_stdout
from typing import Any

from harness import adapter  # pyright: ignore[reportMissingImports]
from harness.hook import fallback  # pyright: ignore[reportMissingImports]

from partita.contracts.commands import COMMANDS
from partita.contracts.current import CURRENT

__all__ = ("CommandError", "call_command", "execute_from_command_line")

CommandError = SystemExit
"""How a command of partita ends that cannot do what it was asked for."""
_RENAMED = {"extensions": "extension", "ignore_patterns": "ignore", "fuzzy": "use_fuzzy"}
_OPPOSITE = {"use_default_ignore_patterns": "no_default_ignore", "all": "first"}
_RENAMED |= {"ignore": "ignorenonexistent", "primary_keys": "pks", "use_base_manager": "all"}
_RENAMED |= {"use_natural_foreign_keys": "natural_foreign", "use_natural_primary_keys": "natural_primary"}
_TELLING = {"findstatic"}  # what these write is what Django's return
_DOMAIN = "django"  # what Django calls the catalogues that are "messages" to partita


def call_command(name: str, *arguments: str, stdout: Any = None, stderr: Any = None, **options: Any) -> Any:
    """Run a command; one that fails ends with `CommandError`.

    Args:
        name: Of the command.
        *arguments: As on the command line.
        stdout: Where output goes.
        stderr: Where complaints go.
        **options: By Django's names.
    """
    command, parser = _command(name)
    parsed = parser.parse_args([*map(str, arguments)])
    if "domain" in parsed and not any("domain" in argument for argument in arguments):
        parsed.domain = _DOMAIN
    for option, value in _translated(options, set(vars(parsed))):
        if option in parsed:
            setattr(parsed, option, value)
    with ExitStack() as streams:
        if stdout is not None:
            streams.enter_context(redirect_stdout(stdout))
        streams.enter_context(redirect_stderr(stderr if stderr is not None else stdout)) if stderr or stdout else None
        status = command.run(CURRENT.get(), parsed)
    if status:
        raise CommandError(f"{name} generated one or more errors.")  # which is how Django tells a status
    return stdout.getvalue().rstrip("\n") if name in _TELLING and stdout is not None else None


def execute_from_command_line(arguments: list[str]) -> None:
    """Run a command as it is typed, or show its help."""
    _, name, *rest = arguments
    if name == "help":
        _command(rest[0])[1].print_help()
    else:
        call_command(name, *rest)


def _command(name: str) -> tuple[Any, argparse.ArgumentParser]:
    command = next((each for each in adapter.current().all(COMMANDS) if each.name == name), None)
    if command is None:
        raise CommandError(f"Unknown command: {name!r}")
    parser = argparse.ArgumentParser(name)
    command.add_arguments(parser)
    return command, parser


def _translated(options: dict[str, Any], there: set[str]) -> Iterable[tuple[str, Any]]:
    """Give options under the names that the command has; one that it knows by Django's name keeps it."""
    for option, value in options.items():
        if option in there:
            if value is not None:
                yield option, value
        elif option in _OPPOSITE and _OPPOSITE[option] in there:
            yield _OPPOSITE[option], not value
        elif option == "no_location":
            if value:
                yield "add_location", "never"
        elif option == "verbosity":
            yield "quiet", value == 0
        elif value is not None:
            yield _RENAMED.get(option, option), value


__getattr__ = fallback("django.core.management")
