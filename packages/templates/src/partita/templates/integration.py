"""Gives an application its template engine."""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from partita.contracts.app import Registrar
from partita.contracts.checks import CHECKS, Finding
from partita.contracts.current import Resolver
from partita.contracts.settings import DEBUG
from partita.contracts.templates import CONTEXT_PROCESSORS, TEMPLATE_DIRS, TEMPLATE_LIBRARIES, TEMPLATES
from partita.templates.bytecode import DiskBytecode
from partita.templates.checking import check_templates
from partita.templates.engine import Engine

__all__ = ("TemplateSettings", "setup")


class TemplateSettings(msgspec.Struct, frozen=True):
    """The section ``templates`` of the settings.

    Args:
        dirs: Folders to look in before those of packages; relative ones begin at the working directory.
        string_if_invalid: Shown where a template names something that is not there.
        bytecode_dir: Folder for compiled templates, private to this application; empty keeps none.
        strict: Raise where a template names something that is not there.
    """

    dirs: tuple[str, ...] = ()
    string_if_invalid: str = ""
    strict: bool = False
    bytecode_dir: str = ""


def setup(app: Registrar) -> None:
    """Provide an engine over the folders, tag libraries and context processors that packages contribute."""
    settings = app.section("templates", TemplateSettings)
    app.provide(TEMPLATES, lambda: _engine(app, settings))
    app.add(CHECKS, _check)
    app.add(TEMPLATE_LIBRARIES, ("humanize", "partita.templates.filters.humanize"))


def _check(app: Resolver) -> Iterator[Finding]:
    engine = app.find(TEMPLATES)
    if isinstance(engine, Engine):
        for problem in check_templates(engine):
            yield Finding(problem.id, problem.level, str(problem), problem.hint)


def _engine(app: Registrar, settings: TemplateSettings) -> Engine:
    libraries = app.all(TEMPLATE_LIBRARIES)
    folders = (*map(Path, settings.dirs), *app.all(TEMPLATE_DIRS))
    debug: bool | None = app.find(DEBUG)
    return Engine(
        dirs=folders,
        libraries={name: module for name, module in libraries if name},
        builtins=[module for name, module in libraries if not name],
        context_processors=app.all(CONTEXT_PROCESSORS),
        debug=bool(debug),
        string_if_invalid=settings.string_if_invalid,
        strict=settings.strict,
        bytecode=DiskBytecode(settings.bytecode_dir) if settings.bytecode_dir else None,
    )
