"""Templates: who they are shown to, and what they look like in a project."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from partita.auth.middleware import user_context
from partita.auth.testing import force_login
from partita.http import Request
from partita.templates import Engine


def test_templates_have_the_user_and_a_request_without_one_has_nobody() -> None:
    engine = Engine(context_processors=[user_context])
    template = engine.from_string("{{ user }} {% if user.is_authenticated %}in{% else %}out{% endif %}")
    assert template.render({}, Request.build()) == "AnonymousUser out"


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
