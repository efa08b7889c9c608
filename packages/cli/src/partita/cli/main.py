"""The ``partita`` command: finds the project, offers its commands, runs one."""

import argparse
import asyncio
import difflib
import inspect
import os
import sys
from collections.abc import Awaitable, Sequence
from pathlib import Path
from typing import NoReturn

from partita.cli.check import CheckCommand
from partita.cli.completion import SHELLS, candidates, script
from partita.cli.errors import CliError, NoProject
from partita.cli.explain import SettingsCommand
from partita.cli.failing import say, show_failure
from partita.cli.location import Application, find_location, load_application
from partita.cli.new import NewCommand
from partita.cli.shell import ShellCommand
from partita.contracts.commands import COMMANDS, Command

__all__ = ("main",)

# What a command is called elsewhere, where the two names are not alike.
_ELSEWHERE = {
    "dev": "run --reload",
    "diffsettings": "settings --changed",
    "init": "new",
    "runserver": "run --reload",
    "serve": "run",
    "show_urls": "routes",
    "start": "run",
    "startproject": "new",
    "urls": "routes",
}
_OWN: tuple[Command, ...] = (CheckCommand(), SettingsCommand(), ShellCommand())


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status: 0 if all is well, 1 if not, 2 if it was called wrongly.

    Args:
        argv: Arguments without the program's name; those of the process by default.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        return _main(arguments)
    except CliError as error:
        say(str(error))
        return 1
    except SystemExit as error:
        if error.code is None or isinstance(error.code, int):
            return error.code or 0
        say(str(error.code))
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # `partita routes | head`
        sys.stderr.close()
        return 1


def _main(arguments: list[str]) -> int:
    if arguments[:1] == ["--complete"]:
        return _complete(arguments[1:])
    first = _Parser(add_help=False)
    _common(first)
    options, rest = first.parse_known_args(arguments[: _command_at(arguments)])
    rest += arguments[_command_at(arguments) :]
    if options.version:
        sys.stdout.write(f"partita {_version()}\n")
        return 0
    if rest and rest[0] == "new":
        return _new(rest)
    if rest and rest[0] == "completion":
        return _completion(rest)
    app: Application | None = None
    problem: str | None = None
    try:
        location = find_location(Path.cwd(), options.app)
        os.chdir(
            location.folder
        )  # what settings say of paths (sqlite:///shop.sqlite3) must not depend on where one stands
        app = load_application(location)
    except NoProject as error:
        problem = str(error)
    except Exception as error:  # noqa: BLE001 - a project may fail to import in any way; say where
        if rest and not {"-h", "--help"} & set(rest):
            show_failure(error, "The project cannot be imported")
            return 1
        problem = f"The project cannot be imported: {error}"
    wanted = rest[0] if rest and not rest[0].startswith("-") else None
    if app is None and wanted is not None and problem is not None:
        raise NoProject(problem)
    return _run(app, rest, problem)


def _run(app: Application | None, rest: list[str], problem: str | None) -> int:
    commands = _commands(app, rest[0] if rest else "")
    parser = _parser(commands, problem)
    if not rest:
        parser.print_help()
        return 0
    options = parser.parse_args(rest)
    command = commands[options._command]
    if app is None:  # pragma: no cover - _main has refused this already
        raise NoProject(problem or "no project")
    with app:
        result = command.run(app, options)
        return asyncio.run(_finish(result)) if inspect.isawaitable(result) else int(result or 0)


def _commands(app: Application | None, wanted: str) -> dict[str, Command]:
    """Return the command that is wanted, or all if that is none: others need not be loaded to run one."""
    own = {command.name: command for command in _OWN}
    if app is None:
        return own
    find = getattr(app, "command", None)  # not every application has a quick way
    found = find(wanted) if find is not None else None
    if found is not None:
        return {found.name: found}
    return own | {command.name: command for command in app.all(COMMANDS)}


def _parser(commands: dict[str, Command], problem: str | None) -> "_Parser":
    parser = _Parser(prog="partita", description="Makes projects, and runs their commands.", epilog=problem)
    _common(parser)
    below = parser.add_subparsers(dest="_command", metavar="command", parser_class=_Parser)
    NewCommand().add_arguments(below.add_parser("new", help=NewCommand.help))
    _add_shell(below.add_parser("completion", help="write a script that lets a shell complete commands"))
    for name, command in sorted(commands.items()):
        # A name may be two words at most; argparse takes one.
        sentence = _sentence(command.help)
        listed = sentence[:1].lower() + sentence[1:-1] if sentence[1:2].islower() else sentence[:-1]
        command.add_arguments(below.add_parser(name, help=listed, description=sentence))
    return parser


def _completion(arguments: list[str]) -> int:
    parser = _Parser(prog="partita completion", description="Writes a script that lets a shell complete commands.")
    _add_shell(parser)
    sys.stdout.write(script(parser.parse_args(arguments[1:]).shell))
    return 0


def _add_shell(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("shell", choices=sorted(SHELLS), help='then: eval "$(partita completion bash)"')


def _complete(words: list[str]) -> int:
    commands = {command.name: command for command in _OWN}
    labels: list[str] = []
    try:
        location = find_location(Path.cwd())
        os.chdir(location.folder)
        app = load_application(location)
        commands |= {command.name: command for command in app.all(COMMANDS)}
        labels = [package.label for package in getattr(app, "packages", ())]
    except Exception:  # noqa: BLE001, S110 - whatever is wrong with the project, a shell completes what there is
        pass
    found = candidates(_parser(commands, None), words, labels)
    sys.stdout.write("".join(f"{each}\n" for each in found))
    return 0


async def _finish(result: Awaitable[int]) -> int:
    return int(await result or 0)


def _new(arguments: list[str]) -> int:
    parser = _Parser(prog="partita new", description=_sentence(NewCommand.help))
    command = NewCommand()
    command.add_arguments(parser)
    return command.run(parser.parse_args(arguments[1:]))


class _Parser(argparse.ArgumentParser):
    """Proposes what might have been meant."""

    def error(self, message: str) -> NoReturn:
        for action in self._actions:
            if isinstance(action, argparse._SubParsersAction) and "invalid choice: " in message:
                wrong = message.partition("invalid choice: '")[2].partition("'")[0]
                near = (
                    [_ELSEWHERE[wrong]] if wrong in _ELSEWHERE else difflib.get_close_matches(wrong, action.choices, 3)
                )
                hint = f" Did you mean {' or '.join(near)}?" if near else " See partita --help."
                if wrong == "test":
                    hint = " Tests run with `python -m pytest`."
                message = f"there is no command {wrong!r}.{hint}"
        super().error(message)


def _common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--app", metavar="MODULE:NAME", help="the application, if pyproject.toml does not say")
    parser.add_argument("--version", action="store_true", help="show the version and exit")


def _command_at(arguments: list[str]) -> int:
    """Return where options of `partita` itself end and those of a command begin."""
    at = 0
    while at < len(arguments) and arguments[at].startswith("-"):
        at += 2 if arguments[at] == "--app" else 1
    return min(at, len(arguments))


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].removesuffix('.')}."


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version  # reads mail, for the form that such data has

    try:
        return version("partita-cli")
    except PackageNotFoundError:
        return "(not installed as a package)"
