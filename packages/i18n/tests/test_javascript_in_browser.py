"""What the scripts say in a real browser."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import sync_playwright

from partita.i18n.javascript import javascript_catalogue

CHROMIUM = os.environ.get("PARTITA_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="Chromium is missing: apt-get install chromium, or set PARTITA_CHROMIUM"
)
HEAD = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\nPlural-Forms: nplurals=3; plural={rule};\\n"\n\n'
RULE = "(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<12 || n%100>14) ? 1 : 2)"
SHOP = 'msgid "%s plate"\nmsgid_plural "%s plates"\nmsgstr[0] "%s A"\nmsgstr[1] "%s B"\nmsgstr[2] "%s C"\n\nmsgid "Cart"\nmsgstr "K"\n'
ADMIN = 'msgctxt "verb"\nmsgid "Order"\nmsgstr "O"\n\nmsgctxt "rail"\nmsgid "track"\nmsgid_plural "tracks"\nmsgstr[0] "a"\nmsgstr[1] "b"\nmsgstr[2] "c"\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    messages = tmp_path / "ru" / "LC_MESSAGES"
    messages.mkdir(parents=True)
    for name, text in (("shop", SHOP), ("admin", ADMIN), ("empty", "")):
        (messages / f"{name}.po").write_text(HEAD.replace("{rule}", RULE) + text, encoding="utf-8")
    return tmp_path


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield made
        made.close()


@pytest.mark.parametrize("order", [["shop", "admin", "empty"], ["empty", "admin", "shop"]])
def test_a_page_may_load_several_catalogues(browser: Any, folder: Path, order: list[str]) -> None:
    page = browser.new_page()
    for domain in order:
        page.add_script_tag(content=javascript_catalogue([folder], "ru", [domain]))
    said = page.evaluate(
        """() => [
            [1, 3, 5, 11, 21].map((n) => interpolate(ngettext("%s plate", "%s plates", n), [n])),
            [1, 22].map((n) => npgettext("rail", "track", "tracks", n)),
            [gettext("Cart"), pgettext("verb", "Order"), gettext("Order"), gettext("constructor")],
            [1, 2].map((n) => ngettext("one", "many", n)),
            [get_format("DECIMAL_SEPARATOR"), get_format("toString"), interpolate("%(a)s!", {a: "x"}, true)],
            [django.catalog["Cart"], django.catalog["%s plate"].length, django.formats.FIRST_DAY_OF_WEEK],
        ]"""
    )
    assert said == [
        ["1 A", "3 B", "5 C", "11 C", "21 A"],
        ["a", "b"],
        ["K", "O", "Order", "constructor"],
        ["one", "many"],
        [",", "toString", "x!"],
        ["K", 3, 1],
    ]
    page.close()
