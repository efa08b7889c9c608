"""Gives an application its template engine."""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from partita.contracts.app import Registrar
from partita.contracts.checks import CHECKS, Finding
from partita.contracts.commands import COMMANDS
from partita.contracts.current import CURRENT, Resolver
from partita.contracts.settings import DEBUG
from partita.contracts.templates import CONTEXT_PROCESSORS, TEMPLATE_DIRS, TEMPLATE_LIBRARIES, TEMPLATES
from partita.templates.bytecode import DiskBytecode
from partita.templates.checking import check_templates
from partita.templates.engine import Engine
from partita.templates.engines import Backend, Engines
from partita.templates.language_server import LanguageServerCommand
from partita.text.importing import import_string

__all__ = ("TemplateSettings", "setup")


class TemplateSettings(msgspec.Struct, frozen=True):
    """The section ``templates`` of the settings.

    Args:
        dirs: Folders to look in before those of packages; relative ones begin at the working directory.
        string_if_invalid: Shown where a template names something that is not there.
        bytecode_dir: Folder for compiled templates, private to this application; empty keeps none.
        strict: Raise where a template names something that is not there.
        file_charset: Encoding of the files.
        jinja2_dirs: Folders with templates in Jinja2's language, under other names than those above; needs the extra
            ``jinja2``. The engines are called ``partita`` and ``jinja2`` then.
        mako_dirs: The same for Mako (extra and engine ``mako``), whose templates are Python and must not come from visitors.
        minijinja_dirs: The same for MiniJinja (extra and engine ``minijinja``).
        contextual: Escape variables for where they stand in HTML; see `Engine`.
        context_processors: Dotted names of functions, such as ``partita.i18n.context_processors.i18n``, called with the request
            after those of packages; what they return are names for templates.
    """

    dirs: tuple[str, ...] = ()
    string_if_invalid: str = ""
    strict: bool = False
    contextual: bool = False
    bytecode_dir: str = ""
    file_charset: str = "utf-8"
    jinja2_dirs: tuple[str, ...] = ()
    mako_dirs: tuple[str, ...] = ()
    minijinja_dirs: tuple[str, ...] = ()
    context_processors: tuple[str, ...] = ()


def setup(app: Registrar) -> None:
    """Provide an engine over the folders, tag libraries and context processors that packages contribute."""
    settings = app.section("templates", TemplateSettings)
    app.provide(TEMPLATES, lambda: _engines(app, settings))
    app.add(CHECKS, _check)
    app.add(COMMANDS, LanguageServerCommand())
    app.add(TEMPLATE_LIBRARIES, ("humanize", "partita.templates.filters.humanize"))


def _check(app: Resolver) -> Iterator[Finding]:
    found: object = app.find(TEMPLATES)
    for engine in found.all() if isinstance(found, Engines) else [found]:
        if isinstance(engine, Engine):
            token = CURRENT.set(app)  # tags look for routes, among other things
            try:
                problems = list(check_templates(engine))
            finally:
                CURRENT.reset(token)
            for problem in problems:
                yield Finding(problem.id, problem.level, str(problem), problem.hint)


def _engines(app: Registrar, settings: TemplateSettings) -> Engine | Engines:
    own = _engine(app, settings)
    engines: dict[str, Backend] = {"partita": own}
    processors, debug = own.context_processors, own.debug
    if settings.jinja2_dirs:
        from partita.templates.jinja import JinjaEngine

        engines["jinja2"] = JinjaEngine(settings.jinja2_dirs, context_processors=processors, debug=debug)
    if settings.mako_dirs:
        from partita.templates.mako import MakoEngine

        engines["mako"] = MakoEngine(settings.mako_dirs, context_processors=processors, debug=debug)
    if settings.minijinja_dirs:
        from partita.templates.minijinja import MiniJinjaEngine

        engines["minijinja"] = MiniJinjaEngine(settings.minijinja_dirs, context_processors=processors, debug=debug)
    return own if len(engines) == 1 else Engines(engines)


def _engine(app: Registrar, settings: TemplateSettings) -> Engine:
    libraries = app.all(TEMPLATE_LIBRARIES)
    folders = (*map(Path, settings.dirs), *app.all(TEMPLATE_DIRS))
    debug: bool | None = app.find(DEBUG)
    return Engine(
        dirs=folders,
        libraries={name: module for name, module in libraries if name},
        builtins=[module for name, module in libraries if not name],
        context_processors=[*app.all(CONTEXT_PROCESSORS), *map(import_string, settings.context_processors)],
        debug=bool(debug),
        string_if_invalid=settings.string_if_invalid,
        strict=settings.strict,
        contextual=settings.contextual,
        file_charset=settings.file_charset,
        bytecode=DiskBytecode(settings.bytecode_dir) if settings.bytecode_dir else None,
    )
