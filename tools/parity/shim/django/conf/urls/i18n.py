"""Routes of languages under Django's names: its settings give partita's arguments."""

from __future__ import annotations

import importlib
import sys
from typing import Any

from harness import adapter  # pyright: ignore[reportMissingImports]
from harness.hook import fallback  # pyright: ignore[reportMissingImports]

from partita import urls
from partita.i18n.views import set_language
from partita.urls import path

__all__ = ("app_name", "i18n_patterns", "urlpatterns")

app_name = None
urlpatterns = [path("setlang/", set_language, name="set_language")]


def i18n_patterns(*patterns: Any, prefix_default_language: bool = True) -> list[Any]:
    """Declare routes once for each language of the settings."""
    settings = importlib.import_module("django.conf").settings
    adapter.routes_of_languages.add(sys._getframe(1).f_globals["__name__"])
    default = settings.LANGUAGE_CODE.lower()
    offered = dict(settings.LANGUAGES) if settings.is_overridden("LANGUAGES") else adapter.LANGUAGES
    languages = [default, *(code.lower() for code in offered)]
    return urls.i18n_patterns(*patterns, languages=languages, unprefixed=None if prefix_default_language else default)


__getattr__ = fallback("django.conf.urls.i18n")
