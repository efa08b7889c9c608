"""Who mends links is told of those that lead nowhere, once, and of nothing else."""

import asyncio
import logging
from collections.abc import Sequence
from typing import Any

import pytest

from partita.http import NotFound, Request, Response
from partita.http.broken_links import broken_links_layer


class Outbox:
    """Keeps what is sent."""

    def __init__(self, error: Exception | None = None) -> None:
        self.sent: list[tuple[str, str, Sequence[str]]] = []
        self._error = error

    async def asend(self, subject: str, body: str, to: Sequence[str]) -> None:
        if self._error is not None:
            raise self._error
        self.sent.append((subject, body, to))


async def answer(request: Request) -> Response:
    if request.path == "/raises/":
        raise NotFound
    return Response.text("", 200 if request.path == "/there/" else 404)


def ask(layer: Any, target: str, referer: str | None = "http://testserver/page/", **headers: str) -> Response:
    fields = {**({} if referer is None else {"Referer": referer}), "User-Agent": "Browser/1", **headers}
    response: Response = asyncio.run(layer.middleware(answer)(Request.build("GET", target, headers=fields)))
    return response


def test_a_broken_link_of_our_own_page_is_told_with_who_followed_it() -> None:
    outbox = Outbox()
    response = ask(broken_links_layer(outbox, ["web@example.com"]), "/gone/?a=1")
    assert response.status == 404
    subject, body, to = outbox.sent[0]
    assert (subject, list(to)) == ("Broken link on testserver", ["web@example.com"])
    assert body.splitlines() == [
        "Referrer: http://testserver/page/",
        "Requested URL: /gone/?a=1",
        "User agent: Browser/1",
        "IP address: 127.0.0.1",
    ]


def test_mail_goes_out_for_links_of_this_site_only_and_not_for_addresses_to_ignore() -> None:
    outbox = Outbox()
    layer = broken_links_layer(outbox, ["web@example.com"], ignore=[r"^/ignored/"])
    for target in ("/gone/", "/ignored/"):
        for referer in ("http://testserver/page/", "https://elsewhere.example/page/"):
            ask(layer, target, referer)
    assert [body.splitlines()[:2] for _, body, _ in outbox.sent] == [
        ["Referrer: http://testserver/page/", "Requested URL: /gone/"]
    ]


def test_an_exception_of_404_counts_and_goes_on() -> None:
    outbox = Outbox()
    with pytest.raises(NotFound):
        ask(broken_links_layer(outbox, ["a@example.com"]), "/raises/")
    assert len(outbox.sent) == 1


@pytest.mark.parametrize(
    ("target", "referer"),
    [
        ("/there/", "http://testserver/page/"),
        ("/gone/", None),
        ("/gone/", ""),
        ("/gone/", "http://other.example/page/"),
        ("/gone/", "http://testserver.evil.example/"),
        ("/gone/", "http://testserver@evil.example/"),
        ("/gone/", "javascript://testserver/"),
        ("/gone/", "http://[broken/"),
        ("/gone/", "http://testserver/gone/"),
        ("/gone/", "http://testserver/gone"),
        ("/gone/?a=1", "http://testserver/gone/?a=1"),
        ("/favicon.ico", "http://testserver/page/"),
        ("/x/phpmyadmin/y", "http://testserver/page/"),
    ],
)
def test_what_is_no_broken_link_of_ours_is_not_told(target: str, referer: str | None) -> None:
    outbox = Outbox()
    ask(broken_links_layer(outbox, ["a@example.com"], ignore=[r"^/favicon\.ico$", "phpmyadmin"]), target, referer)
    assert outbox.sent == []


def test_each_link_is_told_once_and_not_too_many(caplog: pytest.LogCaptureFixture) -> None:
    outbox = Outbox()
    layer = broken_links_layer(outbox, ["a@example.com"], per_hour=2)
    for target in ("/1/", "/1/", "/2/", "/3/", "/4/"):
        ask(layer, target)
    assert [body.splitlines()[1] for _, body, _ in outbox.sent] == ["Requested URL: /1/", "Requested URL: /2/"]
    assert "More broken links than 2 in an hour" in caplog.text


def test_mail_that_cannot_be_sent_does_not_concern_the_visitor(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        response = ask(broken_links_layer(Outbox(OSError("refused")), ["a@example.com"]), "/gone/")
    assert response.status == 404
    assert "Nobody could be told" in caplog.text


def test_a_very_long_address_is_cut() -> None:
    outbox = Outbox()
    ask(broken_links_layer(outbox, ["a@example.com"]), f"/{'x' * 5000}/")
    assert len(outbox.sent[0][1]) < 1000


def test_wrong_settings_are_refused() -> None:
    with pytest.raises(ValueError, match="needs a list of addresses"):
        broken_links_layer(Outbox(), "a@example.com")
    with pytest.raises(ValueError, match="no regular expression"):
        broken_links_layer(Outbox(), ["a@example.com"], ignore=["("])
