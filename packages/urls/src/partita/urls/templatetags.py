"""The tag ``{% url %}``; loaded only where templates are."""

from partita.contracts.current import require
from partita.templates import Context, Library
from partita.urls.current import ROUTER

__all__ = ("register", "url")

register = Library()


@register.simple_tag(takes_context=True)
def url(context: Context, name: str, *args: object, **kwargs: object) -> str:
    """Write the path of a route: ``{% url 'shop:album' album.pk %}``, ``{% url 'search' terms as link %}``.

    Where an application is included more than once, the instance that the request came to is preferred.

    Raises:
        NoReverseMatch: If there is no such route, or it does not take these values.
    """
    match = getattr(getattr(context.get("request"), "state", None), "match", None)
    current_app = getattr(match, "namespace", None) or None
    return require(ROUTER).reverse(name, args=args, kwargs=kwargs, current_app=current_app)
