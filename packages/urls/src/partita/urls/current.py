"""Reversing with the current application's router."""

from collections.abc import Mapping, Sequence

from partita.contracts.current import require
from partita.contracts.i18n import LazyText
from partita.contracts.key import ExtensionPoint, Key
from partita.urls.converters import Converter
from partita.urls.patterns import View
from partita.urls.reversing import Query
from partita.urls.router import Router

__all__ = ("CONVERTERS", "ROUTER", "reverse", "reverse_lazy")

ROUTER = Key[Router]("partita.urls.router")
"""The application's router."""
CONVERTERS = ExtensionPoint[tuple[str, Converter]]("partita.urls.converters")
"""Converters for the application's routes, by name."""


def reverse(
    name: str | View,
    *positional: object,
    args: Sequence[object] = (),
    kwargs: Mapping[str, object] | None = None,
    current_app: str | None = None,
    query: Query | None = None,
    fragment: str | None = None,
    **named: object,
) -> str:
    """Return the path of a route of the current application; see `Router.reverse`.

    Raises:
        NoReverseMatch: If there is no such route, or it does not take these values.
        LookupError: If no application is current.
    """
    return require(ROUTER).reverse(
        name,
        *positional,
        args=args,
        kwargs=kwargs,
        current_app=current_app,
        query=query,
        fragment=fragment,
        **named,
    )


def reverse_lazy(
    name: str | View,
    *positional: object,
    args: Sequence[object] = (),
    kwargs: Mapping[str, object] | None = None,
    current_app: str | None = None,
    query: Query | None = None,
    fragment: str | None = None,
    **named: object,
) -> LazyText:
    """Return text that is the path whenever it is looked at, for places that run before there is an application."""
    return LazyText(
        lambda: reverse(
            name,
            *positional,
            args=args,
            kwargs=kwargs,
            current_app=current_app,
            query=query,
            fragment=fragment,
            **named,
        )
    )
