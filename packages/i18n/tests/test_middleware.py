"""The language of a request, with the simplest request and response there can be."""

import asyncio
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from partita.i18n import LANGUAGE_COOKIE, Translations, get_language, gettext, language_cookie, locale_middleware


@dataclass(frozen=True)
class Request:
    path: str = "/"
    cookies: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Response:
    text: str
    headers: dict[str, str] = field(default_factory=dict)

    def with_header(self, name: str, value: str) -> "Response":
        return replace(self, headers={**self.headers, name.lower(): value})

    def with_vary(self, *names: str) -> "Response":
        return self.with_header("vary", ", ".join(names))


async def view(request: Request) -> Response:
    await asyncio.sleep(0)
    return Response(gettext("Cart"))


@pytest.mark.parametrize(
    ("request_", "text", "language"),
    [
        (Request(), "Cart", "en"),
        (Request(headers={"accept-language": "de-CH, en;q=0.5"}), "Warenkorb", "de"),
        (Request(cookies={LANGUAGE_COOKIE: "de"}, headers={"accept-language": "en"}), "Warenkorb", "de"),
        (Request(cookies={LANGUAGE_COOKIE: "../../x"}, headers={"accept-language": "\x00"}), "Cart", "en"),
        (Request(path="/de/x"), "Cart", "en"),
    ],
)
def test_cookie_and_header_choose_the_language(locale_dir: Path, request_: Request, text: str, language: str) -> None:
    handler = locale_middleware(Translations([locale_dir], ["de"]))(view)
    response = asyncio.run(handler(request_))
    assert response.text == text
    assert response.headers == {"content-language": language, "vary": "Accept-Language, Cookie"}
    assert get_language() is None


def test_the_path_decides_if_it_is_asked_for(locale_dir: Path) -> None:
    handler = locale_middleware(Translations([locale_dir], ["de"]), use_path=True)(view)
    assert asyncio.run(handler(Request(path="/de/x"))).text == "Warenkorb"


def test_a_site_of_one_language_does_not_vary() -> None:
    response = asyncio.run(locale_middleware(Translations())(view)(Request()))
    assert response.headers == {"content-language": "en"}


def test_a_language_that_the_view_has_named_is_kept(locale_dir: Path) -> None:
    async def named(request: Request) -> Response:
        return Response("", {"content-language": "tlh"})

    assert asyncio.run(locale_middleware(Translations())(named)(Request())).headers["content-language"] == "tlh"


def test_a_choice_is_remembered_if_it_is_one_of_the_languages() -> None:
    translations = Translations(languages=["de"])
    cookie = language_cookie("de", translations, secure=True)
    assert cookie is not None
    assert (cookie["name"], cookie["value"], cookie["secure"], cookie["samesite"]) == (
        LANGUAGE_COOKIE,
        "de",
        True,
        "Lax",
    )
    for bad in ("xx", "de\r\nSet-Cookie: x", "", "DE"):
        assert language_cookie(bad, translations) is None
