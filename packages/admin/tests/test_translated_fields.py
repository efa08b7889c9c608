"""Models with translated fields: a tab for each language on forms, and lists in the language in force."""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Route, sync_playwright

from partita.admin import AdminSite
from partita.admin.translated_fields import TranslatedModelAdmin
from partita.auth.models import User
from partita.auth.testing import force_login
from partita.http import Request
from partita.i18n import override
from partita.orm import CASCADE, DATABASES, CharField, ForeignKey, Model, TextField
from partita.orm.patterns.translated import TranslatedField
from partita.testing import Client, application
from partita.urls import path


class Poster(Model):
    """Something on a wall, in three languages."""

    title = TranslatedField(CharField(max_length=80), languages=["en", "de", "x-elvish"])
    text = TranslatedField(TextField(blank=True), languages=["en", "de"])
    kind = TranslatedField(CharField("sort", max_length=9, default="", blank=True), languages=["en", "de"])
    price = CharField(max_length=9, default="1")

    class Meta:
        app_label = "posters"


class Ticket(Model):
    """Lets somebody look at a poster."""

    poster = ForeignKey(Poster, on_delete=CASCADE)
    seat = CharField(max_length=9)

    class Meta:
        app_label = "posters"


class TicketAdmin(TranslatedModelAdmin):
    """Shows and filters what stands on another model."""

    list_display = ("seat", "poster__title")
    list_filter = ("poster__title",)


class PosterAdmin(TranslatedModelAdmin):
    """All fields, in the usual order."""

    list_display = ("title", "price")
    list_filter = ("title", "kind")
    search_fields = ("title",)


class Chosen(TranslatedModelAdmin):
    """Some fields in groups of its own."""

    fieldsets: ClassVar[Any] = (("Texts", {"fields": ["title_en", "title_de"]}), ("Shop", {"fields": ["price"]}))


def test_columns_stand_in_a_group_for_each_language_behind_the_other_fields() -> None:
    groups = PosterAdmin(Poster, AdminSite()).get_fieldsets(Request.build())
    assert [(group.title, group.fields) for group in groups] == [
        ("", ("price",)),
        ("English", ("title_en", "text_en", "kind_en")),
        ("Deutsch", ("title_de", "text_de", "kind_de")),
        ("x-elvish", ("title_x_elvish",)),
    ]


def test_groups_of_the_options_keep_what_is_not_translated_and_vanish_if_they_are_left_empty() -> None:
    groups = Chosen(Poster, AdminSite()).get_fieldsets(Request.build())
    assert [(group.title, group.fields) for group in groups] == [
        ("Shop", ("price",)),
        ("English", ("title_en",)),
        ("Deutsch", ("title_de",)),
    ]


CHROMIUM = os.environ.get("PARTITA_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
in_browser = pytest.mark.skipif(
    CHROMIUM is None, reason="platform: Chromium is missing: apt-get install chromium, or set PARTITA_CHROMIUM"
)
LIST, ADD = "/admin/posters/poster/", "/admin/posters/poster/add/"


@pytest.fixture
def wall() -> Iterator[Callable[[str], SimpleNamespace]]:
    """Return a function that gives a client whose browser asks for a language."""
    site = AdminSite()
    site.register(Poster, PosterAdmin)
    site.register(Ticket, TicketAdmin)
    cheap = {"argon2_time_cost": 1, "argon2_memory_cost": 64}
    with ExitStack() as stack:
        app = stack.enter_context(
            application(
                apps=("partita.auth", "partita.admin"), urls=[path("admin/", site.urls)], auth=cheap,
                databases={"default": "sqlite://:memory:"}, i18n={"languages": ["de"]},
            )
        )  # fmt: skip
        app.require(DATABASES)["default"].create_all(User, Poster, Ticket)
        boss = User.objects.create_superuser("boss@shop.test", "seven green boats", name="Boss")
        moon = Poster.objects.create(title_en="Moon", title_de="Mond", kind_en="Print", kind_de="Druck")
        sun = Poster.objects.create(title_en="Sun", kind_en="Print", kind_de="")
        zebra = Poster.objects.create(title_en="Zebra", title_de="Antilope", kind_en="Photo", kind_de="Foto")

        def look(language: str) -> SimpleNamespace:
            client = Client(app, headers={"Accept-Language": language})
            stack.callback(client.close)
            force_login(client, boss)
            return SimpleNamespace(client=client, moon=moon, sun=sun, zebra=zebra)

        yield look


def titles(page: str) -> list[str]:
    """Return the titles in the list, in its order."""
    return re.findall(r'<a href="/admin/posters/poster/\d+/change/"[^>]*>([^<]+)</a>', page)


@pytest.mark.parametrize(("language", "shown", "other"), [("en", "Moon", "Mond"), ("de", "Mond", "Moon")])
def test_the_form_has_the_groups_and_the_list_shows_the_language_in_force(
    wall: Callable[[str], SimpleNamespace], language: str, shown: str, other: str
) -> None:
    shop = wall(language)
    with override(language):
        assert Poster.objects.filter(title=shown).count() == 1
    page = shop.client.get(f"{LIST}{shop.moon.pk}/change/").text
    assert re.findall(r'role="group" aria-label="([^"]+)"', page) == ["English", "Deutsch", "x-elvish"]
    assert re.findall(r'<h2 lang="([^"]+)">', page) == ["en", "de", "x-elvish"]
    opened = re.findall(r'aria-label="(\w+)" data-tabs="[^"]+" data-tab-wrong="[^"]+" data-tab-open', page)
    assert opened == [{"en": "English", "de": "Deutsch"}[language]]
    assert "admin/tabs.js" in page
    rows = shop.client.get(LIST).text
    assert shown in titles(rows)
    assert other not in rows


def test_a_list_is_filtered_in_the_language_in_force(wall: Callable[[str], SimpleNamespace]) -> None:
    english, german = wall("en").client, wall("de").client
    for client, offered in ((english, ["Moon", "Sun", "Zebra"]), (german, ["Antilope", "Mond", "Sun"])):
        page = client.get(LIST).text
        for word in offered:
            assert re.search(rf'[?&;]title={word}[&"]|<option value="{word}"', page), word
        assert sorted(titles(page)) == offered
    assert titles(english.get(f"{LIST}?title=Moon").text) == ["Moon"]
    assert titles(german.get(f"{LIST}?title=Mond").text) == ["Mond"]
    assert titles(german.get(f"{LIST}?title=Moon").text) == []
    assert titles(german.get(f"{LIST}?title=Sun").text) == [
        "Sun"
    ]  # not translated: shown, and found, in the first language
    assert sorted(titles(english.get(f"{LIST}?kind=Print").text)) == ["Moon", "Sun"]
    assert titles(german.get(f"{LIST}?kind=Druck").text) == ["Mond"]
    assert titles(german.get(f"{LIST}?kind=Print").text) == ["Sun"]
    assert titles(german.get(f"{LIST}?kind=%00").text) == []


def test_a_list_is_searched_and_sorted_in_the_language_in_force(wall: Callable[[str], SimpleNamespace]) -> None:
    english, german = wall("en").client, wall("de").client
    assert titles(english.get(f"{LIST}?q=zeb").text) == ["Zebra"]
    assert titles(german.get(f"{LIST}?q=antil").text) == ["Antilope"]
    assert titles(german.get(f"{LIST}?q=zeb").text) == []
    assert titles(english.get(f"{LIST}?o=title").text) == ["Moon", "Sun", "Zebra"]
    assert titles(english.get(f"{LIST}?o=-title").text) == ["Zebra", "Sun", "Moon"]
    ordered = titles(german.get(f"{LIST}?o=title").text)
    assert ordered.index("Antilope") < ordered.index("Mond")


def test_lists_show_and_filter_translated_fields_of_other_models(wall: Callable[[str], SimpleNamespace]) -> None:
    shop = wall("de")
    Ticket.objects.create(poster=shop.moon, seat="Loge 1")
    Ticket.objects.create(poster=shop.sun, seat="B2")
    page = shop.client.get("/admin/posters/ticket/").text
    assert "Mond" in page
    assert re.findall(r'<option value="(\w+)"', page)[:2] == ["Mond", "Sun"]
    kept = shop.client.get("/admin/posters/ticket/?poster__title=Sun").text
    assert "B2" in kept
    assert "Loge 1" not in kept


@contextmanager
def shown(shop: SimpleNamespace, answer: Any) -> Iterator[Page]:
    """Show Chromium a page of the client, with its scripts and styles, at the address ``http://admin.test/``."""
    answers = {"/": answer}  # all before the browser is there, as its loop lets no client wait
    for found in re.findall(r'(?:href|src)="(/[^"]+\.(?:js|css|svg))"', answer.text):
        answers[found] = shop.client.get(found)

    def serve(route: Route) -> None:
        got = answers[urlsplit(route.request.url).path]
        fields = {name: got.headers[name] for name in got.headers if name != "set-cookie"}
        route.fulfill(status=200, headers=fields, body=got.content)

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        page.route("**/*", serve)
        yield page
        browser.close()


def state(page: Page) -> tuple[list[str], str, list[str], str]:
    """Return the texts of the tabs, the one that is selected, the fields that are seen, and where the focus is."""
    tabs = page.locator("[role=tab]")
    selected = page.locator("[role=tab][aria-selected=true]")
    visible = page.eval_on_selector_all(
        "input[name], textarea",
        "all => all.filter(one => one.checkVisibility() && one.type != 'hidden').map(one => one.name)",
    )
    focus = page.evaluate("document.activeElement.textContent.trim()")
    return tabs.all_inner_texts(), ",".join(selected.all_inner_texts()), visible, focus if len(focus) < 50 else ""


@in_browser
def test_languages_are_tabs_that_pointer_and_keys_reach(wall: Callable[[str], SimpleNamespace]) -> None:
    shop = wall("de")
    with shown(shop, shop.client.get(f"{LIST}{shop.moon.pk}/change/")) as page:
        page.goto("http://admin.test/")
        names = ["English", "Deutsch", "x-elvish"]
        german = ["price", "title_de", "kind_de", "text_de"]
        texts, selected, visible, _ = state(page)
        assert (texts, selected, sorted(visible)) == (names, "Deutsch", sorted(german))
        page.locator("[role=tab]", has_text="English").click()
        _, selected, visible, focus = state(page)
        assert (selected, focus, sorted(visible)) == ("English", "English", ["kind_en", "price", "text_en", "title_en"])
        for key, expected in (
            ("ArrowLeft", "x-elvish"),
            ("ArrowRight", "English"),
            ("End", "x-elvish"),
            ("Home", "English"),
        ):
            page.keyboard.press(key)
            assert state(page)[1::2] == (expected, expected), key
        panel = page.locator("[role=tabpanel]:visible")
        assert panel.get_attribute("aria-labelledby") == page.locator("[role=tab][aria-selected=true]").get_attribute(
            "id"
        )
        assert page.locator("[role=tablist]").get_attribute("aria-label") == "Sprachen"
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.name") == "title_en"
        if folder := os.environ.get("PARTITA_SCREENSHOTS"):
            page.screenshot(path=Path(folder, "languages.png"), full_page=True)


@in_browser
def test_a_tab_with_a_mistake_is_marked_and_opened(wall: Callable[[str], SimpleNamespace]) -> None:
    shop = wall("de")
    form = {"price": "1", "title_en": "", "title_de": "Mond", "_save": "1"}
    refused = shop.client.post(ADD, form)
    assert refused.status == 200
    with shown(shop, refused) as page:
        page.goto("http://admin.test/")
        assert page.locator("[role=tab][aria-selected=true]").inner_text().startswith("English")
        assert page.locator(".tab-wrong").count() == 1
        assert page.locator("[name=title_en]").is_visible()
        if folder := os.environ.get("PARTITA_SCREENSHOTS"):
            page.screenshot(path=Path(folder, "mistake.png"), full_page=True)


@in_browser
def test_without_scripts_all_groups_are_shown(wall: Callable[[str], SimpleNamespace]) -> None:
    shop = wall("en")
    with shown(shop, shop.client.get(ADD)) as page:
        page.route("**/tabs.js*", lambda route: route.abort())
        page.goto("http://admin.test/")
        assert page.locator("[role=tab]").count() == 0
        assert all(page.locator(f"[name={name}]").is_visible() for name in ("title_en", "title_de", "title_x_elvish"))
