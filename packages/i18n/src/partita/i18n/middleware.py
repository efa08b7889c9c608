"""Chooses the language of each request. Knows requests and responses by what they can do, not by their classes."""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from partita.i18n.languages import choose_language, language_of_path
from partita.i18n.translations import LanguageCookie, Translations

__all__ = ("LANGUAGE_COOKIE", "language_cookie", "locale_middleware")

LANGUAGE_COOKIE = LanguageCookie().name
"""The name of the cookie unless the settings have another."""

_REMEMBERED = 256  # wishes of visitors, and the characters of one
_MAX_REMEMBERED = 200


class _Headers(Protocol):
    def get(self, name: str, /) -> str | None: ...


class _Request(Protocol):
    @property
    def path(self) -> str: ...
    @property
    def cookies(self) -> Mapping[str, str]: ...
    @property
    def headers(self) -> Any: ...


class _Response(Protocol):
    @property
    def headers(self) -> Any: ...
    def with_header(self, name: str, value: str, /) -> Any: ...
    def with_vary(self, *names: str) -> Any: ...


R = TypeVar("R", bound=_Request)
S = TypeVar("S", bound=_Response)


def locale_middleware(
    translations: Translations,
    languages: Sequence[str] = (),
    default: str = "",
    use_path: bool | None = None,
) -> Callable[[Callable[[R], Coroutine[Any, Any, S]]], Callable[[R], Coroutine[Any, Any, S]]]:
    """Return a middleware that enters a language for each request.

    The visitor's cookie decides, then ``Accept-Language``, then the default. The response says which language it is in,
    and that it depends on the header and the cookie.

    Args:
        translations: The languages there are.
        languages: The tags to choose from, if not all of ``translations``.
        default: The language if nothing else decides, if not that of ``translations``.
        use_path: Whether a language as the first part of the path comes before both, if not as ``translations`` say.
    """
    offered = tuple(languages) or translations.languages
    fallback = default or translations.default
    by_path = translations.use_path if use_path is None else use_path
    cookie = translations.cookie.name

    # Most visitors send one of few headers, and most answers have the same fields.
    remembered: dict[tuple[str | None, str | None], str] = {}
    marks: dict[tuple[type, str], Any] = {}

    def choose(request: R) -> str:
        headers: _Headers = request.headers
        wished = request.cookies.get(cookie), headers.get("accept-language")
        if by_path and (first := language_of_path(request.path, offered)) is not None:
            return first
        language = remembered.get(wished)
        if language is None:
            language = choose_language(offered, fallback, *wished)
            if len(wished[0] or "") + len(wished[1] or "") <= _MAX_REMEMBERED:
                if len(remembered) >= _REMEMBERED:
                    remembered.clear()
                remembered[wished] = language
        return language

    def marked(response: S, language: str) -> S:
        headers = response.headers
        joined = getattr(headers, "joined", None)  # what puts fields together at once, where no name occurs twice
        if joined is not None:
            key = headers.__class__, language
            mark = marks.get(key)
            if mark is None:
                vary = {"Vary": "Accept-Language, Cookie"} if len(offered) > 1 else {}
                mark = marks[key] = headers.__class__({**vary, "Content-Language": language})
            if joined(mark) is not None:
                return response.with_headers(mark)  # type: ignore[attr-defined, no-any-return]  # those of `joined` have it
        if len(offered) > 1:
            response = response.with_vary("Accept-Language", "Cookie")
        if response.headers.get("content-language") is None:
            response = response.with_header("Content-Language", language)
        return response

    def middleware(handler: Callable[[R], Coroutine[Any, Any, S]]) -> Callable[[R], Coroutine[Any, Any, S]]:
        async def localized(request: R) -> S:
            language = choose(request)
            with translations.use(language):
                response = await handler(request)
            return marked(response, language)

        return localized

    return middleware


def language_cookie(language: str, translations: Translations, secure: bool = False) -> dict[str, Any] | None:
    """Return the arguments for ``response.with_cookie`` that remember a visitor's choice.

    Args:
        language: What the visitor chose, such as the value of a form's field.
        translations: The languages there are.
        secure: Whether the site is reached through HTTPS.

    Returns:
        None if the choice is none of the languages: the cookie is not to be set.
    """
    if language not in translations.languages:
        return None
    cookie = translations.cookie
    arguments = {**cookie._asdict(), "value": language, "secure": secure if cookie.secure is None else cookie.secure}
    return {name: value for name, value in arguments.items() if value is not None}
