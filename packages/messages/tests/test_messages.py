"""Messages from one request to the next: levels, tags, stores, and what ends them."""

import asyncio
import random
import string
from collections.abc import Callable
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from partita import messages
from partita.contracts.i18n import LazyText
from partita.http import Handler, Request, Response, compose
from partita.http.drafts import HttpRequest
from partita.http.handlers import Layer
from partita.messages import (
    INFO,
    MESSAGES,
    CookieStore,
    FallbackStore,
    Message,
    Messages,
    MessageSettings,
    MessageStore,
    SessionStore,
    add_message,
    get_messages,
    message_middleware,
)
from partita.messages.levels import level_number, level_tags
from partita.messages.message import read_messages, write_messages
from partita.messages.testing import assert_messages
from partita.sessions import MemoryStore, session_middleware

KEYS = ["k" * 50]
View = Callable[[Request], Response | None]


class Clock:
    """A clock that tests set."""

    now = 1_000_000.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


class Visitor:
    """Sends requests with the cookies of the answers before."""

    def __init__(self, store: str = "fallback", **settings: Any) -> None:
        self.clock = Clock()
        self.settings = MessageSettings(store=store, **settings)  # type: ignore[arg-type]
        cookie, session = CookieStore(self.settings, KEYS), SessionStore()
        stores: dict[str, MessageStore] = {
            "cookie": cookie,
            "session": session,
            "fallback": FallbackStore(cookie, session),
        }
        self.layers = [
            Layer(1, session_middleware(MemoryStore()), "sessions"),
            Layer(2, message_middleware(stores[store], self.settings, self.clock), "messages"),
        ]
        self.cookies: dict[str, str] = {}

    def visit(self, view: View, **headers: str) -> Response:
        """Ask for a page."""

        async def answer(request: Request) -> Response:
            return view(request) or Response.text("")

        handler: Handler = compose(answer, self.layers)
        sent = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        fields = {name.replace("_", "-"): value for name, value in headers.items()} | ({"Cookie": sent} if sent else {})
        self.request = Request.build(headers=fields)
        response: Response = asyncio.run(_awaited(handler(self.request)))
        for line in response.headers.get_all("set-cookie"):
            name, _, rest = line.partition("=")
            value = rest.partition(";")[0]
            if value:
                self.cookies[name] = value
            else:
                self.cookies.pop(name, None)
        return response

    def show(self, **headers: str) -> list[Message]:
        """Ask for a page that shows all messages."""
        shown: list[Message] = []

        def page(request: Request) -> None:
            shown.extend(messages.get_messages(request))

        self.response = self.visit(page, **headers)
        return shown

    def waiting(self) -> list[str]:
        """Ask for a page that only counts them."""
        found: list[str] = []
        self.visit(lambda request: found.extend(map(str, request[messages.MESSAGES].peek())))
        return found


async def _awaited(answer: Any) -> Any:
    return await answer


def tell(*texts: str | LazyText, **options: Any) -> View:
    """Return a view that tells something."""

    def view(request: Request) -> None:
        for text in texts:
            messages.add_message(request, messages.INFO, text, **options)

    return view


def long_texts() -> list[str]:
    """Return 19 texts that do not become shorter by compression."""
    chance = random.Random(1)
    return ["".join(chance.choices(string.printable, k=300)) for _ in range(19)]


@pytest.fixture(params=["cookie", "session", "fallback"])
def visitor(request: pytest.FixtureRequest) -> Visitor:
    """A visitor of an application with each kind of store."""
    return Visitor(request.param)


def test_a_message_is_shown_once_on_the_next_page(visitor: Visitor) -> None:
    visitor.visit(tell("Saved."))
    assert visitor.show() == [Message(messages.INFO, "Saved.")]
    assert visitor.show() == []


def test_a_message_is_shown_at_once_if_the_page_shows_any(visitor: Visitor) -> None:
    def view(request: Request) -> None:
        messages.success(request, "Done.")
        assert [str(each) for each in messages.get_messages(request)] == ["Done."]
        messages.info(request, "Later.")

    visitor.visit(view)
    assert [str(each) for each in visitor.show()] == ["Later."]


def test_messages_wait_until_somebody_shows_them(visitor: Visitor) -> None:
    visitor.visit(tell("One"))
    visitor.visit(lambda request: None)
    visitor.visit(tell("Two"))
    assert visitor.waiting() == ["One", "Two"]
    assert visitor.waiting() == ["One", "Two"]
    assert [str(each) for each in visitor.show()] == ["One", "Two"]
    assert visitor.waiting() == []


def test_levels_below_the_least_are_not_kept() -> None:
    def view(request: Request) -> None:
        messages.debug(request, "debug")
        messages.info(request, "info")
        messages.error(request, "error")

    def shown(level: int | str) -> list[str]:
        visitor = Visitor(level=level)
        visitor.visit(view)
        return [str(each) for each in visitor.show()]

    assert shown("debug") == ["debug", "info", "error"]
    assert shown("info") == ["info", "error"]
    assert shown(25) == ["error"]
    with pytest.raises(messages.LevelError, match="'loud' is no level"):
        message_middleware(SessionStore(), MessageSettings(level="loud"))


def test_the_level_may_be_set_for_one_request() -> None:
    visitor = Visitor()

    def view(request: Request) -> None:
        assert messages.get_level(request) == messages.INFO
        assert messages.set_level(request, messages.DEBUG)
        messages.debug(request, "now")

    visitor.visit(view)
    assert [str(each) for each in visitor.show()] == ["now"]
    lonely = Request.build()
    assert messages.get_level(lonely) == messages.INFO
    assert not messages.set_level(lonely, messages.DEBUG)


def test_each_level_has_a_tag_and_a_message_may_have_more() -> None:
    assert Message(messages.WARNING, "x").tags == "warning"
    assert Message(messages.WARNING, "x", "big red").tags == "big red warning"
    assert Message(99, "x").tags == ""
    assert Message(99, "x", "own").tags == "own"
    visitor = Visitor()
    visitor.visit(tell("x", extra_tags="big"))
    assert [each.tags for each in visitor.show()] == ["big info"]


def test_levels_have_names_numbers_and_digits() -> None:
    assert [level_number(each) for each in ("Error", "40", 40)] == [40, 40, 40]
    assert level_tags({"error": "danger", "50": "critical"})[50] == "critical"
    for wrong in ("", "loud", "-1", "٣", "1" * 5000):
        with pytest.raises(messages.LevelError):
            level_number(wrong)


def test_persistent_messages_stay_until_they_are_dismissed(visitor: Visitor) -> None:
    visitor.visit(tell("Confirm your address.", persistent=True))
    visitor.visit(tell("Saved."))
    assert [str(each) for each in visitor.show()] == ["Confirm your address.", "Saved."]
    (message,) = visitor.show()
    assert message.persistent
    assert "set-cookie" not in visitor.response.headers  # nothing changed
    outcome: list[bool] = []
    visitor.visit(lambda request: outcome.append(messages.dismiss(request, "unknown")))
    assert [str(each) for each in visitor.show()] == ["Confirm your address."]
    visitor.visit(lambda request: outcome.append(messages.dismiss(request, message.id)))
    assert outcome == [False, True]
    assert visitor.show() == []


def test_a_message_that_is_not_persistent_cannot_be_dismissed() -> None:
    visitor = Visitor()
    visitor.visit(tell("x"))
    outcome: list[bool] = []
    visitor.visit(lambda request: outcome.append(messages.dismiss(request, "")))
    assert outcome == [False]
    assert visitor.waiting() == ["x"]


def test_messages_expire(visitor: Visitor) -> None:
    visitor.visit(tell("short", expires=10))
    visitor.visit(tell("long"))
    visitor.clock.now += 9
    assert visitor.waiting() == ["short", "long"]
    visitor.clock.now += 2
    assert visitor.waiting() == ["long"]


def test_the_settings_may_say_when_messages_expire() -> None:
    visitor = Visitor(expires=60)
    visitor.visit(tell("x"))
    visitor.visit(tell("never", expires=0))
    visitor.clock.now += 61
    assert visitor.waiting() == ["never"]


def test_lazy_texts_and_safe_html_arrive(visitor: Visitor) -> None:
    visitor.visit(tell(LazyText(lambda: "made late"), Markup("<b>bold</b>"), "<i>"))
    lazy, safe, plain = visitor.show()
    assert str(lazy) == "made late"
    assert isinstance(safe.message, Markup)
    assert not isinstance(plain.message, Markup)
    assert f"{Markup.escape(safe)}{Markup.escape(plain)}" == "<b>bold</b>&lt;i&gt;"


def test_empty_messages_are_not_kept() -> None:
    visitor = Visitor()
    visitor.visit(tell(""))
    assert visitor.cookies == {}


def test_only_the_newest_wait() -> None:
    visitor = Visitor("session", most=3)
    visitor.visit(tell(*"abcde"))
    assert visitor.waiting() == ["c", "d", "e"]


def test_a_page_without_messages_reads_and_sets_nothing(visitor: Visitor) -> None:
    response = visitor.visit(lambda request: None)
    assert not {"set-cookie", "vary"} & set(response.headers)


def test_a_page_with_messages_is_not_shared_by_caches() -> None:
    visitor = Visitor("cookie")
    response = visitor.visit(tell("x"))
    assert response.headers["vary"] == "Cookie"
    assert response.headers["cache-control"] == "private"
    cookie = response.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert visitor.waiting() == ["x"]


def test_a_cookie_holds_the_newest_that_fit(caplog: pytest.LogCaptureFixture) -> None:
    visitor = Visitor("cookie")
    texts = long_texts()
    response = visitor.visit(tell(*texts))
    assert len(visitor.cookies["messages"]) <= 2048
    assert len(response.headers["set-cookie"]) < 4096
    waiting = visitor.waiting()
    assert 1 <= len(waiting) < 19
    assert waiting == texts[-len(waiting) :]
    assert "were dropped" in caplog.text


def test_one_message_that_does_not_fit_into_a_cookie_is_told_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    visitor = Visitor("cookie", cookie_bytes=100)
    visitor.visit(tell("".join(map(chr, range(200, 900)))))
    assert visitor.cookies == {}
    assert "1 messages were dropped" in caplog.text


def test_what_does_not_fit_into_the_cookie_moves_to_the_session() -> None:
    visitor = Visitor("fallback")
    texts = long_texts()
    visitor.visit(tell(*texts))
    assert set(visitor.cookies) == {"messages", "sessionid"}
    assert len(visitor.cookies["messages"]) <= 2048
    assert visitor.waiting() == texts
    assert [str(each) for each in visitor.show()] == texts
    assert visitor.show() == []
    assert visitor.cookies == {}


def test_short_messages_leave_the_session_alone() -> None:
    visitor = Visitor("fallback")
    visitor.visit(tell("short"))
    assert set(visitor.cookies) == {"messages"}


def test_a_message_too_long_for_any_cookie_waits_in_the_session() -> None:
    visitor = Visitor("fallback")
    text = "".join(map(chr, range(200, 3000)))
    visitor.visit(tell(text))
    assert visitor.waiting() == [text]


@pytest.mark.parametrize("change", [lambda c: c[:-1], lambda c: "x" + c, lambda c: "", lambda c: "x" * 100_000])
def test_a_cookie_that_is_not_ours_says_nothing(change: Callable[[str], str]) -> None:
    visitor = Visitor("cookie")
    visitor.visit(tell("x"))
    visitor.cookies["messages"] = change(visitor.cookies["messages"])
    assert visitor.show() == []


def test_a_cookie_of_another_key_says_nothing() -> None:
    visitor = Visitor("cookie")
    visitor.visit(tell("x"))
    other = CookieStore(visitor.settings, ["o" * 50])
    request = Request.build(headers={"Cookie": f"messages={visitor.cookies['messages']}"})
    assert other.load(request) == []
    assert CookieStore(visitor.settings, ["o" * 50, *KEYS]).load(request) != []


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner, max_size=4)))
def test_whatever_a_store_holds_reads_as_messages_or_none(value: object) -> None:
    assert all(isinstance(each, Message) for each in read_messages(value))


kept = st.builds(
    Message, st.integers(0, 99), st.text(min_size=1), st.text(), st.text(), st.floats(0, 1e10, allow_nan=False)
)


@given(st.lists(kept))
def test_what_was_written_reads_back(given_messages: list[Message]) -> None:
    read = read_messages(write_messages(given_messages))
    assert read == given_messages
    assert [(each.id, each.until) for each in read] == [(each.id, each.until) for each in given_messages]


def test_a_request_that_keeps_no_messages_is_an_error_unless_told_otherwise() -> None:
    request = Request.build()
    with pytest.raises(messages.MessageFailure, match=r"Add partita\.messages"):
        messages.info(request, "x")
    assert messages.error(request, "x", fail_silently=True) is None
    assert list(messages.get_messages(request)) == []
    assert not messages.dismiss(request, "x")
    nothing: Any = None
    with pytest.raises(TypeError, match="must be a request, not 'NoneType'"):
        messages.add_message(nothing, messages.INFO, "x")


def test_messages_are_equal_by_what_visitors_see() -> None:
    one = Message(messages.INFO, "x")
    assert one == Message(messages.INFO, LazyText(lambda: "x"), id="1", until=3)
    assert one != Message(messages.INFO, "x", "tag")
    assert one != Message(messages.ERROR, "x")
    assert one != "x"
    assert len({one, Message(messages.INFO, "x", id="2")}) == 1
    assert repr(one) == "Message(level=20, message='x')"


def test_tests_may_assert_which_messages_there_were() -> None:
    visitor = Visitor()
    visitor.visit(tell("a", "b"))
    visitor.show()
    a, b = Message(messages.INFO, "a"), Message(messages.INFO, "b")
    assert_messages(visitor.request, [a, b])
    assert_messages(visitor.request, [b, a], ordered=False)
    with pytest.raises(AssertionError, match="the messages are"):
        assert_messages(visitor.request, [b, a])
    with pytest.raises(AssertionError, match="keeps no messages"):
        assert_messages(Request.build(), [])


def test_htmx_gets_messages_as_a_trigger_and_they_count_as_seen() -> None:
    visitor = Visitor(htmx=True)
    visitor.visit(tell("Saved."))
    boosted = visitor.visit(lambda request: None, hx_request="true", hx_boosted="true")
    assert "hx-trigger" not in boosted.headers
    response = visitor.visit(lambda request: None, hx_request="true")
    expected = '{"messages": [{"level": 20, "tags": "info", "message": "Saved."}]}'
    assert response.headers["hx-trigger"] == expected
    assert visitor.show() == []


def test_htmx_messages_join_other_triggers_and_wait_where_they_do_not_fit() -> None:
    visitor = Visitor(htmx=True)

    def own(value: str) -> View:
        return lambda request: Response.text("").with_header("HX-Trigger", value)

    visitor.visit(tell("x"))
    assert visitor.visit(own("plain"), hx_request="true").headers["hx-trigger"] == "plain"
    assert visitor.visit(own("[1]"), hx_request="true").headers["hx-trigger"] == "[1]"
    joined = visitor.visit(own('{"a": 1}'), hx_request="true").headers["hx-trigger"]
    assert joined.startswith('{"a": 1, "messages"')
    visitor.visit(tell("ü" * 3000))
    assert "hx-trigger" not in visitor.visit(lambda request: None, hx_request="true").headers
    assert visitor.waiting() == ["ü" * 3000]
    assert "hx-trigger" not in Visitor(htmx=True).visit(lambda request: None, hx_request="true").headers
    visitor = Visitor(htmx=True)
    visitor.visit(tell("x"))
    redirect = visitor.visit(lambda request: Response.redirect("/"), hx_request="true")
    assert "hx-trigger" not in redirect.headers
    assert visitor.waiting() == ["x"]


class Wrapper:
    """A request as frameworks on top of this one wrap it: what it lacks is asked of the inner one."""

    def __init__(self, inner: Request) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


def test_whatever_wraps_a_request_takes_messages() -> None:
    inner = Request.build()
    inner.state.fill(MESSAGES, Messages(list, _nothing))
    wrapped: Any = Wrapper(inner)
    add_message(wrapped, INFO, "hello")
    assert [str(message) for message in get_messages(inner)] == ["hello"]
    assert_messages(wrapped, [Message(INFO, "hello")])
    with pytest.raises(TypeError, match="must be a request, not 'NoneType'"):
        add_message(cast("Any", None), INFO, "hello")


async def _nothing() -> list[Message]:
    return []


def test_a_test_may_set_what_keeps_the_messages_of_a_draft() -> None:
    class Kept:
        level = 0

        def __init__(self) -> None:
            self.added: list[tuple[int, str, str]] = []

        def add(self, level: int, message: str, extra_tags: str = "") -> None:
            self.added.append((level, message, extra_tags))

    request: Any = HttpRequest()
    with pytest.raises(messages.MessageFailure):
        messages.info(request, "nobody hears it")
    kept = request._messages = Kept()
    messages.info(request, "heard", "loud")
    assert kept.added == [(INFO, "heard", "loud")]
    assert messages.set_level(request, 30)
    assert messages.get_level(request) == 30 == kept.level
    found: object = get_messages(request)
    assert found is kept
