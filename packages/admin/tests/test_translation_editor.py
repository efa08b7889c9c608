"""The page of partita-i18n on which texts are translated, as a page of an administration."""

from pathlib import Path

from partita.admin import AdminSite
from partita.auth import USER
from partita.auth.models import User
from partita.auth.testing import force_login
from partita.contracts.i18n import gettext
from partita.http import Request, Response
from partita.i18n.editor import TranslationEditor
from partita.orm import DATABASES
from partita.testing import Client, application
from partita.urls import Route, path


class TranslatedSite(AdminSite):
    """An administration with a page for translators."""

    def __init__(self, locale: Path) -> None:
        super().__init__()
        self.editor = TranslationEditor(
            [locale],
            allowed=lambda request: bool(request[USER].is_superuser),
            render=self.render,
            base="admin/base.html",
        )

    def get_urls(self) -> list[Route]:
        """Return the page in front of the usual ones."""
        return [path("translations/", self.admin_view(self.editor.page), name="translations"), *super().get_urls()]


async def cart(request: Request) -> Response:
    """Say one word in the language of the visitor."""
    return Response.text(gettext("Cart"))


def test_an_edit_in_the_administration_shows_at_once(tmp_path: Path) -> None:
    file = tmp_path / "de" / "LC_MESSAGES" / "messages.po"
    file.parent.mkdir(parents=True)
    file.write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\nmsgid "Cart"\nmsgstr ""\n', encoding="utf-8"
    )
    site = TranslatedSite(tmp_path)
    with application(
        apps=("partita.auth", "partita.admin"),
        urls=[path("admin/", site.urls), path("", cart)],
        auth={"argon2_time_cost": 1, "argon2_memory_cost": 64},
        databases={"default": "sqlite://:memory:"},
        i18n={"languages": ("de",), "locale_dirs": (str(tmp_path),), "live": True},
    ) as app:
        app.require(DATABASES)["default"].create_all(User)
        boss = User.objects.create_superuser("boss@shop.test", "seven green boats")
        clerk = User.objects.create_user("clerk@shop.test", "seven blue boats", is_staff=True)
        with Client(app) as client:
            german = {"accept-language": "de"}
            assert client.get("/", headers=german).text == "Cart"
            query = "/admin/translations/?file=0/de/messages"
            assert "/admin/login/" in client.get(query).headers["location"]
            force_login(client, clerk)
            assert client.post(query, {"key": "Cart", "text": "Karre"}).status == 403
            force_login(client, boss)
            page = client.get(query).text
            assert "Translations into German" in page
            assert 'class="topbar"' in page
            assert client.post(query, {"key": "Cart", "text": "Korb", "action": "save"}).status == 302
            assert client.get("/", headers=german).text == "Korb"
