"""Rows of the current site."""

import argparse
from typing import Any, ClassVar

import pytest

from partita.contracts.checks import CHECKS
from partita.contracts.commands import COMMANDS
from partita.http import Request, Response
from partita.orm import DATABASES, CharField, Database, Model, Registry
from partita.sites import CurrentSiteManager, NoSiteNamed, Site
from partita.testing import Client
from partita.urls import path
from partita.web.testing import application


def test_rows_of_the_current_site_are_found(database: Database, press: tuple[Any, Any]) -> None:
    article, story = press
    here = article(title="Here", site_id=1)
    here.save()
    article(title="There", site_id=2).save()
    both, other = story(title="Both"), story(title="Other")
    for each in (both, other):
        each.save()
    both.sites.add(1, 2)
    other.sites.add(2)
    with application(apps=["partita.sites"], sites={"site_id": 1}), database:
        assert list(article.on_site.all()) == [here]
        assert list(story.on_site.values_list("title", flat=True)) == ["Both"]
    with application(apps=["partita.sites"]), database, pytest.raises(NoSiteNamed):
        article.on_site.count()


def test_fields_that_do_not_fit_are_found() -> None:
    class Lost(Model):
        on_site: ClassVar["CurrentSiteManager[Lost]"] = CurrentSiteManager("place")

        class Meta:
            registry = Registry()
            app_label = "press"

    class Confused(Model):
        site = CharField(max_length=9)
        on_site: ClassVar["CurrentSiteManager[Confused]"] = CurrentSiteManager()

        class Meta:
            registry = Registry()
            app_label = "press"

    assert [(each.id, each.text, each.obj) for each in Lost.check()] == [
        ("sites.E001", "CurrentSiteManager could not find a field named 'place'.", Lost.on_site)
    ]
    (found,) = Confused.check()
    assert (found.id, found.obj) == ("sites.E002", Confused.on_site)
    assert "'Confused.site' as it is not a foreign key" in found.text


def test_a_key_that_is_no_number_is_found() -> None:
    with application(apps=["partita.sites"], sites={"site_id": "one"}) as app:
        found = [finding for check in app.all(CHECKS) for finding in check(app) if finding.id.startswith("sites.")]
    assert [finding.id for finding in found] == ["sites.E101"]
    with application(apps=["partita.sites"], sites={"site_id": 1}) as app:
        assert not [finding for check in app.all(CHECKS) for finding in check(app) if finding.id.startswith("sites.")]


async def show(request: Request) -> Response:
    site: Any = request.state.site
    return Response.text(f"{site.name} ({site.domain})")


def test_each_request_has_its_site() -> None:
    with application(
        apps=["partita.sites"],
        urls=[path("", show)],
        databases={"default": "sqlite://:memory:"},
        allowed_hosts=("one.example", "two.example"),
    ) as app:
        migrate = next(command for command in app.all(COMMANDS) if command.name == "migrate")
        parser = argparse.ArgumentParser()
        migrate.add_arguments(parser)
        migrate.run(app, parser.parse_args([]))
        assert list(Site.objects.values_list("domain", flat=True)) == ["example.com"]
        Site.objects.create(domain="one.example", name="One")
        Site.objects.create(domain="two.example", name="Two")
        for host, shown in (("one.example", "One (one.example)"), ("two.example:8000", "Two (two.example)")):
            assert Client(app).get("/", headers={"Host": host}).text == shown
        app.require(DATABASES).close()


def test_migrations_say_what_the_models_say() -> None:
    with application(apps=["partita.sites"], databases={"default": "sqlite://:memory:"}) as app:
        command = next(each for each in app.all(COMMANDS) if each.name == "makemigrations")
        parser = argparse.ArgumentParser()
        command.add_arguments(parser)
        assert command.run(app, parser.parse_args(["--check", "sites"])) == 0
