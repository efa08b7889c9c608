"""An application with messages: settings, templates, views, checks."""

from pathlib import Path
from typing import Any

import pytest

from partita import messages
from partita.contracts.checks import CHECKS
from partita.contracts.templates import TEMPLATES
from partita.forms import CharField, Form
from partita.http import Request, Response
from partita.messages import Message, SuccessMessageMixin, context_processors
from partita.messages.testing import assert_messages
from partita.templates import Engine
from partita.testing import Client, application
from partita.urls import path
from partita.views.generic import FormView
from partita.web import App

PAGE = "{% for message in messages %}<p class='{{ message.tags }}'>{{ message }}</p>{% endfor %}"


class AlbumForm(Form):
    """A form."""

    title = CharField()


class Save(SuccessMessageMixin, FormView):
    """Tells what was saved."""

    form_class = AlbumForm
    success_url = "/"
    success_message = "%(title)s was saved."


class Silent(Save):
    """Tells nothing."""

    success_message = ""


async def page(request: Request) -> Response:
    """Show all messages."""
    from partita.contracts.current import require

    return Response.html(await require(TEMPLATES).arender("page.html", {}, request))


async def warn(request: Request) -> Response:
    """Add messages of two levels."""
    messages.error(request, "<No>")
    messages.add_message(request, 50, "Really", extra_tags="loud")
    return Response.redirect("/")


URLS = [path("", page), path("warn/", warn), path("save/", Save.as_view()), path("silent/", Silent.as_view())]


@pytest.fixture
def templates(tmp_path: Path) -> dict[str, Any]:
    """Settings of a folder with a page."""
    (tmp_path / "page.html").write_text(PAGE)
    return {"dirs": (str(tmp_path),)}


def found(app: App) -> list[str]:
    return [finding.id for check in app.all(CHECKS) for finding in check(app) if finding.id.startswith("messages.")]


@pytest.mark.parametrize("store", ["cookie", "session", "fallback"])
def test_messages_are_shown_after_the_redirect(templates: dict[str, Any], store: str) -> None:
    own = {"store": store, "tags": {"error": "danger", "50": "critical"}}
    with application(["partita.messages"], URLS, templates=templates, messages=own) as app:
        client = Client(app)
        response = client.request("GET", "/warn/", follow=True)
        assert response.text == "<p class='danger'>&lt;No&gt;</p><p class='loud critical'>Really</p>"
        assert_messages(response, [Message(messages.ERROR, "<No>"), Message(50, "Really", "loud")])
        assert client.request("GET", "/").text == ""
        assert found(app) == []


def test_a_form_that_was_right_tells_so(templates: dict[str, Any]) -> None:
    with application(["partita.messages"], URLS, templates=templates) as app:
        client = Client(app)
        response = client.request("POST", "/save/", data={"title": "Blue"}, follow=True)
        assert response.text == "<p class='success'>Blue was saved.</p>"
        client.request("POST", "/silent/", data={"title": "Blue"})
        assert client.request("GET", "/").text == ""


def test_settings_that_make_no_sense_are_found() -> None:
    with application(["partita.messages"], messages={"tags": {"loud": "x"}, "cookie_bytes": 5000}) as app:
        assert found(app) == ["messages.E001", "messages.E002"]


def test_templates_have_the_levels_by_name() -> None:
    engine = Engine(context_processors=[context_processors.messages])
    source = "{% if messages %}no{% endif %}{{ DEFAULT_MESSAGE_LEVELS.ERROR }}"
    assert engine.from_string(source).render({}, Request.build()) == "40"
    assert engine.from_string(source).render({}, object()) == "40"


def test_the_level_of_the_application_counts_where_a_request_keeps_no_messages() -> None:
    assert messages.get_level(Request.build()) == messages.INFO
    with application(apps=["partita.messages"], default_apps=["partita.signing"], messages={"level": "error"}):
        assert messages.get_level(Request.build()) == messages.ERROR
