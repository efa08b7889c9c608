"""``partita run --reload``: what has changed is used in the same process where that can do, and in a new one where it cannot."""

import http.cookiejar
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

CHROMIUM = os.environ.get("PARTITA_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="platform: Chromium is missing; set PARTITA_CHROMIUM")

FILES = {
    "partita.toml": """
secret_key = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
debug = true
allowed_hosts = ["127.0.0.1"]
[databases]
default = "sqlite:///db.sqlite3"
[sessions]
store = "memory"
""",
    "shop/__init__.py": "",
    "shop/app.py": """
from partita.web import App, Settings

app = App(Settings.load(), apps=["partita.auth", "shop"], urls="shop.urls")
""",
    "shop/urls.py": """
from partita.urls import path

urlpatterns = [
    path("", "shop.views.index"),
    path("price/", "shop.views.price"),
    path("sync/", "shop.views.in_a_thread"),
    path("enter/", "shop.views.enter"),
    path("who/", "shop.views.who"),
    path("count/", "shop.views.count"),
    path("page/", "shop.views.page"),
]
""",
    "shop/prices.py": "from shop.numbers import FACTOR\\n\\n\\nclass Price:\\n    amount = FACTOR * 2\\n".replace(
        "\\n", "\n"
    ),
    "shop/numbers.py": "FACTOR = 10\n",
    "shop/models.py": """
from partita.orm import Model, fields


class Note(Model):
    text = fields.TextField(default="first")
""",
    "shop/views.py": """
import os

from partita.auth import alogin
from partita.auth.models import User
from partita.http import Response
from partita.views import arender

from shop.models import Note
from shop.prices import Price

__partita_keep__ = ("SEEN",)
SEEN = []
WORD = "before"


async def index(request):
    return Response.text(f"{WORD} {os.getpid()}")


async def price(request):
    return Response.text(f"{Price.amount} {os.getpid()}")


def in_a_thread(request):
    return Response.text(f"{WORD} {Note().text} {os.getpid()}")


async def enter(request):
    await alogin(request, await User.objects.aget())
    return Response.text("entered")


async def who(request):
    return Response.text(f"{WORD} {request.state.user} {os.getpid()}")


async def count(request):
    SEEN.append(1)
    return Response.text(f"{WORD} {len(SEEN)}")


async def page(request):
    return await arender(request, "shop/page.html")
""",
    "shop/templates/shop/page.html": """{% load static %}<!doctype html><html><head>
<link rel="stylesheet" href="{% static 'shop/site.css' %}"></head>
<body><p id="shown">first</p><input id="typed"></body></html>""",
    "shop/static/shop/site.css": "p { color: rgb(255, 0, 0) }",
    "shop/static/shop/site.js": "// first",
}
PARTITA = [sys.executable, "-c", "import sys; from partita.cli import main; sys.exit(main())", "--app", "shop.app:app"]


class Project:
    """A project of its own, whose files are edited while it is served."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name, text in FILES.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        with socket.create_server(("127.0.0.1", 0)) as sock:
            self.port = sock.getsockname()[1]
        self.log = folder / "log"
        self.process: subprocess.Popen[bytes] | None = None
        self._open = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())).open

    def manage(self, *arguments: str, **env: str) -> None:
        subprocess.run([*PARTITA, *arguments], cwd=self.folder, env={**os.environ, **env}, check=True, timeout=120)

    def serve(self, *arguments: str) -> None:
        with self.log.open("wb") as log:
            command = [*PARTITA, "run", "--port", str(self.port), *(arguments or ["--reload"]), "--reloader", "stat"]
            self.process = subprocess.Popen(command, cwd=self.folder, stdout=log, stderr=log)
        self.until("/", lambda answer: answer.startswith("before "))

    def get(self, path: str = "/") -> str:
        try:
            with self._open(f"http://127.0.0.1:{self.port}{path}", timeout=60) as response:
                return str(response.read().decode())
        except urllib.error.HTTPError as error:
            return f"{error.code} {error.read().decode()}"

    def until(self, path: str, wanted: Callable[[str], object], seconds: float = 120.0) -> str:
        """Ask again and again until the answer is the one that is wanted."""
        deadline = time.monotonic() + seconds
        answer = ""
        while True:
            try:
                if wanted(answer := self.get(path)):
                    return answer
            except OSError as error:
                answer = repr(error)
            assert time.monotonic() < deadline, f"{answer}\n{self.log.read_text()}"
            time.sleep(0.02)

    def pid(self) -> int:
        return int(self.get("/").split()[-1])

    def edit(self, name: str, old: str, new: str) -> None:
        path = self.folder / name
        text = path.read_text()
        assert old in text
        fresh = path.with_name("fresh~")
        fresh.write_text(text.replace(old, new))
        fresh.replace(path)

    def end(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                raise


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    made = Project(tmp_path)
    yield made
    made.end()


def test_a_changed_view_is_served_by_the_same_process(project: Project) -> None:
    project.serve()
    pid = project.pid()
    project.edit("shop/views.py", '"before"', '"after"')
    assert project.until("/", lambda answer: answer.startswith("after ")) == f"after {pid}"
    assert project.get("/sync/") == f"after first {pid}"
    project.edit("shop/views.py", '"after"', '"later"')  # and again, within the same second
    assert project.until("/", lambda answer: answer.startswith("later ")) == f"later {pid}", project.log.read_text()


def test_modules_that_import_a_changed_one_are_exchanged_with_it(project: Project) -> None:
    project.serve()
    pid = project.pid()
    assert project.get("/price/") == f"20 {pid}"
    project.edit("shop/numbers.py", "10", "21")
    assert project.until("/price/", lambda answer: answer.startswith("42 ")) == f"42 {pid}"


def test_a_new_route_is_used(project: Project) -> None:
    project.serve()
    pid = project.pid()
    assert project.get("/again/").startswith("404 ")
    project.edit("shop/urls.py", '    path("price/"', '    path("again/", "shop.views.index"),\n    path("price/"')
    assert project.until("/again/", lambda answer: answer.startswith("before ")) == f"before {pid}"


def test_a_logged_in_session_in_memory_survives(project: Project) -> None:
    project.manage("migrate")
    project.manage("createsuperuser", "--email", "ada@example.com", PARTITA_SUPERUSER_PASSWORD="seven green boats")
    project.serve()
    pid = project.pid()
    assert project.get("/enter/") == "entered"
    assert project.get("/who/") == f"before ada@example.com {pid}"
    assert project.get("/count/") == "before 1"
    project.edit("shop/views.py", '"before"', '"after"')
    assert project.until("/who/", lambda answer: answer.startswith("after ")) == f"after ada@example.com {pid}"
    assert project.get("/count/") == "after 2"  # what a module says that it keeps is there, too


@pytest.mark.parametrize(
    ("name", "old", "new", "path", "wanted", "why"),
    [
        ("shop/models.py", '"first"', '"second"', "/sync/", "before second ", "is registered at the start"),
        ("shop/app.py", "app = ", "changed = 1\napp = ", "/", "before ", "makes the application"),
        ("partita.toml", "debug", "# a remark\ndebug", "/", "before ", "is read at the start only"),
        ("shop/views.py", '"before"', '"after"\n__partita_reload__ = False', "/", "after ", ""),
    ],
)
def test_what_cannot_be_exchanged_starts_the_program_again_and_the_reason_is_logged(
    project: Project, name: str, old: str, new: str, path: str, wanted: str, why: str
) -> None:
    project.serve()
    pid = project.pid()
    project.edit(name, old, new)
    if not why:  # the declaration stands in the file from now on
        assert project.until(path, lambda answer: answer.startswith(wanted)) == f"{wanted}{pid}"
        project.edit(name, '"after"', '"later"')
        wanted, why = "later ", "shop.views says __partita_reload__ = False"
    project.until(path, lambda answer: answer.startswith(wanted) and not answer.endswith(f" {pid}"))
    assert re.search(rf"starting again, since [^\n]*{why}", project.log.read_text())


def test_the_mode_process_always_starts_the_program_again(project: Project) -> None:
    project.serve("--reload", "process")
    pid = project.pid()
    project.edit("shop/views.py", '"before"', '"after"')
    assert project.until("/", lambda answer: answer.startswith("after ")) != f"after {pid}"


def test_old_code_that_somebody_holds_starts_the_program_again(project: Project) -> None:
    project.edit(
        "shop/views.py", "SEEN = []", "SEEN = []\nimport atexit\n\ndef last():\n    pass\n\natexit.register(last)"
    )
    project.serve()
    pid = project.pid()
    project.edit("shop/views.py", '"before"', '"after"')
    project.until("/", lambda answer: answer.startswith("after ") and not answer.endswith(f" {pid}"))
    assert "somebody holds shop.views.last, as it was" in project.log.read_text()


def test_a_module_that_cannot_be_compiled_leaves_the_old_one_in_use(project: Project) -> None:
    project.serve()
    pid = project.pid()
    project.edit("shop/views.py", "async def price(", "async def price((")
    deadline = time.monotonic() + 120
    while "SyntaxError" not in project.log.read_text():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert project.get("/price/") == f"20 {pid}"
    project.edit("shop/views.py", "async def price((", "async def price(")
    project.edit("shop/views.py", '"before"', '"after"')
    assert project.until("/", lambda answer: answer.startswith("after ")) == f"after {pid}"


@pytest.fixture
def page(project: Project) -> Iterator[Page]:
    project.serve()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        opened = browser.new_page()
        told: list[object] = []
        opened.on("websocket", lambda found: found.on("framereceived", lambda data: told.append(data)))
        opened.goto(f"http://127.0.0.1:{project.port}/page/")
        deadline = time.monotonic() + 60
        while not told:  # which run answers
            assert time.monotonic() < deadline
            opened.wait_for_timeout(20)
        yield opened
        browser.close()


@needs_browser
def test_an_open_page_reloads_after_its_template_was_edited(project: Project, page: Page) -> None:
    pid = project.pid()
    expect(page.locator("#shown")).to_have_text("first")
    project.edit("shop/templates/shop/page.html", "first", "second")
    expect(page.locator("#shown")).to_have_text("second", timeout=60_000)
    assert project.pid() == pid


@needs_browser
def test_an_open_page_reloads_after_a_script_has_changed(project: Project, page: Page) -> None:
    page.locator("#typed").fill("half a sentence")
    project.edit("shop/static/shop/site.js", "first", "second")
    expect(page.locator("#typed")).to_have_value("", timeout=60_000)


@needs_browser
def test_a_changed_style_sheet_is_exchanged_within_the_open_page(project: Project, page: Page) -> None:
    page.locator("#typed").fill("half a sentence")
    expect(page.locator("#shown")).to_have_css("color", "rgb(255, 0, 0)")
    project.edit("shop/static/shop/site.css", "255, 0, 0", "0, 0, 255")
    expect(page.locator("#shown")).to_have_css("color", "rgb(0, 0, 255)", timeout=60_000)
    expect(page.locator("#typed")).to_have_value("half a sentence")
