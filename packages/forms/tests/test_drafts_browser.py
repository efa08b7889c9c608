"""A page is left and opened again in a real browser: what was typed is there."""

from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qs

from playwright.sync_api import Browser, expect

from partita.forms import CharField, EmailField, Form, PasswordInput, Textarea
from partita.forms.drafts import DRAFTS_SCRIPT_FILE, Drafts, SessionDrafts, draft_controls, is_draft

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Letter(Form):
    email = EmailField()
    text = CharField(widget=Textarea)
    password = CharField(widget=PasswordInput)


def application(session: dict[str, Any]) -> Application:
    """Return a site with one form; the session of its one visitor is given."""
    drafts = Drafts(SessionDrafts(session))

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"].endswith(".js"):
            start_response("200 OK", [("Content-Type", "text/javascript")])
            return [DRAFTS_SCRIPT_FILE.read_bytes()]
        title = "shown"
        if environ["REQUEST_METHOD"] == "POST":
            body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])).decode()
            form = Letter(parse_qs(body, keep_blank_values=True))
            if is_draft(form.data):
                session.setdefault("bodies", []).append(body)
                drafts.save(form, "letter")
                form, title = drafts.resume(Letter, "letter"), "drafted"
            elif form.is_valid():
                drafts.forget("letter")
                title = "sent"
        else:
            form = drafts.resume(Letter, "letter")
        html = (
            f'<!doctype html><html lang="en"><title>{title}</title><script src="/drafts.js" defer></script>'
            f'<form method="post">{form}<button>Send</button>{draft_controls()}</form>'
        )
        start_response("200 OK", [("Content-Type", "text/html"), ("Content-Security-Policy", "default-src 'self'")])
        return [html.encode()]

    return answer


def test_what_was_typed_is_there_after_a_reload_and_gone_after_it_was_sent(
    serve: Callable[[Any], str], browser: Browser
) -> None:
    session: dict[str, Any] = {}
    page = browser.new_page()
    page.goto(serve(application(session)))
    page.get_by_label("Email").fill("clara@")
    page.get_by_label("Text").fill("Dear Robert, & so on")
    page.get_by_label("Password").fill("secret")
    expect(page.get_by_role("status")).to_have_text("Draft saved.")
    page.reload()
    expect(page.get_by_label("Email")).to_have_value("clara@")
    expect(page.get_by_label("Text")).to_have_value("Dear Robert, & so on")
    expect(page.get_by_label("Password")).to_have_value("")
    assert not any("secret" in body for body in session["bodies"])
    page.get_by_label("Email").fill("clara@example.org")
    page.get_by_label("Password").fill("secret")
    page.get_by_role("button", name="Send").click()
    expect(page).to_have_title("sent")
    page.goto(page.url)
    expect(page.get_by_label("Text")).to_have_value("")


def test_leaving_the_page_at_once_keeps_what_was_typed(serve: Callable[[Any], str], browser: Browser) -> None:
    address = serve(application({}))
    page = browser.new_page()
    page.goto(address)
    page.get_by_label("Text").fill("Quickly")
    page.goto("about:blank")
    page.goto(address)
    page.wait_for_timeout(200)
    page.reload()
    expect(page.get_by_label("Text")).to_have_value("Quickly")


def test_without_javascript_the_button_keeps_the_draft(serve: Callable[[Any], str], browser: Browser) -> None:
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(serve(application({})))
    page.get_by_label("Text").fill("By hand")
    page.get_by_role("button", name="Save draft").click()
    expect(page).to_have_title("drafted")
    page.goto(page.url)
    expect(page.get_by_label("Text")).to_have_value("By hand")
