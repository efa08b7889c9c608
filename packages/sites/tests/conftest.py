"""A database with sites for each test."""

from collections.abc import Iterator
from typing import ClassVar

import pytest

from partita.orm import CASCADE, CharField, Database, ForeignKey, ManyToManyField, Model, connect
from partita.sites import CurrentSiteManager, Site


class Article(Model):
    """Belongs to one site."""

    title = CharField(max_length=40)
    site = ForeignKey(Site, CASCADE)
    on_site: ClassVar["CurrentSiteManager[Article]"] = CurrentSiteManager()

    class Meta:
        app_label = "press"


class Story(Model):
    """Belongs to several sites."""

    title = CharField(max_length=40)
    sites = ManyToManyField(Site)
    on_site: ClassVar["CurrentSiteManager[Story]"] = CurrentSiteManager()

    class Meta:
        app_label = "press"


@pytest.fixture
def database() -> Iterator[Database]:
    """A database with two sites."""
    database = connect("sqlite://:memory:")
    with database:
        # Whoever deletes a site asks all tables that point to it, also those of other packages loaded by now.
        pointing = [reverse.related_model for reverse in Site._meta.all_related_objects]
        database.create_all(Site, Article, Story, *pointing)
        Site.objects.create(id=1, domain="one.example", name="One")
        Site.objects.create(id=2, domain="two.example:8000", name="Two")
        yield database
    database.close()


@pytest.fixture
def press() -> tuple[type[Model], type[Model]]:
    """The models whose rows belong to sites."""
    return Article, Story
