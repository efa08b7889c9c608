"""Templates see the inside only while debug is on, and only at addresses that are named."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from partita.http import Request, Response
from partita.urls import path
from partita.views import render
from partita.web import App, Settings

APPS = ("partita.http", "partita.urls", "partita.templates")


def page(request: Request) -> Response:
    """Show what templates see."""
    return render(request, "page.html")


@pytest.mark.parametrize(
    ("debug", "client", "sees"),
    [
        (True, "127.0.0.1", True),
        (True, "::1", True),
        (True, "192.0.2.7", False),
        (True, "10.1.2.3", True),
        (True, "unknown", False),
        (False, "127.0.0.1", False),
    ],
)
def test_the_flag_shows_at_internal_addresses_only(tmp_path: Path, debug: bool, client: str, sees: bool) -> None:
    (tmp_path / "page.html").write_text("{% if debug %}debug, {{ sql_queries|length }} queries{% endif %}")
    sections = {"web": {"internal_ips": ["127.0.0.1", "::1", "10.0.0.0/8"]}, "templates": {"dirs": [str(tmp_path)]}}
    app = App(Settings("key", debug=debug, sections=sections), urls=[path("", page)], default_apps=APPS)
    response = asyncio.run(app(Request.build(client=(client, 1))))
    assert response.body == (b"debug, 0 queries" if sees else b"")


def test_the_queries_of_the_request_are_there_as_they_run(tmp_path: Path, make_package: Callable[..., Path]) -> None:
    (tmp_path / "page.html").write_text("{{ sql_queries|length }} {{ ask }}{{ sql_queries|length }}")
    text = (
        "from partita import orm\nfrom partita.views import render\n"
        "def page(request):\n"
        "    database = orm.current_databases()['default']\n"
        "    return render(request, 'page.html', {'ask': lambda: database.execute('SELECT 1')[0][0]})\n"
    )
    make_package("asking", {"views.py": text})
    sections = {"databases": {"default": "sqlite://:memory:"}, "templates": {"dirs": [str(tmp_path)]}}
    settings = Settings("key", debug=True, sections=sections)
    app = App(settings, urls=[path("", "asking.views.page")], default_apps=(*APPS, "partita.orm"))
    assert asyncio.run(app(Request.build())).body == b"0 11"


def test_addresses_that_are_none_are_refused() -> None:
    from partita.web.debug_context import debug_context

    with pytest.raises(ValueError, match="localhost"):
        debug_context(True, ["localhost"])
