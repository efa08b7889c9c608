"""Every page works under a policy that lets no inline script and no inline style through: shown in a real browser."""

import os
import re
import shutil
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Route, sync_playwright

from partita.security.strict import strict_policy

CHROMIUM = os.environ.get("PARTITA_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
in_browser = pytest.mark.skipif(
    CHROMIUM is None, reason="platform: Chromium is missing: apt-get install chromium, or set PARTITA_CHROMIUM"
)
STRICT = {**strict_policy([], nonce=True), "style-src": ("'self'",), "form-action": ("'self'",)}
REPORT = "addEventListener('securitypolicyviolation', event => console.error(`REFUSED ${event.effectiveDirective}`));"
INJECTED = '<p onclick="a()" style="color: red">x</p><script>a()</script><style>p { color: red }</style>'


@pytest.fixture
def strict(make_shop: Callable[..., SimpleNamespace]) -> SimpleNamespace:
    """The shop under the strict policy, with rows on its pages."""
    shop = make_shop(security={"content_security_policy": STRICT})
    artist = shop.Artist.objects.create(name=INJECTED, homepage="https://artist.test/")
    for number in range(12):
        shop.Album.objects.create(title=f"Album {number}", artist=artist, note=INJECTED)
    return shop


def _crawl(shop: SimpleNamespace) -> dict[str, Any]:
    """Return the answers of all pages that links lead to, those of the style sheets and images included."""
    answers: dict[str, Any] = {}
    waiting = ["/admin/", "/admin/music/album/?q=Album", "/admin/music/album/?p=2", "/admin/login/"]
    while waiting and len(answers) < 150:
        path = waiting.pop()
        if path in answers:
            continue
        answers[path] = answer = shop.client.get(path)
        if answer.content_type != "text/html":
            continue
        base = path.partition("?")[0]
        for found in re.findall(r'(?:href|src)="([^"]+)"', answer.text):
            link = found.replace("&amp;", "&").partition("#")[0]
            if link.startswith("?"):
                link = base + link
            if link.startswith("/") and "logout" not in link:
                waiting.append(link)
    return answers


def test_the_pages_are_many_and_their_policy_has_no_hole(strict: SimpleNamespace) -> None:
    answers = _crawl(strict)
    pages = [answer for answer in answers.values() if answer.content_type == "text/html"]
    assert len(pages) >= 20
    assert any("/delete/" in path for path in answers)
    assert any("/add/" in path for path in answers)
    for page in pages:
        policy = page.headers["content-security-policy"]
        assert "unsafe-inline" not in policy
        assert "unsafe-eval" not in policy


@in_browser
def test_the_browser_has_nothing_to_refuse_on_any_page(strict: SimpleNamespace) -> None:
    answers = _crawl(strict)
    refused = _visit({path: (each.status, each.headers, each.content) for path, each in answers.items()})
    assert refused == []


@in_browser
def test_what_is_injected_is_refused(strict: SimpleNamespace) -> None:
    answer = strict.client.get("/admin/")
    body = answer.text.replace("</body>", f"{INJECTED}</body>").encode()
    refused = _visit({"/admin/": (answer.status, answer.headers, body)})
    assert {"script-src-elem", "style-src-attr", "style-src-elem"} <= {line.split()[-1] for line in refused}


def _visit(answers: dict[str, tuple[int, Any, bytes]]) -> list[str]:
    """Show a browser the pages, and return what it refused."""
    refused: list[str] = []

    def serve(route: Route) -> None:
        parts = urlsplit(route.request.url)
        status, headers, body = answers.get(parts.path + (f"?{parts.query}" if parts.query else ""), (404, {}, b""))
        fields = {name: headers[name] for name in headers if name != "set-cookie"}
        route.fulfill(status=200 if 300 <= status < 400 else status, headers=fields, body=body)

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        page.add_init_script(REPORT)
        page.on("console", lambda message: refused.append(message.text) if message.text.startswith("REFUSED") else None)
        page.route("**/*", serve)
        for path, (_, headers, _) in answers.items():
            if headers.get("content-type", "").startswith("text/html"):
                page.goto(f"http://admin.test{path}")
        browser.close()
    return refused
