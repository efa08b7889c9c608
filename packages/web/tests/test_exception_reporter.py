"""Reports of exceptions as classes: what they say, what they hide, and how an application comes to use one of its own."""

import asyncio
import re
import sys
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from partita.http import Request, Response
from partita.http.drafts import HttpRequest
from partita.urls import path
from partita.views.sensitive import sensitive_post_parameters, sensitive_variables
from partita.web import App, Settings
from partita.web.exception_reporter import ExceptionReporter, SafeExceptionReporterFilter, chosen_filter

LEAN = ("partita.http", "partita.urls")
BROWSER = {"accept": "text/html"}


class ShortReporter(ExceptionReporter):
    """Says little, with a template of its own for the text."""

    def get_traceback_data(self) -> dict[str, Any]:
        return {**super().get_traceback_data(), "ours": "42"}

    def get_traceback_html(self) -> str:
        return f"<p>ours: {self.get_traceback_data()['ours']}</p>"


class OpenFilter(SafeExceptionReporterFilter):
    """Hides nothing."""

    def is_active(self, request: object) -> bool:
        return False


class CoffeeFilter(SafeExceptionReporterFilter):
    """Hides what concerns coffee."""

    cleansed_substitute = "XXXX"
    hidden_settings = re.compile("coffee")


@sensitive_variables("sauce")
def cook(eggs: str, sauce: str) -> None:
    raise ValueError("Can't <find> my keys")


@sensitive_post_parameters("bacon")
def view(request: Any) -> Response:
    request.form()
    coffee = "arabica"
    cook("scrambled", "worcestershire")
    return Response.text(coffee)


def report(request: Any = None, kind: type[ExceptionReporter] = ExceptionReporter, **options: Any) -> ExceptionReporter:
    try:
        view(request) if request is not None else cook("scrambled", "worcestershire")
    except ValueError:
        return kind(request, *sys.exc_info(), **options)
    raise AssertionError("the view did not fail")


def asked() -> HttpRequest:
    form = {"bacon": "bacon-value", "beans": "beans-value"}
    return HttpRequest.of(Request.build("POST", "/breakfast/?a=1", form=form, headers={"Host": "evil.example"}))


def test_the_page_and_the_text_tell_what_happened_and_what_was_asked() -> None:
    made = report(asked())
    page, text = made.get_traceback_html(), made.get_traceback_text()
    assert "<h1>ValueError at /breakfast/</h1>" in page
    assert '<pre class="exception_value">Can&#x27;t &lt;find&gt; my keys</pre>' in page
    for name, value in (
        ("Request Method", "POST"),
        ("Request URL", "http://evil.example/breakfast/?a=1"),
        ("Exception Type", "ValueError"),
    ):
        assert f'<th scope="row">{name}:</th><td>{value}</td>' in page
    assert text.startswith("ValueError at /breakfast/\nCan't <find> my keys\n")
    for line in ("Request Method: POST", "Traceback (most recent call last):", "Exception Value: Can't <find> my keys"):
        assert line in text
    assert "a = '1'" in text


@pytest.mark.parametrize("what", ["html", "text"])
def test_what_decorators_name_is_hidden(what: str) -> None:
    shown = getattr(report(asked()), f"get_traceback_{what}")()
    assert "beans-value" in shown
    assert "bacon-value" not in shown
    if what == "html":
        assert "scrambled" in shown
        assert "&#x27;arabica&#x27;" in shown
    variables = {name: value for frame in report(asked()).get_traceback_frames() for name, value in frame["vars"]}
    assert variables["sauce"] == SafeExceptionReporterFilter.cleansed_substitute
    assert variables["eggs"] == "'scrambled'"


def test_a_request_may_have_a_filter_of_its_own() -> None:
    request = asked()
    request.exception_reporter_filter = OpenFilter()
    shown = report(request).get_traceback_html()
    assert "bacon-value" in shown
    assert "worcestershire" in shown


def test_a_filter_says_by_names_what_is_hidden_and_what_stands_there() -> None:
    request = asked()
    request.exception_reporter_filter = CoffeeFilter()
    variables = {name: value for frame in report(request).get_traceback_frames() for name, value in frame["vars"]}
    assert variables["coffee"] == variables["sauce"] == "XXXX"


def test_a_filter_may_decide_about_each_frame() -> None:
    class Quiet(SafeExceptionReporterFilter):
        def get_traceback_frame_variables(self, request: Any, tb_frame: FrameType) -> dict[str, str]:
            return {"function": tb_frame.f_code.co_name}

    request = asked()
    request.exception_reporter_filter = Quiet()
    assert [("function", "cook")] in [frame["vars"] for frame in report(request).get_traceback_frames()]


def test_frames_have_their_source_and_stand_with_the_error_last() -> None:
    frames = report().get_traceback_frames()
    last = frames[-1]
    assert (last["function"], last["filename"]) == ("cook", __file__)
    assert last["context_line"].strip().startswith("raise ValueError")
    assert last["pre_context"][-1].startswith("def cook")


def test_without_a_request_that_is_said() -> None:
    made = report()
    assert "<h1>ValueError</h1>" in made.get_traceback_html()
    assert "<p>Request data not supplied</p>" in made.get_traceback_html()
    assert "Request data not supplied" in made.get_traceback_text()


def test_a_message_alone_is_a_report_too() -> None:
    made = ExceptionReporter(asked(), None, "I'm a little teapot", None)
    assert "<h1>Report at /breakfast/</h1>" in made.get_traceback_html()
    assert "I&#x27;m a little teapot" in made.get_traceback_html()
    assert "I'm a little teapot" in made.get_traceback_text()


def test_notes_belong_to_the_message() -> None:
    error = ValueError("Oops")
    error.add_note("<b>note</b>")
    made = ExceptionReporter(None, ValueError, error, None)
    assert '<pre class="exception_value">Oops\n&lt;b&gt;note&lt;/b&gt;</pre>' in made.get_traceback_html()


def test_templates_of_ones_own_get_the_data(tmp_path: Path) -> None:
    (tmp_path / "report.txt").write_text("{{ exception_type }} {{ ours }} {{ frames|length }}")

    class Templated(ShortReporter):
        text_template_path = tmp_path / "report.txt"

    assert report(kind=Templated).get_traceback_text() == "ValueError 42 3"


def ask(**web: str) -> Response:
    app = App(Settings("key", debug=True, sections={"web": web}), urls=[path("", view, name="v")], default_apps=LEAN)
    return asyncio.run(app(Request.build("POST", "/", form={"bacon": "bacon-value"}, headers=BROWSER)))


def test_the_settings_name_a_reporter_and_a_filter() -> None:
    usual = ask()
    assert isinstance(usual.body, bytes)
    assert b"bacon-value" not in usual.body
    ours = ask(exception_reporter=f"{__name__}.ShortReporter")
    assert (ours.status, ours.body) == (500, b"<p>ours: 42</p>")
    opened = ask(exception_reporter_filter=f"{__name__}.OpenFilter")
    assert isinstance(opened.body, bytes)
    assert b"worcestershire" in opened.body


def test_outside_of_an_application_the_usual_filter_is_chosen() -> None:
    assert type(chosen_filter(None)) is SafeExceptionReporterFilter


def test_values_are_cleansed_by_name_however_deep_they_lie() -> None:
    usual, coffee = SafeExceptionReporterFilter(), CoffeeFilter()
    hidden = usual.cleansed_substitute
    assert usual.cleanse_setting("TITLE", "x") == "x"
    assert usual.cleanse_setting("password", "x") == hidden
    given = [{"login": "cooper", "apps": ({"name": "a", "api_key": "k"},), "tokens": ["t"]}, {("h", 1): {"pass": "p"}}]
    assert usual.cleanse_setting("APPS", given) == [
        {"login": "cooper", "apps": ({"name": "a", "api_key": hidden},), "tokens": hidden},
        {("h", 1): {"pass": hidden}},
    ]
    assert coffee.cleanse_setting("coffee_bean", "x") == "XXXX"
    assert coffee.cleanse_setting("password", "x") == "x"


def test_meta_and_cookies_are_cleansed() -> None:
    request = HttpRequest()
    request.META = {"HTTP_API_URL": "a", "HTTP_COOKIE": "b", "HTTP_X_CAPITAL": "Paris", "SERVER_PORT": "80"}
    request.COOKIES = {"sessionid": "c", "theme": "dark"}
    usual = SafeExceptionReporterFilter()
    hidden = usual.cleansed_substitute
    assert usual.get_safe_request_meta(request) == {
        "HTTP_API_URL": hidden,
        "HTTP_COOKIE": hidden,
        "HTTP_X_CAPITAL": "Paris",
        "SERVER_PORT": "80",
    }
    assert usual.get_safe_cookies(request) == {"sessionid": hidden, "theme": "dark"}
    assert usual.get_safe_request_meta(None) == usual.get_safe_cookies(None) == {}


def test_one_that_cleanses_more_is_asked_for_every_value_of_a_report() -> None:
    class Stricter(SafeExceptionReporterFilter):
        def cleanse_setting(self, key: object, value: object) -> object:
            return "[mail]" if isinstance(value, str) and "@" in value else super().cleanse_setting(key, value)

    assert Stricter().shown("who", "a@example.com") == "'[mail]'"
    assert Stricter().shown("password", "p") == Stricter.cleansed_substitute
    assert Stricter().shown("title", "x") == "'x'"
