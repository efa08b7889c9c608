"""Assertions: what they let pass, and what they say of the rest."""

import warnings
from collections.abc import Callable
from typing import Any

import pytest

from partita.forms import CharField, Form
from partita.http import Request, Response
from partita.orm import CharField as Column
from partita.orm import Databases, Model, connect
from partita.orm.registry import Registry
from partita.testing import (
    Client,
    assert_contains,
    assert_form_error,
    assert_html_equal,
    assert_html_not_equal,
    assert_in_html,
    assert_json_equal,
    assert_json_not_equal,
    assert_not_contains,
    assert_not_in_html,
    assert_num_queries,
    assert_queryset_equal,
    assert_raises_message,
    assert_redirects,
    assert_url_equal,
    assert_warns_message,
    assert_xml_equal,
    assert_xml_not_equal,
)

MODELS = Registry()


class Record(Model):
    """A record."""

    title = Column(max_length=20)

    class Meta:
        app_label = "assertions"
        registry = MODELS
        ordering = ("title",)


async def site(request: Request) -> Response:
    """Answer, or lead elsewhere."""
    match request.path:
        case "/":
            return Response.html("<p class='b a'>Tea &amp; <b>milk</b></p><p>Tea</p>")
        case "/old/":
            return Response.redirect("/new/?b=2&a=1")
        case "/older/":
            return Response.redirect("/old/", permanent=True)
        case "/lost/":
            return Response.redirect("/nowhere/")
        case "/new/":
            return Response.text("new")
    return Response.text("nothing here", 404)


@pytest.fixture
def client() -> Client:
    """A client."""
    return Client(site)


def fails(told: str, assertion: Callable[..., object], *args: Any, **kwargs: Any) -> None:
    """Expect that an assertion fails and says why."""
    with pytest.raises(AssertionError, match=told):
        assertion(*args, **kwargs)


def test_texts_in_answers(client: Client) -> None:
    page = client.get("/")
    assert_contains(page, "Tea")
    assert_contains(page, b"Tea", count=2)
    assert_contains(page, '<p class="a b">Tea &amp; <b>milk</b></p>', html=True)
    assert_contains(client.get("/nowhere/"), "nothing", status=404)
    assert_not_contains(page, "Coffee")
    assert_not_contains(page, "<b>Tea</b>", html=True)
    fails("'Coffee' is not in the answer", assert_contains, page, "Coffee")
    fails("2 times, not 1", assert_contains, page, "Tea", count=1)
    fails("status 200, not 404", assert_contains, page, "Tea", status=404)
    fails("status 404, not 200", assert_not_contains, client.get("/nowhere/"), "x")
    fails("is in the answer", assert_not_contains, page, "Tea")


def test_redirects(client: Client) -> None:
    sent = client.get("/old/")
    assert_redirects(sent, "/new/?a=1&b=2")
    assert_redirects(sent, "http://testserver/new/?a=1&b=2", client=client)
    fails("status 302, not 301", assert_redirects, sent, "/new/?a=1&b=2", 301)
    fails("not to '/new/'", assert_redirects, sent, "/new/")
    fails("not to", assert_redirects, sent, "http://elsewhere.example/new/?a=1&b=2")
    fails("status 404, not 200", assert_redirects, client.get("/lost/"), "/nowhere/", client=client)
    assert_redirects(client.get("/lost/"), "/nowhere/", target_status=404, client=client)
    fails("status 200, not 302", assert_redirects, client.get("/"), "/")


def test_redirects_that_were_followed(client: Client) -> None:
    end = client.get("/older/", follow=True)
    assert_redirects(end, "/new/?a=1&b=2", 301)
    fails("first answer has status 301, not 302", assert_redirects, end, "/new/?a=1&b=2")
    fails("last answer has status 404", assert_redirects, client.get("/lost/", follow=True), "/nowhere/")


class WordForm(Form):
    """A word."""

    word = CharField(max_length=3)

    def clean(self) -> None:
        """Refuse as a whole."""
        if self.cleaned_data.get("word") == "no":
            self.add_error(None, "Not this one")


def test_messages_of_forms() -> None:
    empty = WordForm({"word": ""})
    assert_form_error(empty, "word", "This field is required.")
    assert_form_error(empty, None, [])
    assert_form_error(WordForm({"word": "no"}), None, ["Not this one"])
    fails("the field 'word'", assert_form_error, empty, "word", [])
    fails("as a whole", assert_form_error, empty, None, "x")


def test_urls() -> None:
    assert_url_equal("/a/?x=1&y=2", "/a/?y=2&x=1")
    fails("is not", assert_url_equal, "/a/?x=1&x=2", "/a/?x=2&x=1")
    fails("is not", assert_url_equal, "http://a.example/", "https://a.example/")
    fails("my words", assert_url_equal, "/a/", "/b/", "my words")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("<p>a  b\n c</p>", "<p> a b c </p>"),
        ('<a href="/" class="x y">t</a>', "<a class=\"y   x\" href='/'>t</a>"),
        ("<input checked>", '<input checked="checked" />'),
        ("<input disabled=''>", "<input disabled>"),
        ("<br><img src=x>", "<br/><img src='x'/>"),
        ("<p>a</p> <p>b</p>", "<p>a</p>\n<p>b</p>"),
        ("&lt;&amp;&#65;", "&lt;&amp;A"),
    ],
)
def test_html_that_means_the_same(first: str, second: str) -> None:
    assert_html_equal(first, second)
    fails("means the same", assert_html_not_equal, first, second)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("<p>a</p>", "<p>b</p>"),
        ("<p>a</p><p>b</p>", "<p>b</p><p>a</p>"),
        ("<p id=a>x</p>", "<p>x</p>"),
        ("<pre>a  b</pre>", "<pre>a b</pre>"),
        ("<b>a</b>c", "<b>ac</b>"),
        ("<p>&lt;b&gt;</p>", "<p><b></b></p>"),
        ("<input value='checked'>", "<input value>"),
    ],
)
def test_html_that_means_something_else(first: str, second: str) -> None:
    assert_html_not_equal(first, second)
    fails("they differ", assert_html_equal, first, second)


@pytest.mark.parametrize("broken", ["<p><b></p>", "<div>", "</p>", "<p></p></p>"])
def test_html_that_does_not_fit_together_is_refused(broken: str) -> None:
    fails("closed|expected", assert_html_equal, broken, broken)


def test_html_within_html() -> None:
    page = "<ul><li>a</li> <li>b</li></ul><ol><li>a</li><li>c</li></ol>"
    assert_in_html("<li>a</li>", page)
    assert_in_html("<li>a</li>", page, 2)
    assert_in_html("<li>a</li><li>b</li>", page, 1)
    assert_in_html("c", page, 1)
    assert_not_in_html("<li>d</li>", page)
    assert_not_in_html("<li>b</li><li>a</li>", page)
    fails("found 2 times, expected 1 times", assert_in_html, "<li>a</li>", page, 1)
    fails("at least once", assert_in_html, "<p>a</p>", page)
    fails("found 1 times", assert_not_in_html, "<li>c</li>", page)
    fails("nothing to look for", assert_in_html, " ", page)


def test_json_and_xml() -> None:
    assert_json_equal('{"a": [1, 2], "b": null}', {"b": None, "a": [1, 2]})
    assert_json_equal(b'{"a": 1.0}', '{"a": 1}')
    assert_json_not_equal("[1, 2]", [2, 1])
    fails("they differ", assert_json_equal, "[1, 2]", [2, 1])
    fails("is not JSON", assert_json_equal, "{a: 1}", {})
    fails("both hold", assert_json_not_equal, "[1]", "[1]")
    assert_xml_equal("<a x='1' y='2'> <b/>t </a>", '<a y="2" x="1"><b></b>t</a>')
    assert_xml_not_equal("<a><b/><c/></a>", "<a><c/><b/></a>")
    fails("they differ", assert_xml_equal, "<a/>", "<b/>")
    fails("is not XML", assert_xml_equal, "<a>", "<a/>")
    fails("holds the same", assert_xml_not_equal, "<a/>", "<a></a>")


def test_rows_and_queries() -> None:
    database = connect("sqlite://:memory:")
    with Databases({"default": database}):
        database.create_all(Record)
        for title in ("b", "a"):
            Record.objects.create(title=title)
        assert_queryset_equal(Record.objects.all(), ["a", "b"], transform=lambda record: record.title)
        assert_queryset_equal(["b", "a", "a"], ["a", "b", "a"], ordered=False)
        fails("in any order", assert_queryset_equal, ["b", "a"], ["a", "a"], ordered=False)
        fails("is not", assert_queryset_equal, ["b", "a"], ["a", "b"])
        with assert_num_queries(2) as log:
            list(Record.objects.all())
            Record.objects.count()
        assert len(log) == 2
        with pytest.raises(AssertionError, match=r"1 queries ran, not 0:\n1\. SELECT"), assert_num_queries(0, database):
            list(Record.objects.all())
        with pytest.raises(ZeroDivisionError), assert_num_queries(5):  # what failed inside is the thing to see
            raise ZeroDivisionError
    database.close()


def test_messages_of_exceptions_and_warnings() -> None:
    with assert_raises_message(ValueError, "a (b"):
        raise ValueError("it was a (b, you see")
    with pytest.raises(AssertionError, match="was not raised"), assert_raises_message(ValueError, "x"):
        pass
    with pytest.raises(AssertionError, match="not in"), assert_raises_message(ValueError, "x"):
        raise ValueError("y")
    with pytest.raises(KeyError), assert_raises_message(ValueError, "x"):
        raise KeyError("x")
    with assert_warns_message(UserWarning, "old"):
        warnings.warn("too old", UserWarning, stacklevel=1)
    with pytest.raises(AssertionError, match="no UserWarning"), assert_warns_message(UserWarning, "old"):
        pass
