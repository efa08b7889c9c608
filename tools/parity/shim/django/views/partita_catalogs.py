"""The catalogues for scripts, with partita's packages in the place of Django's."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

from partita.i18n import views

__all__ = ("JSONCatalog", "JavaScriptCatalog")


def _renamed(packages: Sequence[str] | None) -> list[str]:
    names = [name.replace("django.contrib.", "partita.") for name in packages or ()]
    return [name for name in names if find_spec(name.partition(".")[0]) and find_spec(name)]


class JavaScriptCatalog(views.JavaScriptCatalog):
    """As a script."""

    @classmethod
    def as_view(cls, domain: str | None = None, packages: Sequence[str] | None = None, **options: Any) -> Any:
        """Return the view."""
        return views.JavaScriptCatalog.as_view(domain, _renamed(packages))


class JSONCatalog(views.JSONCatalog):
    """As data."""

    @classmethod
    def as_view(cls, domain: str | None = None, packages: Sequence[str] | None = None, **options: Any) -> Any:
        """Return the view."""
        return views.JSONCatalog.as_view(domain, _renamed(packages))
