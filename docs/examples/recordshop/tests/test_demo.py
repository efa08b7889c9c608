"""The demo as a newcomer meets it: one command in a fresh copy, then a real browser all the way to the order.

It installs the demo's libraries into a new environment, so it takes a minute or two.
"""

import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

ROOT = Path(__file__).parents[4]
ARTEFACTS = ROOT / ".artefacts" / "screenshots"
CHROMIUM = os.environ.get("PARTITA_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
PHONE: ViewportSize = {"width": 390, "height": 844}
SCREEN: ViewportSize = {"width": 1280, "height": 900}

pytestmark = [
    pytest.mark.skipif(
        CHROMIUM is None, reason="Chromium is missing: apt-get install chromium, or set PARTITA_CHROMIUM"
    ),
    pytest.mark.skipif(not (ROOT / "tools" / "dev.py").exists(), reason="platform: this is not the whole repository"),
]


class Demo(NamedTuple):
    """A running demo."""

    url: str
    database: Path
    email: str
    password: str
    log: Path


def copy_of_the_repository(target: Path) -> Path:
    """Copy what git knows or would add, and nothing that was installed or made."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    for name in filter(None, names):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, target / name)
    return target


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    folder = copy_of_the_repository(tmp_path_factory.mktemp("clone"))
    log, port = folder / "demo.log", free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PARTITA_", "PYTEST"))}
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys._base_executable, "tools/dev.py", "demo", "--port", str(port)],  # type: ignore[attr-defined]  # not the test's environment
            cwd=folder,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=True,
        )
    try:
        url = f"http://127.0.0.1:{port}"
        wait_until_it_serves(process, url, log)
        found = re.search(r"/admin/\s+(\S+)\s+password: (\S+)", log.read_text())
        assert found, log.read_text()
        yield Demo(url, folder / ".demo" / "shop.sqlite3", found[1], found[2], log)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)
        code = process.wait(20)
    assert code == 0, log.read_text()
    assert "Traceback" not in log.read_text()


def wait_until_it_serves(process: "subprocess.Popen[bytes]", url: str, log: Path) -> None:
    deadline = time.monotonic() + 600
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.3)
    raise AssertionError(f"the demo does not answer:\n{log.read_text()}")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        yield browser
        browser.close()


def shoot(page: Page, name: str) -> None:
    ARTEFACTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=ARTEFACTS / f"{name}.png")


def has_no_sideways_scroll(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


def test_a_visitor_searches_fills_a_cart_buys_and_finds_the_order(demo: Demo, browser: Browser) -> None:
    context = browser.new_context(viewport=SCREEN, java_script_enabled=False)
    page = context.new_page()
    page.goto(demo.url)
    shoot(page, "1-home")
    page.get_by_placeholder("What would you like to hear?").fill("God Of Thunder")
    page.locator("main form button").first.click()
    expect(page.get_by_role("status")).to_have_text("1 track found")
    page.get_by_role("button", name="Add God Of Thunder to the cart").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Cart")

    page.goto(f"{demo.url}/albums/1/")
    shoot(page, "2-album")
    page.get_by_role("button", name="The whole album for").click()
    expect(page.locator(".lines li")).to_have_count(11)
    page.get_by_label("Quantity of God Of Thunder").fill("2")
    page.get_by_role("button", name="Change").first.click()
    expect(page.locator(".total b")).to_have_text("$11.88")
    shoot(page, "3-cart")

    page.get_by_role("link", name="To the checkout").click()
    page.get_by_role("main").get_by_role("link", name="Sign up").click()
    page.get_by_label("E-mail").fill("ada@example.com")
    for field in page.locator("main input[type=password]").all():
        field.fill("a long enough secret 42")
    page.locator("main form button").first.click()

    page.goto(f"{demo.url}/checkout/")
    page.get_by_label("First name").fill("Ada")
    page.get_by_label("Last name").fill("Lovelace")
    page.get_by_label("Street and number").fill("12 St James's Square")
    page.get_by_label("City").fill("London")
    page.get_by_role("button", name="Buy for $11.88").click()  # the country is still missing
    page.get_by_label("Country").fill("United Kingdom")
    shoot(page, "4-checkout")
    page.get_by_role("button", name="Buy for $11.88").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Order")
    page.get_by_role("link", name="My orders").first.click()
    expect(page.locator(".orders li")).to_have_count(1)

    with sqlite3.connect(demo.database) as rows:
        invoice, total, country = rows.execute(
            "select id, total, billing_country from shop_invoice order by id desc limit 1"
        ).fetchone()
        lines = rows.execute(
            "select count(*), sum(quantity), sum(quantity * unit_price) from shop_invoiceline where invoice_id = ?",
            (invoice,),
        ).fetchone()
    assert (round(float(total), 2), country) == (11.88, "United Kingdom")
    assert (lines[0], lines[1], round(lines[2], 2)) == (11, 12, 11.88)
    context.close()


def test_an_administrator_searches_edits_adds_and_deletes(demo: Demo, browser: Browser) -> None:
    context = browser.new_context(viewport=SCREEN, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{demo.url}/admin/")
    page.get_by_label("E-mail").fill(demo.email)
    page.get_by_label("Password").fill(demo.password)
    page.locator("main form button, form button[type=submit]").first.click()
    expect(page.get_by_role("link", name="Artists").first).to_be_visible()

    page.goto(f"{demo.url}/admin/shop/artist/?q=Metallica")
    shoot(page, "5-admin-list")
    page.get_by_role("link", name="Metallica").click()
    page.get_by_label("Name").fill("Metallica (edited)")
    page.get_by_role("button", name="Save", exact=True).click()
    with sqlite3.connect(demo.database) as rows:
        assert rows.execute("select name from shop_artist where id = 50").fetchone() == ("Metallica (edited)",)

    page.goto(f"{demo.url}/admin/shop/artist/add/")
    page.get_by_label("Name").fill("The Newcomers")
    page.get_by_role("button", name="Save", exact=True).click()
    page.goto(f"{demo.url}/admin/shop/artist/?q=Newcomers")
    page.get_by_role("link", name="The Newcomers").click()
    page.get_by_role("link", name="Delete").click()
    page.get_by_role("button", name=re.compile("delete", re.IGNORECASE)).click()
    with sqlite3.connect(demo.database) as rows:
        assert rows.execute("select count(*) from shop_artist").fetchone() == (275,)
    context.close()


def test_the_pages_fit_a_phone_in_both_languages_and_at_night(demo: Demo, browser: Browser) -> None:
    context = browser.new_context(viewport=PHONE, locale="de-DE", color_scheme="dark", java_script_enabled=True)
    page = context.new_page()
    for path in (
        "/",
        "/albums/",
        "/albums/141/",
        "/tracks/?q=love",
        "/artists/",
        "/cart/",
        "/account/login/",
        "/account/signup/",
    ):
        page.goto(demo.url + path)
        assert has_no_sideways_scroll(page), path
    page.goto(f"{demo.url}/tracks/?q=love")
    expect(page.get_by_role("status")).to_contain_text("Titel gefunden")
    shoot(page, "6-phone-tracks")
    context.close()


def test_the_pages_fit_a_phone_from_right_to_left(demo: Demo, browser: Browser) -> None:
    context = browser.new_context(viewport=PHONE, locale="ar-EG")
    page = context.new_page()
    for path in ("/", "/albums/", "/albums/141/", "/tracks/?q=love", "/cart/", "/account/login/"):
        page.goto(demo.url + path)
        assert has_no_sideways_scroll(page), path
    page.goto(f"{demo.url}/albums/")
    assert page.evaluate("getComputedStyle(document.querySelector('h1')).direction") == "rtl"
    shoot(page, "7-phone-arabic")
    context.close()


def test_the_port_in_use_is_said_clearly(demo: Demo) -> None:
    port = demo.url.rpartition(":")[2]
    command = [sys.executable, "tools/dev.py", "demo", "--port", port]
    second = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert second.returncode != 0
    assert f"127.0.0.1:{port}" in second.stdout + second.stderr
    assert "--port" in second.stdout + second.stderr
    assert "Traceback" not in second.stderr
