"""Templates: who they are shown to, and what they look like in a project."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from partita.auth.anonymous import AnonymousUser
from partita.auth.middleware import user_context
from partita.auth.template_permissions import Permissions
from partita.auth.testing import force_login
from partita.auth.views import login_view, signup_view
from partita.http import Request
from partita.templates import Engine
from partita.testing import Client, application
from partita.urls import include, path


def test_templates_have_the_user_and_a_request_without_one_has_nobody() -> None:
    engine = Engine(context_processors=[user_context])
    template = engine.from_string("{{ user }} {% if user.is_authenticated %}in{% else %}out{% endif %}")
    assert template.render({}, Request.build()) == "AnonymousUser out"


class Clerk(AnonymousUser):
    """Somebody who may do one thing."""

    def has_perm(self, permission: str, obj: object = None) -> bool:
        """See `AnonymousUser.has_perm`."""
        return permission == "shop.change_album"

    def has_module_perms(self, label: str) -> bool:
        """Tell whether there is anything in ``label``."""
        return label == "shop"


def test_templates_ask_what_the_user_may_do() -> None:
    source = (
        "{% if perms.shop.change_album %}change{% endif %}{% if perms.shop.delete_album %}delete{% endif %}"
        "{% if perms.shop %} shop{% endif %}{% if perms.blog %} blog{% endif %}"
        "{% if 'shop.change_album' in perms %} in{% endif %}{% if 'shop.delete_album' in perms %} out{% endif %}"
        "{% if 'blog' in perms %} blog{% endif %}{% if 5 in perms %} 5{% endif %}"
    )
    template = Engine(context_processors=[user_context]).from_string(source)
    assert template.render({"perms": Permissions(Clerk)}) == "change shop in"
    assert template.render({}, Request.build()) == ""
    with pytest.raises(TypeError, match="ask for one by name"):
        list(Permissions(Clerk))
    with pytest.raises(TypeError, match="ask for one by name"):
        list(Permissions(Clerk)["shop"])


def _project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    templates = tmp_path / name / "templates"
    templates.mkdir(parents=True)
    (tmp_path / name / "__init__.py").touch()
    base = "<body class=mine>{% if user.is_authenticated %}{{ user.email }}{% endif %}{% block content %}{% endblock %}</body>"
    (templates / "base.html").write_text(base)
    monkeypatch.syspath_prepend(str(tmp_path))


def test_the_pages_extend_the_base_of_the_project(
    make_site: Callable[..., SimpleNamespace], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _project(tmp_path, monkeypatch, "project_with_a_base")
    site = make_site(apps=("partita.auth", "project_with_a_base"))
    page = site.client.get("/account/login/").text
    assert page.startswith("<body class=mine>\n<section")
    assert 'name="password"' in page
    force_login(site.client, site.anna)
    assert "<body class=mine>anna@shop.test" in site.client.get("/account/password/").text


def test_without_one_they_are_whole_pages(site: SimpleNamespace) -> None:
    page = site.client.get("/account/login/").text
    assert page.lower().startswith("<!doctype html>")
    assert site.client.get("/static/auth/auth.css").status == 200


def test_a_project_may_have_single_pages_of_these_at_places_of_its_own() -> None:
    urls = [path("in/", login_view), path("new/", signup_view)]
    with application(["partita.auth"], urls, databases={"default": "sqlite://:memory:"}) as app, Client(app) as client:
        for page in ("/in/", "/new/"):
            answered = client.get(page)
            assert (answered.status, "auth-more" in answered.text) == (200, False)
    with (
        application(
            ["partita.auth"],
            [path("account/", include("partita.auth.urls"))],
            databases={"default": "sqlite://:memory:"},
        ) as app,
        Client(app) as client,
    ):
        assert 'href="/account/signup/?next=/a/"' in client.get("/account/login/?next=/a/").text
        assert 'href="/account/login/?next=/a/"' in client.get("/account/signup/?next=/a/").text
