"""What redirects give an application: a layer that follows them."""

from partita.contracts.app import Registrar
from partita.http import MIDDLEWARE, Handler, Layer
from partita.http.handlers import TRANSACTION
from partita.redirects.errors import SetupError
from partita.redirects.middleware import REDIRECTS_SETTINGS, RedirectsSettings, redirect_fallback
from partita.sites import SITES_SETTINGS

__all__ = ("setup",)


def setup(app: Registrar) -> None:
    """Follow redirects as the section ``[redirects]`` says, inside of all that gives requests their sites and sessions."""
    settings = app.section("redirects", RedirectsSettings)

    def layer(handler: Handler) -> Handler:
        if app.find(SITES_SETTINGS) is None:
            raise SetupError(
                "partita.redirects needs sites in the database. Add partita.sites to the application's apps."
            )
        return redirect_fallback(settings)(handler)

    app.provide(REDIRECTS_SETTINGS, lambda: settings)
    app.add(MIDDLEWARE, Layer(TRANSACTION + 50, layer, "redirects"))
