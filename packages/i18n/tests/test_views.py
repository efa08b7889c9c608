"""The choice of a language, and messages for scripts, as views."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from partita.contracts.current import CURRENT
from partita.http import Request, Response
from partita.i18n import TRANSLATIONS, LanguageCookie, Translations
from partita.i18n.views import JavaScriptCatalog, JavaScriptCatalogue, JSONCatalog, JsonCatalogue, set_language


class Application:
    """One that has languages and nothing else."""

    def __init__(self, translations: Translations) -> None:
        self.translations = translations

    def require(self, key: Any) -> Any:
        assert key is TRANSLATIONS
        return self.translations

    def find(self, key: Any) -> Any:
        return self.translations if key is TRANSLATIONS else None

    def all(self, point: Any) -> tuple[Any, ...]:
        return ()


@pytest.fixture
def translations(locale_dir: Path) -> Iterator[Translations]:
    (locale_dir / "de" / "LC_MESSAGES" / "javascript.po").write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\nmsgid "Cart"\nmsgstr "Korb"\n',
        encoding="utf-8",
    )
    made = Translations(
        [locale_dir], ["de", "ar"], cookie=LanguageCookie("lang", 60, "shop.com", "/s/", samesite="Strict")
    )
    token = CURRENT.set(Application(made))
    yield made
    CURRENT.reset(token)


def choose(method: str = "POST", body: str = "language=de", path: str = "/language/", **headers: str) -> Response:
    fields = {"host": "shop.com", "content-type": "application/x-www-form-urlencoded", "accept": "text/html"}
    fields |= {name.replace("_", "-"): value for name, value in headers.items()}
    path, _, query = path.partition("?")
    return asyncio.run(set_language(Request.build(method, path, headers=fields, body=body.encode(), query=query)))


def cookie(response: Response) -> str:
    return "; ".join(value for name, value in response.headers.items() if name.lower() == "set-cookie")


def test_a_choice_is_remembered_and_the_visitor_goes_back(translations: Translations) -> None:
    response = choose(body="language=de&next=/cart/?a=1")
    assert (response.status, response.headers.get("location")) == (302, "/cart/?a=1")
    assert cookie(
        response
    ).lower() == "lang=de; max-age=60; domain=shop.com; path=/s/; httponly; samesite=strict" or all(
        part in cookie(response) for part in ("lang=de", "Max-Age=60", "Domain=shop.com", "Path=/s/", "SameSite=Strict")
    )
    assert choose(referer="http://shop.com/a").headers.get("location") == "http://shop.com/a"
    assert choose(path="/language/?next=/b").headers.get("location") == "/b"
    assert choose().headers.get("location") == "/"


@pytest.mark.parametrize(
    "target", ["//evil.com", "http://evil.com/", "\\\\evil.com", "javascript:alert(1)", "/\\evil.com"]
)
def test_nobody_is_sent_to_another_site(translations: Translations, target: str) -> None:
    from urllib.parse import quote

    assert choose(body=f"language=de&next={quote(target)}").headers.get("location") == "/"
    assert choose(referer=target).headers.get("location") == "/"


def test_only_a_post_with_a_language_of_the_site_changes_it(translations: Translations) -> None:
    assert cookie(choose("GET", body="", path="/language/?language=de&next=/a")) == ""
    for wrong in ("xx", "", "de%0d%0a", "d" * 10_000):
        response = choose(body=f"language={wrong}&next=/a")
        assert (cookie(response), response.headers.get("location")) == ("", "/a")


def test_a_script_gets_no_page(translations: Translations) -> None:
    response = choose(accept="application/json")
    assert response.status == 204
    assert "lang=de" in cookie(response)
    assert choose(body="language=de&next=/a", accept="application/json").headers.get("location") == "/a"


def test_a_language_in_the_path_is_exchanged(translations: Translations) -> None:
    assert choose(body="language=de&next=/ar/cart/?x=/ar/").headers.get("location") == "/de/cart/?x=/ar/"
    assert choose(body="language=de&next=/ar").headers.get("location") == "/de"
    assert choose(body="language=de&next=/art/").headers.get("location") == "/art/"


def test_scripts_get_messages_once(translations: Translations) -> None:
    script, data = JavaScriptCatalogue(), JsonCatalogue()
    with translations.use("de"):
        response = script(Request.build("GET", "/js/"))
        assert response.headers.get("content-type", "").startswith("text/javascript")
        assert b'"Korb"' in bytes(response.body)  # type: ignore[arg-type] # a view without a stream
        tag = response.headers.get("etag") or ""
        assert script(Request.build("GET", "/js/", headers={"if-none-match": tag})).status == 304
        assert json.loads(bytes(data(Request.build()).body))["messages"] == {"Cart": ["Korb"]}  # type: ignore[arg-type]
    with translations.use("ar"):
        assert script(Request.build("GET", "/js/", headers={"if-none-match": tag})).status == 200
        assert json.loads(bytes(data(Request.build()).body))["language"] == "ar"  # type: ignore[arg-type]
    assert script(Request.build()).headers.get("content-language") == "en"


def test_a_view_is_made_in_the_way_of_django(
    translations: Translations, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "package_with_messages"
    messages = package / "locale" / "de" / "LC_MESSAGES"
    messages.mkdir(parents=True)
    (package / "__init__.py").touch()
    (messages / "shopjs.po").write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\nmsgid "Pay"\nmsgstr "Zahlen"\n',
        encoding="utf-8",
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    view = JSONCatalog.as_view(domain="shopjs", packages=["package_with_messages"])
    with translations.use("de"):
        found = json.loads(bytes(view(Request.build()).body))  # type: ignore[arg-type] # a view without a stream
        assert (found.keys(), found["catalog"]) == ({"catalog", "formats", "plural"}, {"Pay": "Zahlen"})
        assert b"Korb" in bytes(JavaScriptCatalog.as_view()(Request.build()).body)  # type: ignore[arg-type]
    for wrong in ("no_such_package", "json.decoder", "a..b", "no_such.package"):
        with pytest.raises(ValueError, match="expected its dotted name"):
            JSONCatalog.as_view(packages=[wrong])


def test_messages_that_are_not_translated_are_in_the_default_language(locale_dir: Path) -> None:
    (locale_dir / "de" / "LC_MESSAGES" / "djangojs.po").write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\nmsgid "Cart"\nmsgstr "Korb"\n',
        encoding="utf-8",
    )
    made = Translations([locale_dir], ["de", "ar"], "de")
    token = CURRENT.set(Application(made))
    with made.use("ar"):
        assert json.loads(bytes(JSONCatalog()(Request.build()).body))["catalog"] == {"Cart": "Korb"}  # type: ignore[arg-type]
    CURRENT.reset(token)
