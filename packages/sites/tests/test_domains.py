"""Feeds and sitemaps of an application with sites begin their URLs with the current site's domain."""

import argparse
from collections.abc import Iterator
from typing import Any

import feedparser  # type: ignore[import-untyped]  # it has no types
import pytest

from partita.contracts.commands import COMMANDS
from partita.feeds.generator import Atom1Feed
from partita.feeds.syndication import Feed
from partita.http.drafts import HttpRequest
from partita.orm import DATABASES
from partita.sitemaps import GenericSitemap
from partita.sitemaps.views import index, sitemap
from partita.sites import Site
from partita.testing import Client
from partita.urls import path
from partita.web import App
from partita.web.testing import application


class Sites(Feed):
    feed_type = Atom1Feed
    title, link = "Sites", "/"

    def get_object(self, request: HttpRequest, name: str) -> Site:
        assert request.GET.get("from") == "test"  # hooks get a draft, whatever other views get
        return Site.objects.get(name=name)

    def items(self, obj: Site) -> Any:
        return [obj]

    def item_link(self, item: Site) -> str:
        return f"/sites/{item.pk}/"


class Rows(GenericSitemap):
    def location(self, item: Site) -> str:
        return f"/sites/{item.pk}/"


@pytest.fixture
def client() -> Iterator[Client]:
    """A client of an application whose current site is ``example.com``, whatever the host."""
    sitemaps = {"sites": Rows({"queryset": Site.objects.order_by("pk")})}
    with application(
        apps=["partita.sites"],
        urls=[
            path("feed/<str:name>/", Sites()),
            path("index.xml", index, {"sitemaps": sitemaps}),
            path("map-<slug:section>.xml", sitemap, {"sitemaps": sitemaps}, name="partita.sitemaps.views.sitemap"),
        ],
        databases={"default": "sqlite://:memory:"},
        sites={"site_id": 1},
        allowed_hosts=("*",),
    ) as app:
        migrate(app)
        yield Client(app)
        app.require(DATABASES).close()


def migrate(app: App) -> None:
    command = next(each for each in app.all(COMMANDS) if each.name == "migrate")
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    command.run(app, parser.parse_args([]))


def test_a_feed_is_about_a_row(client: Client) -> None:
    answer = client.get("/feed/example.com/?from=test", headers={"Host": "other.example"})
    found = feedparser.parse(answer.content)
    assert not found.bozo
    assert [entry.link for entry in found.entries] == ["http://example.com/sites/1/"]
    assert client.get("/feed/nobody/?from=test").status_code == 404


def test_an_index_leads_to_a_sitemap(client: Client) -> None:
    assert "<loc>http://example.com/map-sites.xml</loc>" in client.get("/index.xml").text
    assert "<loc>http://example.com/sites/1/</loc>" in client.get("/map-sites.xml").text
    assert client.get("/map-none.xml").status_code == 404
