"""What the shop adds to the application: its template tags, and the cart in every page's header."""

from collections.abc import Mapping

from partita.contracts.app import Registrar
from partita.contracts.templates import CONTEXT_PROCESSORS, TEMPLATE_LIBRARIES
from partita.http import Request
from partita.sessions import SESSION
from shop.cart import Cart

__all__ = ("setup",)


def setup(app: Registrar) -> None:
    """Register with ``app``."""
    app.add(TEMPLATE_LIBRARIES, ("shop", "shop.templatetags"))
    app.add(CONTEXT_PROCESSORS, _cart)


def _cart(request: object) -> Mapping[str, object]:
    if isinstance(request, Request) and SESSION in request.state:
        return {"cart_count": Cart(request[SESSION]).count}
    return {}
