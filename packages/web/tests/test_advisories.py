"""Flaws of other frameworks by their number, in what an application answers and writes down."""

import asyncio
import logging
import re
from typing import Any

import pytest

from partita.contracts.testing.cost import is_linear
from partita.http import BadRequest, Forbidden, NotFound, Request, Response, SuspiciousOperation
from partita.urls import path, re_path
from partita.web import App, Settings

CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
HOSTILE = [
    "\x1b[31mred",
    "a\r\nERROR forged",
    "a\nb",
    "\x00",
    "\x07",
    "\x9b31m",
    "\u2028b",
    "\x7f",
    "a\x1b]0;title\x07",
]


RAISES = {"missing": NotFound, "forbidden": Forbidden, "suspicious": SuspiciousOperation, "bad": BadRequest}


async def raising(request: Request, what: str, rest: str) -> Response:
    raise RAISES.get(what, RuntimeError)(request.query.get("why", ""))


async def post(request: Request) -> Response:
    return Response.text(str(len(await request.aread())))


def build(**settings: Any) -> App:
    urls = [
        re_path(r"^/?(?P<what>missing|forbidden|suspicious|bad|failing)/(?P<rest>(?s:.*))$", raising),
        path("post/", post),
    ]
    return App(Settings("k" * 50, sections={"web": {"log_answers": True}}, **settings), urls=urls)


@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.parametrize("text", HOSTILE)
def test_cve_2025_48432_nothing_that_a_client_says_writes_a_line_of_its_own_into_a_log(
    text: str, debug: bool, caplog: pytest.LogCaptureFixture
) -> None:
    app = build(debug=debug)
    caplog.set_level(logging.DEBUG)
    said = "".join(
        [c for c in text if (c.isprintable() and ord(c) < 256) or "\x80" <= c <= "\x9f"]
    )  # what a field may have
    fields = {"Host": "localhost", "User-Agent": said, "Referer": f"http://localhost/{said}", "Cookie": said}
    for name in ("missing", "forbidden", "suspicious", "bad", "failing", "nowhere"):
        for method in ("GET", "POST"):
            request = Request.build(method, f"/{name}/{text}", query={"why": text}, headers=fields)
            assert asyncio.run(app(request)).status >= 400
    asyncio.run(app(Request.build("POST", "/post/", headers={**fields, "Origin": "http://evil.test"})))
    asyncio.run(app(Request.build("GET", "/post/", headers={**fields, "Host": f"evil{said}"})))
    written = [record.getMessage() for record in caplog.records if record.name.startswith("partita")]
    assert written
    assert [line for line in written if CONTROLS.search(line)] == []
    assert max(map(len, written)) < 5000


@pytest.mark.parametrize(
    "query", ["__debugger__=yes&cmd=1%2B1&frm=0&s=x", "__debugger__=yes&cmd=resource&f=debugger.js"]
)
@pytest.mark.parametrize("site", ["cross-site", "same-site", "none", "same-origin"])
def test_ghsa_2g68_c3qc_8985_the_page_for_developers_runs_nothing(query: str, site: str) -> None:
    """There is no console to reach, from whatever origin and with whatever secret."""
    app = build(debug=True)
    headers = {"Host": "localhost", "Sec-Fetch-Site": site, "Accept": "text/html"}

    def ask(query: str) -> str:
        request = Request.build("GET", f"/failing/?{query}", headers=headers, client=("127.0.0.1", 1))
        body = asyncio.run(app(request)).body
        assert isinstance(body, bytes)
        return body.decode()

    shown = ask(query)
    assert "<form" not in shown
    assert "<input" not in shown
    assert not re.search(r"\beval\b|XMLHttpRequest|fetch\(", shown)
    if site == "cross-site":
        assert "RuntimeError" not in shown


@pytest.mark.parametrize("piece", ["(", "SELECT ", "'", "/*", "--\n", "CASE ", "a,", '"', "begin ", "((1),"])
def test_cve_2021_32839_2023_30608_2024_4340_2026_54284_59893_59894_71491_112307_sql_is_shown_and_not_taken_apart(
    piece: str,
) -> None:
    """The page for developers shows statements as they are, cut; nothing parses or formats them."""
    from partita.web.debug_page import debug_response
    from partita.web.hints import hints_for

    request = Request.build("GET", "/", client=("127.0.0.1", 1))

    def show(text: str) -> None:
        error = RuntimeError(text)
        assert len(hints_for(error)) < 5
        assert debug_response(request, error).status == 500

    assert is_linear(show, piece, 2**17)


@pytest.mark.parametrize("target", ["//evil.test", "///evil.test", "//evil.test/..", "/\\evil.test", "//evil.test%2f"])
def test_cve_2021_21330_cve_2023_28370_cve_2020_28724_a_redirect_to_the_slash_stays_on_this_host(target: str) -> None:
    app = App(Settings("k" * 50), urls=[path("<path:rest>/", post)])
    answer = asyncio.run(app(Request.build("GET", target, headers={"Host": "localhost"})))
    location = answer.headers.get("location", "/")
    assert re.match(r"/(?![/\\])", location)
