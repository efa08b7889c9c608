"""What only a real browser can show: which scripts run, and that the sum of the proof of work is done."""

import os
import shutil
import threading
from collections.abc import Iterator
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from partita.http import Request, Response, wsgi_app
from partita.http.conditions import for_paths
from partita.security import SecuritySettings, headers_middleware
from partita.security.proof_of_work import proof_of_work_middleware
from partita.security.strict import strict_policy

CHROMIUM = os.environ.get("PARTITA_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="Chromium is missing: apt-get install chromium, or set PARTITA_CHROMIUM"
)

KNOWN = "document.title = 'known ran';"
PAGE = f"""<!doctype html><html lang="en"><title>nothing ran</title><body><p id="target"></p>
<script>{KNOWN}</script>
<script>document.title = "injected ran";</script>
<img src="data:," onerror="document.title = 'attribute ran'">
<p><a href="javascript:document.title='link ran'" id="link">link</a></p></body></html>"""


class Signer:
    def sign(self, value: str) -> str:
        return f"{value}:signed"

    def unsign(self, signed: str, max_age: object = None) -> str:
        value, _, mark = signed.partition(":")
        if mark != "signed":
            raise ValueError("not ours")
        return value


class Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        return None


async def view(request: Request) -> Response:
    return Response.html(PAGE if request.path == "/strict" else "<!doctype html><title>results</title><p>results")


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    guarded = proof_of_work_middleware(Signer(), for_paths("/search"), bits=12)(view)
    policy = strict_policy([KNOWN])
    handler = headers_middleware(SecuritySettings(content_security_policy=policy))(guarded)
    server = make_server("127.0.0.1", 0, wsgi_app(handler), handler_class=Quiet)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser.new_page()
        browser.close()


def test_only_the_script_whose_hash_is_known_runs(site: str, page: Page) -> None:
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text))
    page.goto(f"{site}/strict")
    expect(page).to_have_title("known ran")
    page.click("#link")
    expect(page).to_have_title("known ran")
    assert len([text for text in refused if "Content Security Policy" in text]) >= 3


def test_text_does_not_become_a_part_of_the_page(site: str, page: Page) -> None:
    page.goto(f"{site}/strict")
    assert "TrustedHTML" in page.evaluate(
        "() => { try { document.getElementById('target').innerHTML = '<b>x</b>'; return 'taken'; } catch (e) { return e.message; } }"
    )


def test_a_browser_does_the_sum_and_gets_the_page(site: str, page: Page) -> None:
    response = page.goto(f"{site}/search")
    assert response is not None
    assert response.status == 403
    expect(page).to_have_title("results", timeout=20_000)
