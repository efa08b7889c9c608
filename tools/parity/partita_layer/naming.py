"""Names of Django where partita says its own: paths of fields and expressions, and loggers."""

from __future__ import annotations

import logging
from typing import Any

from partita import orm
from partita.orm import Field
from partita.orm.options import Options

__all__ = ("install",)


def install() -> None:
    """Let fields, expressions and logs tell Django's names."""
    _rename_paths(Field)
    for kind in (orm.F, orm.Q, orm.Value, orm.Index):
        _rename_path(kind)
    # A test that adds an app lets options forget what they knew; partita's follow their register by themselves.
    Options._expire_cache = lambda options: None  # type: ignore[attr-defined]  # Django's name
    for name in ("partita.request", "partita.security"):
        logging.getLogger(name).addHandler(_Renamed())
    # What Django's own settings of logs put there, and the tests turn over to a text.
    logging.getLogger("django").addHandler(logging.StreamHandler())


def _rename_paths(kind: type[Field[Any]]) -> None:
    """Let fields tell their dotted path as Django's module has it."""
    told = kind.deconstruct

    def renamed(field: Field[Any]) -> tuple[str, str, list[Any], dict[str, Any]]:
        name, path, arguments, options = told(field)
        return name, path.replace("partita.orm.", "django.db.models."), arguments, options

    changed: Any = kind
    changed.deconstruct = renamed


def _rename_path(kind: type[Any]) -> None:
    """Let expressions tell their dotted path as Django's module has it."""
    told = kind.deconstruct

    def renamed(node: Any) -> tuple[Any, ...]:
        path, *arguments = told(node)
        return (path.replace("partita.orm.", "django.db.models."), *arguments)

    kind.deconstruct = renamed


class _Renamed(logging.Handler):
    """Hands records on to the logger of Django's name."""

    def emit(self, record: logging.LogRecord) -> None:
        """Hand on."""
        logger = logging.getLogger(record.name.replace("partita.", "django.", 1))
        if logger.isEnabledFor(record.levelno):
            logger.handle(record)
