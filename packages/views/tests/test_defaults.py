"""Errors as they look unless a project says otherwise."""

from pathlib import Path
from typing import Any

import pytest

from partita.http import Forbidden, NotFound, Request
from partita.testing import application
from partita.views.defaults import bad_request, page_not_found, permission_denied, server_error

VIEWS: list[tuple[Any, int, tuple[Any, ...], str]] = [
    (page_not_found, 404, (NotFound("No album."),), "Not Found"),
    (permission_denied, 403, (Forbidden("Not you."),), "403 Forbidden"),
    (bad_request, 400, (ValueError(),), "Bad Request (400)"),
    (server_error, 500, (), "Server Error (500)"),
]


@pytest.mark.parametrize(("view", "status", "error", "title"), VIEWS)
def test_without_a_template_there_is_a_built_in_page(view: Any, status: int, error: Any, title: str) -> None:
    response = view(Request.build("GET", "/a"), *error)
    assert (response.status_code, f"<h1>{title}</h1>" in response.text) == (status, True)


@pytest.mark.parametrize(("view", "status", "error", "title"), VIEWS)
def test_a_template_shows_instead(view: Any, status: int, error: Any, title: str, tmp_path: Path) -> None:
    (tmp_path / f"{status}.html").write_text("{{ request_path }}|{{ exception }}")
    (tmp_path / "other.html").write_text("other")
    shown = {404: "/%3Ca%3E|No album.", 403: "|Not you."}.get(status, "|")
    with application(default_apps=("partita.http", "partita.templates"), templates={"dirs": (str(tmp_path),)}):
        request = Request.build("GET", "/<a>")
        assert view(request, *error).text == shown
        assert view(request, *error, template_name="other.html").text == "other"
        with pytest.raises(LookupError):
            view(request, *error, template_name="absent.html")


def test_a_route_may_lead_to_an_error_without_a_reason(tmp_path: Path) -> None:
    assert page_not_found(Request.build("GET", "/a"), None).status_code == 404
    (tmp_path / "404.html").write_text("{{ exception }}")
    with application(default_apps=("partita.http", "partita.templates"), templates={"dirs": (str(tmp_path),)}):
        assert page_not_found(Request.build("GET", "/a"), exception=None).text == "NoneType"
