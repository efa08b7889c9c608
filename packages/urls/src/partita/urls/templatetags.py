"""The tag ``{% url %}``; loaded only where templates are."""

from collections.abc import Iterator
from inspect import signature
from typing import Any

from partita.contracts.current import find
from partita.templates import Context, Library, Node, Parser, TemplateSyntaxError, Token
from partita.templates.library import SimpleNode, parse_arguments
from partita.urls.current import ROUTER, reverse
from partita.urls.errors import NoReverseMatch

__all__ = ("register", "url")

register = Library()
_NOT_SET: Any = object()


def url(context: Context, name: str, *args: object, **kwargs: object) -> str:
    """Write the path of a route: ``{% url 'shop:album' album.pk %}``.

    Where an application is included more than once, the instance that the request came to is preferred. Routes that middleware chose for
    the request count, and so does the place where the application is mounted; see `current.reverse`.

    Raises:
        NoReverseMatch: If there is no such route, or it does not take these values.
    """
    request = context.get("request", context.request)
    current_app: Any = getattr(request, "current_app", _NOT_SET)
    if current_app is _NOT_SET:
        # Before there is a slot, as in a test that calls a view, a draft may have been given a match under Django's name.
        match = getattr(getattr(request, "state", None), "match", None) or getattr(request, "resolver_match", None)
        current_app = getattr(match, "namespace", None)
    return reverse(name, args=args, kwargs=kwargs, current_app=current_app or None)


def url_or_nothing(context: Context, name: str, *args: object, **kwargs: object) -> str:
    """Keep the path of a route, or nothing if there is no such route: ``{% url 'search' terms as link %}``."""
    try:
        return url(context, name, *args, **kwargs)
    except NoReverseMatch:
        return ""


def _names() -> Iterator[str]:
    router = find(ROUTER)
    yield from {route.name for route in (router.routes() if router is not None else ()) if route.name}


register.suggestions["url"] = _names
_SIGNATURE = signature(lambda name, *args, **kwargs: None)


@register.tag("url")
def compile_url(parser: Parser, token: Token) -> Node:
    """``{% url name arguments %}``, which fails where there is no route, or ``{% url name arguments as link %}``."""
    words, target = token.split_contents()[1:], None
    if len(words) > 2 and words[-2] == "as":
        target = words[-1]
        del words[-2:]
    args, kwargs = parse_arguments(parser, words, "url", _SIGNATURE)
    if kwargs.keys() - {"name"} and len(args) > ("name" not in kwargs):
        raise TemplateSyntaxError("'url' takes positional or keyword arguments, not both")
    return UrlNode(url if target is None else url_or_nothing, True, args, kwargs, target)


class UrlNode(SimpleNode):
    """``{% url %}``, which can tell beforehand that there is no route of a name."""

    def problems(self) -> Iterator[str]:
        router = find(ROUTER)
        name = self.args[0] if self.args else self.kwargs.get("name")
        # A name that is kept with "as" may be one that only some applications have.
        if router is None or name is None or not name.var.constant or name.filters or self.target is not None:
            return
        try:
            router.reverse(str(name.var.literal))
        except NoReverseMatch as error:
            # Arguments are known only when the page is made, and templates of a package whose routes are not included name a
            # namespace that is not there.
            if error.problem.startswith("no route has this name"):
                yield str(error)
