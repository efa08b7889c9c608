"""Language and time zone as each user has set them in a profile."""

from collections.abc import Awaitable, Callable, Coroutine
from contextlib import ExitStack
from datetime import tzinfo
from inspect import isawaitable
from typing import Any, NamedTuple, Protocol, TypeVar

from partita.contracts.key import Key
from partita.i18n.languages import best_language
from partita.i18n.translations import Translations, override_zone
from partita.text.timezone import named_zone

__all__ = ("PREFERENCES", "Preferences", "preferences_middleware")


class Preferences(NamedTuple):
    """What a user wishes; what is None or empty is left as it is.

    Args:
        language: A tag; one that the site does not offer is served by its closest relative, or not at all.
        zone: Where times are shown and typed: a zone or its IANA name. A name that does not exist is passed over, since
            profiles outlive names of zones.
    """

    language: str | None = None
    zone: str | tzinfo | None = None


class _Response(Protocol):
    @property
    def headers(self) -> Any: ...
    def with_header(self, name: str, value: str, /) -> Any: ...


R = TypeVar("R")
S = TypeVar("S", bound=_Response)
_Wishes = Callable[[R], Preferences | Awaitable[Preferences | None] | None]

PREFERENCES = Key[Callable[[Any], Preferences | Awaitable[Preferences | None] | None]]("partita.i18n.preferences")
"""Tells what the user behind a request wishes; an application that provides it needs nothing else."""


def preferences_middleware(
    translations: Translations, preferences_of: "_Wishes[R]", *, languages: bool = True
) -> Callable[[Callable[[R], Coroutine[Any, Any, S]]], Callable[[R], Coroutine[Any, Any, S]]]:
    """Return a middleware that enters the language and the zone of the user; it belongs behind the one that knows the user.

    Args:
        translations: The languages there are.
        preferences_of: Called with each request; async or not; None for somebody who has set nothing.
        languages: Whether the language counts; not so where the path decides.
    """

    def middleware(handler: Callable[[R], Coroutine[Any, Any, S]]) -> Callable[[R], Coroutine[Any, Any, S]]:
        async def preferred(request: R) -> S:
            wishes = preferences_of(request)
            if isawaitable(wishes):
                wishes = await wishes
            if wishes is None:
                return await handler(request)
            language = best_language(wishes.language or "", translations.languages) if languages else None
            with ExitStack() as entered:
                if language is not None:
                    entered.enter_context(translations.use(language))
                if (zone := _zone(wishes.zone)) is not None:
                    entered.enter_context(override_zone(zone))
                response = await handler(request)
            if language is not None and response.headers.get("content-language") is None:
                response = response.with_header("Content-Language", language)
            return response

        return preferred

    return middleware


def _zone(zone: str | tzinfo | None) -> tzinfo | None:
    if not zone or isinstance(zone, tzinfo):
        return zone or None
    try:
        return named_zone(zone)
    except ValueError:
        return None
