"""Where class-based views lead on to, and what they make of values that came with an address."""

from collections.abc import Iterator
from typing import Any

import pytest

from partita.contracts.current import CURRENT
from partita.contracts.testing.app import SimpleRegistrar
from partita.http import NotFound, Request, Response
from partita.orm import CharField, Databases, Model, connect
from partita.orm.registry import Registry
from partita.urls import ROUTER, NoReverseMatch, Router, path
from partita.views.generic import DeleteView, DetailView, RedirectView, UpdateView

MODELS = Registry()


class Label(Model):
    """Whoever sells albums."""

    title = CharField(max_length=40)
    slug = CharField(max_length=40)

    class Meta:
        app_label = "pathshop"
        registry = MODELS


async def nowhere(request: Request, **kwargs: object) -> Response:
    """Stand in a route."""
    return Response.empty()


@pytest.fixture(autouse=True)
def shop() -> Iterator[None]:
    """An application with a route and a table."""
    app = SimpleRegistrar()
    app.provide(ROUTER, lambda: Router([path("a/<slug:s>/", nowhere, name="a")]))
    token = CURRENT.set(app)
    database = connect("sqlite://:memory:")
    with Databases({"default": database}):
        database.create_all(Label)
        yield
        database.close()
    CURRENT.reset(token)


def location(view: Any, url: str = "/", form: Any = None, **kwargs: object) -> str:
    """Return where a view leads."""
    return str(view(Request.build("GET" if form is None else "POST", url, form=form), **kwargs).headers["location"])


def test_a_query_is_added_to_the_one_that_is_there() -> None:
    to = RedirectView.as_view(url="/new/?a=1#x", query_string=True)
    assert location(to, "/?q=a%20b") == "/new/?a=1&q=a%20b#x"
    assert location(to) == "/new/?a=1#x"
    assert location(RedirectView.as_view(url="/new/#x", query_string=True), "/?q=1") == "/new/?q=1#x"


@pytest.mark.parametrize(("name", "given"), [("missing", {}), ("a", {}), ("a", {"s": "x", "more": "y"})])
def test_a_route_that_is_not_there_is_a_mistake_and_not_gone(name: str, given: dict[str, str]) -> None:
    with pytest.raises(NoReverseMatch):
        RedirectView.as_view(pattern_name=name)(Request.build(), **given)


class Change(UpdateView[Label]):
    """Changes the title."""

    model = Label
    fields = ("title",)
    success_url = "/{slug}/"


@pytest.mark.parametrize(
    ("slug", "there"),
    [
        ("/evil.example", "/%2Fevil.example/"),
        ("\\evil.example", "/%5Cevil.example/"),
        ("a b", "/a%20b/"),
        ("a?b=c#d", "/a%3Fb%3Dc%23d/"),
    ],
)
def test_what_people_type_does_not_choose_another_site_to_go_on_to(slug: str, there: str) -> None:
    label = Label.objects.create(title="x", slug=slug)
    assert location(Change.as_view(), form={"title": "y"}, pk=label.pk).replace("=", "%3D") == there
    remove: Any = DeleteView.as_view(model=Label, success_url="/{slug}/")
    assert location(remove, form={}, pk=label.pk).replace("=", "%3D") == there


def test_an_object_may_know_the_whole_address() -> None:
    label = Label.objects.create(title="x", slug="https://label.test/a?b=c#d")
    assert location(Change.as_view(success_url="{slug}"), form={"title": "y"}, pk=label.pk) == label.slug


def test_text_that_is_no_key_finds_nothing() -> None:
    view: Any = DetailView.as_view(model=Label)
    for key in ("abc", "1.5.2", "9" * 40):
        with pytest.raises(NotFound):
            view(Request.build(), pk=key)
    with pytest.raises(TypeError):  # what no address can hold is the programmer's mistake
        view(Request.build(), pk=object())
