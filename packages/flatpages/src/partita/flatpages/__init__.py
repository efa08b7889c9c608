"""Pages kept in the database, with a URL each."""

from partita.flatpages.errors import FlatPagesError, SetupError
from partita.flatpages.middleware import flatpage_fallback
from partita.flatpages.models import LONGEST_URL, FlatPage
from partita.flatpages.settings import FLATPAGES_SETTINGS, FlatPagesSettings
from partita.flatpages.views import DEFAULT_TEMPLATE, flatpage, show

__all__ = (
    "DEFAULT_TEMPLATE",
    "FLATPAGES_SETTINGS",
    "LONGEST_URL",
    "FlatPage",
    "FlatPagesError",
    "FlatPagesSettings",
    "SetupError",
    "flatpage",
    "flatpage_fallback",
    "show",
)
