"""Forms of models with translated fields: a group for each language."""

import re
from typing import Any, ClassVar

import pytest

from partita.admin import AdminSite
from partita.admin.translated_fields import TranslatedModelAdmin
from partita.auth.models import User
from partita.auth.testing import force_login
from partita.http import Request
from partita.i18n import override
from partita.orm import DATABASES, CharField, Model, TextField
from partita.orm.patterns.translated import TranslatedField
from partita.testing import Client, application
from partita.urls import path


class Poster(Model):
    """Something on a wall, in three languages."""

    title = TranslatedField(CharField(max_length=80), languages=["en", "de", "x-elvish"])
    text = TranslatedField(TextField(blank=True), languages=["en", "de"])
    price = CharField(max_length=9, default="1")

    class Meta:
        app_label = "posters"


class PosterAdmin(TranslatedModelAdmin):
    """All fields, in the usual order."""

    list_display = ("title", "price")


class Chosen(TranslatedModelAdmin):
    """Some fields in groups of its own."""

    fieldsets: ClassVar[Any] = (("Texts", {"fields": ["title_en", "title_de"]}), ("Shop", {"fields": ["price"]}))


def test_columns_stand_in_a_group_for_each_language_behind_the_other_fields() -> None:
    groups = PosterAdmin(Poster, AdminSite()).get_fieldsets(Request.build())
    assert [(group.title, group.fields) for group in groups] == [
        ("", ("price",)),
        ("English", ("title_en", "text_en")),
        ("Deutsch", ("title_de", "text_de")),
        ("x-elvish", ("title_x_elvish",)),
    ]


def test_groups_of_the_options_keep_what_is_not_translated_and_vanish_if_they_are_left_empty() -> None:
    groups = Chosen(Poster, AdminSite()).get_fieldsets(Request.build())
    assert [(group.title, group.fields) for group in groups] == [
        ("Shop", ("price",)),
        ("English", ("title_en",)),
        ("Deutsch", ("title_de",)),
    ]


@pytest.mark.parametrize(("language", "shown"), [("en", "Moon"), ("de", "Mond")])
def test_the_form_has_the_groups_and_the_list_shows_the_language_in_force(language: str, shown: str) -> None:
    site = AdminSite()
    site.register(Poster, PosterAdmin)
    cheap = {"argon2_time_cost": 1, "argon2_memory_cost": 64}
    databases = {"default": "sqlite://:memory:"}
    with application(
        apps=("partita.auth", "partita.admin"), urls=[path("admin/", site.urls)], auth=cheap, databases=databases,
        i18n={"languages": ["de"]},
    ) as app:  # fmt: skip
        app.require(DATABASES)["default"].create_all(User, Poster)
        boss = User.objects.create_superuser("boss@shop.test", "seven green boats", name="Boss")
        poster = Poster.objects.create(title_en="Moon", title_de="Mond")
        with override(language):
            assert Poster.objects.filter(title=shown).count() == 1
        client = Client(app, headers={"Sec-Fetch-Site": "same-origin", "Accept-Language": language})
        force_login(client, boss)
        page = client.get(f"/admin/posters/poster/{poster.pk}/change/").text
        assert re.findall(r'role="group" aria-label="([^"]+)"', page) == ["English", "Deutsch", "x-elvish"]
        rows = client.get("/admin/posters/poster/").text
        assert shown in rows
        assert [word for word in ("Moon", "Mond") if word in rows] == [shown]
        client.close()
