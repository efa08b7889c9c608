"""``engines``: partita's `Engines`, made from the setting TEMPLATES."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any

from partita.templates.engines import Engines


class EngineHandler:
    """Engines by name, made at the first use and again when the setting has changed."""

    def __init__(self, templates: Any = None) -> None:
        self._given, self._for, self._made = templates, None, None

    def made(self) -> Engines:
        """Return the engines."""
        from django.conf import settings  # pyright: ignore

        wanted: Any = self._given if self._given is not None else settings.TEMPLATES
        key = (repr(wanted), repr(settings.INSTALLED_APPS))
        if self._made is None or self._for != key:
            self._made, self._for = Engines(dict(self._all(wanted))), key
        return self._made

    def _all(self, wanted: Any) -> Iterator[tuple[str, Any]]:
        for each in wanted:
            module, _, kind = each["BACKEND"].rpartition(".")
            name = each.get("NAME") or module.rsplit(".", 1)[-1]
            yield name, getattr(import_module(module), kind)({**each, "NAME": name})

    def all(self) -> list[Any]:
        """Return the engines."""
        return self.made().all()

    def __getitem__(self, name: str) -> Any:
        return self.made()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.made())


engines = EngineHandler()
