"""Sites: registration, addresses, checks, frames of pages."""

import sys
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from partita.admin import AdminSite, AlreadyRegistered, ModelAdmin, NotRegistered, register
from partita.admin.integration import check_site
from partita.admin.sites import site as default_site


def test_a_model_is_registered_once_and_can_be_taken_out(shop: SimpleNamespace) -> None:
    site = AdminSite("other")
    assert not site.is_registered(shop.Album)

    @register(shop.Album, shop.Artist, site=site)
    class Both(ModelAdmin):
        """For two models."""

    assert isinstance(site.get_model_admin(shop.Artist), Both)
    with pytest.raises(AlreadyRegistered, match="registered with the site 'other' already"):
        site.register(shop.Album)
    site.unregister(shop.Album)
    with pytest.raises(NotRegistered, match="not registered with the site 'other'"):
        site.unregister(shop.Album)
    site.register(shop.Album, list_per_page=5)
    assert site.get_model_admin(shop.Album).list_per_page == 5
    assert ModelAdmin.list_per_page == 50


def test_the_users_of_the_suite_are_registered_by_the_integration(shop: SimpleNamespace) -> None:
    assert default_site.is_registered(shop.User)


def test_a_name_that_is_nowhere_is_found_by_the_checks(shop: SimpleNamespace) -> None:
    class Wrong(ModelAdmin):
        list_display = ("nowhere",)
        list_filter = ("neither",)
        search_fields = ("^nor__here",)
        ordering = ("-there",)

    default_site.register(shop.Review, Wrong)
    try:
        found = {finding.id for finding in check_site(shop.app) if "Wrong" in finding.text}
    finally:
        default_site.unregister(shop.Review)
    assert found == {"admin.E108", "admin.E116", "admin.E117", "admin.E033"}


class _Outline(HTMLParser):
    """Collects what a page must have to be usable without eyes, mouse or scripts."""

    VOID = frozenset({"meta", "link", "input", "br", "img", "hr", "path", "ellipse"})

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.labels: set[str] = set()
        self.controls: list[dict[str, str | None]] = []
        self.open: list[str] = []
        self.tags: list[str] = []
        self.events: list[str] = []
        self.inside_label: list[bool] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.append(tag)
        self.events += [name for name in found if name.startswith("on") or name == "style"]
        if found.get("id"):
            self.ids.append(str(found["id"]))
        if tag == "label" and found.get("for"):
            self.labels.add(str(found["for"]))
        if tag in {"input", "select", "textarea"} and found.get("type") not in {"hidden", "submit"}:
            self.controls.append({**found, "within": "yes" if "label" in self.open else None})
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open, tag
            assert self.open.pop() == tag


@pytest.mark.parametrize("path", [
    "/admin/", "/admin/music/", "/admin/music/album/?state=order", "/admin/music/album/add/", "/admin/music/album/1/change/",
    "/admin/music/artist/1/delete/", "/admin/auth/user/", "/admin/auth/user/1/change/", "/admin/login/?next=/admin/",
])  # fmt: skip
def test_a_page_is_well_formed_and_each_control_has_a_label(shop: SimpleNamespace, path: str) -> None:
    if "login" in path:
        shop.client.post("/admin/logout/")
    response = shop.client.get(path)
    assert response.status == 200
    outline = _Outline()
    outline.feed(response.text)
    assert outline.open == []
    assert len(outline.ids) == len(set(outline.ids))
    assert outline.tags.count("h1") == 1
    assert outline.tags.count("main") == 1
    assert "script" not in outline.tags
    assert outline.events == []
    for control in outline.controls:
        assert control.get("id") in outline.labels or control["within"], control
    assert 'lang="en"' in response.text
    assert "None" not in response.text.replace("None: cannot", "")


def test_the_style_sheet_is_served(shop: SimpleNamespace) -> None:
    response = shop.client.get("/static/admin/admin.css")
    assert (response.status, response.content_type) == (200, "text/css")


def test_breadcrumbs_and_sidebar_tell_where_you_are(shop: SimpleNamespace) -> None:
    page = shop.client.get(f"/admin/music/album/{shop.odelay.pk}/change/").text
    for link in (
        '<a href="/admin/">Overview</a>',
        '<a href="/admin/music/">Music</a>',
        '<a href="/admin/music/album/">Albums</a>',
    ):
        assert link in page
    assert '<a href="/admin/music/album/" aria-current="true">Albums</a>' in page
    assert 'aria-current="page">Albums</a>' in shop.client.get("/admin/music/album/").text
    assert "Record shop" in page


class _Extra(AdminSite):
    """A site with a page of its own."""

    def get_urls(self) -> list[Any]:
        from partita.http import Request, Response
        from partita.urls import path

        def report(request: Request) -> Response:
            return self.render(request, "admin/index.html", {"title": "Report", "shown_apps": []})

        return [path("report/", self.admin_view(report), name="report"), *super().get_urls()]


def test_a_site_may_have_pages_of_its_own(make_shop: Callable[..., SimpleNamespace]) -> None:
    shop = make_shop(_Extra())
    assert "<h1>Report</h1>" in shop.client.get("/admin/report/").text
    shop.client.post("/admin/logout/")
    assert shop.client.get("/admin/report/").location == "/admin/login/?next=/admin/report/"


def test_two_sites_have_their_own_models_and_addresses(
    make_shop: Callable[..., SimpleNamespace], tmp_path: Path
) -> None:
    from partita.auth.testing import force_login
    from partita.testing import Client, application
    from partita.urls import path

    databases = {"default": f"sqlite:///{tmp_path}/shop.sqlite3"}
    shop = make_shop(databases=databases)
    second = AdminSite("backstage", header="Backstage")
    second.register(shop.Genre)
    routes = [path("admin/", shop.site.urls), path("backstage/", second.urls)]
    apps = ("partita.auth", "partita.admin")
    with application(apps=apps, urls=routes, databases=databases) as app, Client(app) as client:
        force_login(client, shop.boss)
        page = client.get("/backstage/").text
        assert 'href="/backstage/music/genre/"' in page
        assert "album" not in page
        assert client.get("/backstage/music/album/").status == 404
        assert 'href="/admin/music/album/"' in client.get("/admin/").text


def test_a_project_may_replace_the_templates_of_one_model_or_app(
    make_shop: Callable[..., SimpleNamespace], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "project_with_pages" / "templates" / "admin" / "music"
    (folder / "album").mkdir(parents=True)
    (tmp_path / "project_with_pages" / "__init__.py").touch()
    head = "{% extends 'admin/change_list.html' %}{% block head_of_page %}<h1>"
    (folder / "album" / "change_list.html").write_text(f"{head}Only albums</h1>{{% endblock %}}")
    (folder / "change_list.html").write_text(f"{head}Whole shop</h1>{{% endblock %}}")
    monkeypatch.syspath_prepend(str(tmp_path))
    shop = make_shop(more=("project_with_pages",))
    assert "<h1>Only albums</h1>" in shop.client.get("/admin/music/album/").text
    assert "<h1>Whole shop</h1>" in shop.client.get("/admin/music/artist/").text
    assert "<h1>Users</h1>" in shop.client.get("/admin/auth/user/").text


def test_the_admin_module_of_each_package_is_imported(
    make_shop: Callable[..., SimpleNamespace], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "project_with_an_admin"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "admin.py").write_text("from partita.admin import ModelAdmin\n\n\nclass Found(ModelAdmin):\n    pass\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    make_shop(more=("project_with_an_admin",))
    assert "project_with_an_admin.admin" in sys.modules
