"""The command that this process was started with."""

import sys

from partita.server.settings import RELOAD_MODES

__all__ = ("this_command",)


def this_command(without: str = "") -> list[str]:
    """Return what this process was started with, but for one option and its mode of reloading, if it has one."""
    command = [sys.executable]
    skipped = False
    for argument in sys.orig_argv[1:]:
        if skipped and argument in RELOAD_MODES:
            skipped = False
            continue
        skipped = bool(without) and argument == without
        if not skipped and not (without and argument.startswith(f"{without}=")):
            command.append(argument)
    return command
