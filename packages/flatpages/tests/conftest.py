"""An application with flat pages on two sites."""

import argparse
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from partita.contracts.commands import COMMANDS
from partita.contracts.current import require
from partita.contracts.templates import TEMPLATES as ENGINE
from partita.flatpages import FlatPage
from partita.http import Request, Response
from partita.orm import DATABASES
from partita.sites import Site
from partita.urls import include, path
from partita.web import App
from partita.web.testing import application

Made = Callable[..., AbstractContextManager[App]]
TEMPLATES = {
    "menu.html": "{% load flatpages %}{% get_flatpages for user as pages %}{% for page in pages %}{{ page.url }} {% endfor %}",
    "company.html": "Company: {{ flatpage.title }}",
    "broken.html": '{% include "missing.html" %}',
}


async def menu(request: Request) -> Response:
    return Response.html(await require(ENGINE).arender("menu.html", {}, request))


@pytest.fixture
def add() -> Callable[..., FlatPage]:
    """Saves a page."""

    def save(url: str, title: str = "A page", *, sites: tuple[int, ...] = (1,), **values: Any) -> FlatPage:
        page = FlatPage.objects.create(url=url, title=title, **values)
        page.sites.add(*sites)
        return page

    return save


@pytest.fixture
def make(tmp_path: Path) -> Made:
    """Makes applications with settings of their own."""
    folder = tmp_path / "templates"
    folder.mkdir()
    for name, text in TEMPLATES.items():
        (folder / name).write_text(text, "utf-8")

    @contextmanager
    def made(apps: tuple[str, ...] = ("partita.sites",), routes: Sequence[Any] = (), **settings: Any) -> Iterator[App]:
        with application(
            apps=["partita.auth", *apps, "partita.flatpages"],
            urls=[path("menu/", menu), path("pages/", include("partita.flatpages.urls")), *routes],
            **{
                "databases": {"default": "sqlite://:memory:"},
                "allowed_hosts": ("*",),
                "auth": {"login_url": "/login/"},
                "templates": {"dirs": (str(folder),)},
                **settings,
            },
        ) as app:
            if "partita.sites" not in apps:
                yield app
                return
            command = next(each for each in app.all(COMMANDS) if each.name == "migrate")
            parser = argparse.ArgumentParser()
            command.add_arguments(parser)
            command.run(app, parser.parse_args([]))
            Site.objects.filter(pk=1).update(domain="testserver")
            Site.objects.create(pk=2, domain="two.example", name="Two")
            yield app
            app.require(DATABASES).close()

    return made


@pytest.fixture
def app(make: Made) -> Iterator[App]:
    """An application that goes by the host."""
    with make() as app:
        yield app
