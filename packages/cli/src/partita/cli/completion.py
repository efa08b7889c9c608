"""Completion in shells: what may stand at the place of the cursor."""

import argparse
from collections.abc import Iterable, Sequence

__all__ = ("SHELLS", "candidates", "script")

_BASH = """_partita() {
  local IFS=$'\\n'
  COMPREPLY=($(partita --complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _partita partita
"""
_ZSH = """#compdef partita
_partita() {
  local -a found
  found=(${(f)"$(partita --complete "${(@)words[2,CURRENT]}" 2>/dev/null)"})
  compadd -- $found
}
compdef _partita partita
"""
_FISH = """complete -c partita -f -a '(partita --complete (commandline -opc)[2..] (commandline -ct) 2>/dev/null)'
"""
SHELLS = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}
"""Scripts by name of shell."""


def script(shell: str) -> str:
    """Return what a shell must run to know how to complete ``partita``."""
    return SHELLS[shell]


def candidates(parser: argparse.ArgumentParser, words: Sequence[str], labels: Iterable[str]) -> list[str]:
    """Return what may stand in place of the last word.

    Args:
        parser: That of `partita`.
        words: What was typed behind ``partita``; the last one may be empty or half a word.
        labels: Of the application's packages, for commands that take some.
    """
    *before, last = words or [""]
    command = next((word for word in before if not word.startswith("-")), None)
    commands = _commands(parser)
    if command is None:
        found = [*commands, *_options(parser)] if last.startswith("-") else list(commands)
    elif command not in commands:
        found = []
    else:
        found = _of_command(commands[command], before[-1], last, labels)
    return sorted({each for each in found if each.startswith(last)})


def _of_command(parser: argparse.ArgumentParser, previous: str, last: str, labels: Iterable[str]) -> list[str]:
    for action in parser._actions:
        # The value of an option that takes one of a few.
        if previous in action.option_strings and action.nargs != 0:
            return [str(choice) for choice in action.choices or ()]
    if last.startswith("-"):
        return _options(parser)
    found: list[str] = []
    for action in parser._actions:
        if not action.option_strings:
            found += [str(choice) for choice in action.choices or ()]
            if {"app", "apps", "label", "labels", "app_label"} & {action.dest}:
                found += labels
    return found


def _commands(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            return dict(action.choices)
    return {}


def _options(parser: argparse.ArgumentParser) -> list[str]:
    return [each for action in parser._actions for each in action.option_strings if each.startswith("--")]
