"""Answers for errors, by what the client would rather have."""

import html
import json
import logging
from collections.abc import Callable
from typing import Any

import pytest

from partita.contracts.current import CURRENT
from partita.contracts.i18n import TRANSLATOR
from partita.contracts.templates import TEMPLATES
from partita.contracts.testing.app import SimpleRegistrar
from partita.http import MethodNotAllowed, NotFound, Request, Response, StatusError
from partita.templates import Engine
from partita.testing import Client, application
from partita.urls import path
from partita.views import error_response

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"


def answer(error: StatusError, accept: str | None = None, **headers: str) -> Response:
    """Answer an error for a client that accepts ``accept``."""
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    return error_response(Request.build("GET", "/", headers=fields | ({"accept": accept} if accept else {})), error)


class Message:
    """A translator of single messages into German."""

    language = "de"

    def __init__(self, messages: dict[str, str]) -> None:
        self._messages = messages

    def gettext(self, message: str) -> str:
        return self._messages.get(message, message)

    def ngettext(self, singular: str, plural: str, number: int) -> str:
        return singular if number == 1 else plural

    def pgettext(self, context: str, message: str) -> str:
        return self.gettext(message)


def within(templates: dict[str, str], ask: Callable[[], Response]) -> Response:
    """Ask inside of an application that has these templates."""
    app = SimpleRegistrar()
    app.provide(TEMPLATES, lambda: Engine(templates=templates))
    token = CURRENT.set(app)
    try:
        return ask()
    finally:
        CURRENT.reset(token)


def test_browsers_get_a_page_in_which_nothing_is_markup() -> None:
    response = answer(NotFound("No <b>such</b> album."), BROWSER)
    assert isinstance(response.body, bytes)
    page = response.body.decode()
    assert (response.status, response.headers["vary"]) == (404, "Accept")
    assert page.startswith("<!doctype html>")
    assert "<h1>Not Found</h1>" in page
    assert "No &lt;b&gt;such&lt;/b&gt; album." in page


def test_long_words_have_places_to_break_for_narrow_screens() -> None:
    body = answer(NotFound(f"\u201c{'&' * 45}\u201d does not exist, or so it seems"), BROWSER).body
    assert isinstance(body, bytes)
    message = body.decode().partition("<p>")[2].partition("</p>")[0]
    assert message.endswith(" does not exist, or so it seems")
    pieces = message.partition(" ")[0].split("<wbr>")
    assert [len(html.unescape(piece)) for piece in pieces] == [20, 20, 7]
    assert b"<wbr>" not in bytes(answer(NotFound("No such album."), BROWSER).body)  # type: ignore[arg-type]


def test_the_page_names_its_language_and_is_laid_out_as_it_is_read() -> None:
    german = Message({"Not Found": "Nicht gefunden"})
    token = TRANSLATOR.set(german)
    try:
        body = bytes(answer(NotFound(), BROWSER).body)  # type: ignore[arg-type]
    finally:
        TRANSLATOR.reset(token)
    assert b'<html lang="de">' in body
    assert b'<main dir="auto">\n<h1>Nicht gefunden</h1>' in body
    assert b'<html lang="en">' in bytes(answer(NotFound(), BROWSER).body)  # type: ignore[arg-type]


def test_programs_get_a_problem() -> None:
    response = answer(NotFound("Gone fishing."), "application/json")
    assert response.headers["content-type"] == "application/problem+json"
    assert isinstance(response.body, bytes)
    assert json.loads(response.body) == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": "Gone fishing.",
    }
    assert answer(NotFound(), "*/*", content_type="application/json").content_type == "application/problem+json"


@pytest.mark.parametrize("accept", [None, "*/*", "text/plain", "image/png"])
def test_others_get_a_line_of_text(accept: str | None) -> None:
    response = answer(NotFound("Nothing."), accept)
    assert (response.body, response.content_type) == (b"Nothing.\n", "text/plain; charset=utf-8")


def test_headers_of_the_error_are_kept() -> None:
    for accept in (BROWSER, "application/json", None):
        assert answer(MethodNotAllowed(["GET"]), accept).headers["allow"] == "GET"


def test_an_unknown_status_has_a_page_too() -> None:
    assert b"<h1>Error</h1>" in bytes(answer(StatusError(499), BROWSER).body)  # type: ignore[arg-type]


def test_headers_that_cannot_be_read_do_no_harm() -> None:
    assert answer(NotFound("x"), "\xff;q=;;,/", content_type="a/b/c").status == 404


def test_a_template_of_the_application_is_preferred() -> None:
    response = within(
        {"404.html": "{{ status }} {{ title }} {{ message }} {{ request.path }}"},
        lambda: answer(NotFound("<x>"), BROWSER),
    )
    assert response.body == b"404 Not Found &lt;x&gt; /"
    assert b"<h1>Not Found</h1>" in bytes(within({}, lambda: answer(NotFound(), BROWSER)).body)  # type: ignore[arg-type]


@pytest.mark.parametrize("template", ["{% nonsense %}", "{% include 'absent.html' %}", "{% extends 'absent.html' %}"])
def test_a_template_that_fails_is_logged_and_does_no_harm(template: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        response = within({"404.html": template}, lambda: answer(NotFound(), BROWSER))
    assert b"<h1>Not Found</h1>" in bytes(response.body)  # type: ignore[arg-type]
    assert "The template 404.html failed" in caplog.text


def test_a_template_gets_the_names_that_django_gives_it_and_is_seen_by_the_test_client(tmp_path: Any) -> None:
    (tmp_path / "404.html").write_text("{{ exception }} at {{ request_path }}")

    async def missing(request: Request) -> Response:
        raise NotFound("no such album")

    with application(urls=[path("alb\u00fcm/", missing)], templates={"dirs": (str(tmp_path),)}), Client() as client:
        answered = client.get("/alb\u00fcm/", headers={"accept": "text/html"})
    assert answered.text == "no such album at /alb%C3%BCm/"
    assert answered.context is not None
    assert answered.context["exception"] == "no such album"
    assert [each.name for each in answered.templates] == ["404.html"]


@pytest.mark.parametrize("status", [400, 403, 404, 500])
def test_each_status_has_a_template_of_its_own_and_a_page_without(status: int, tmp_path: Any) -> None:
    async def failing(request: Request) -> Response:
        if status == 500:
            raise RuntimeError("a secret of the inside")
        raise StatusError(status, "<why>")

    (tmp_path / f"{status}.html").write_text("own {{ status }} {{ exception }} {{ request.path }}")
    shown = "Something went wrong on our side." if status == 500 else "&lt;why&gt;"
    for dirs, expected in (
        ((str(tmp_path),), f"own {status} {shown} /a/"),
        ((), f"<p>{shown}</p>\n<p><small>{status}"),
    ):
        with (
            application(urls=[path("a/", failing)], templates={"dirs": dirs}) as app,
            Client(app, raise_exceptions=False) as client,
        ):
            answered = client.get("/a/", headers={"accept": BROWSER})
            assert (answered.status, expected in answered.text) == (status, True)
            assert "secret" not in answered.text
            assert client.get("/a/").text != answered.text  # text for who asks for no page
