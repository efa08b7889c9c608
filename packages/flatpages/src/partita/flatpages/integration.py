"""What flat pages give an application: a layer that shows them, and a tag for menus."""

from partita.contracts.app import Registrar
from partita.contracts.templates import TEMPLATE_LIBRARIES
from partita.flatpages.errors import SetupError
from partita.flatpages.middleware import flatpage_fallback
from partita.flatpages.settings import FLATPAGES_SETTINGS, FlatPagesSettings
from partita.http import MIDDLEWARE, Handler, Layer
from partita.http.handlers import USER
from partita.sites import SITES_SETTINGS

__all__ = ("setup",)


def setup(app: Registrar) -> None:
    """Show pages where nothing else answers, inside of all that gives requests their sites, sessions and users."""
    settings = app.section("flatpages", FlatPagesSettings)

    def layer(handler: Handler) -> Handler:
        if app.find(SITES_SETTINGS) is None:
            raise SetupError(
                "partita.flatpages needs sites in the database. Add partita.sites to the application's apps."
            )
        return flatpage_fallback(handler)

    app.provide(FLATPAGES_SETTINGS, lambda: settings)
    app.add(MIDDLEWARE, Layer(USER - 100, layer, "flatpages"))
    app.add(TEMPLATE_LIBRARIES, ("flatpages", "partita.flatpages.templatetags"))
