"""Whoever chooses another language comes back to the same page, whose address may be another one there."""

import asyncio
from pathlib import Path
from urllib.parse import urlencode

import pytest

from partita.contracts.i18n import gettext_lazy
from partita.http import Request, Response
from partita.i18n.views import set_language
from partita.urls import i18n_patterns, path, re_path
from partita.web.testing import application

PO = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\nmsgid "^translated/$"\nmsgstr "^vertaald/$"\n'


async def page(request: Request) -> Response:
    return Response.text("page")


async def other(request: Request) -> Response:
    return Response.text("a page with a translated address")


URLS = [
    path("choice/", set_language),
    path("plain/", page),
    *i18n_patterns(re_path(gettext_lazy(r"^translated/$"), other), path("same/", page), languages=["en", "nl"]),
]


@pytest.mark.parametrize(
    ("came_from", "chosen", "led_to"),
    [
        ("/en/translated/", "nl", "/nl/vertaald/"),
        ("/nl/vertaald/?page=2", "en", "/en/translated/?page=2"),  # a page in another language than the visitor's
        ("/en/same/", "nl", "/nl/same/"),
        ("/en/nowhere/", "nl", "/nl/nowhere/"),
        ("/plain/", "nl", "/plain/"),
        ("/elsewhere/", "nl", "/elsewhere/"),
    ],
)
def test_a_choice_leads_to_the_same_page(tmp_path: Path, came_from: str, chosen: str, led_to: str) -> None:
    messages = tmp_path / "nl" / "LC_MESSAGES"
    messages.mkdir(parents=True)
    (messages / "django.po").write_text(PO, encoding="utf-8")
    i18n = {"languages": ("en", "nl"), "locale_dirs": (str(tmp_path),)}
    with application(urls=URLS, apps=["partita.i18n"], i18n=i18n) as app:
        headers = {
            "content-type": "application/x-www-form-urlencoded",
            "referer": f"http://testserver{came_from}",
            "sec-fetch-site": "same-origin",
        }
        asked = Request.build("POST", "/choice/", headers=headers, body=urlencode({"language": chosen}).encode())
        response = asyncio.run(app.handle(asked))
    assert (response.status, response.headers.get("location")) == (302, f"http://testserver{led_to}")
