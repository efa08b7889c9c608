"""Callbacks of class-based views are called in the order of their declaration, each inside of those before it."""

import asyncio
from collections.abc import Awaitable, Callable
from inspect import isawaitable
from typing import Any

import pytest

from partita.http import Request, Response
from partita.views.errors import ViewConfigurationError
from partita.views.generic.callbacks import CallbacksMixin, after_action, around_action, before_action


class Base(CallbacksMixin):
    seen: list[str]

    def setup(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.seen = []

    @before_action()
    def check(self) -> Response | None:
        self.seen.append("check")
        return Response.text("refused", 403) if self.request.query.get("refuse") else None

    @around_action()
    def timed(self, proceed: Callable[[], Response]) -> Response:
        self.seen.append("timed in")
        response = proceed()
        self.seen.append("timed out")
        return response

    @after_action()
    def tell(self, response: Response) -> Response:
        return response.with_header("X-Seen", ", ".join([*self.seen, "tell"]))


class Albums(Base):
    @before_action(only=["post"])
    def load(self) -> None:
        self.seen.append("load")

    @after_action(exclude=["post"])
    def note(self, response: Response) -> None:
        self.seen.append("note")

    def get(self, request: Request) -> Response:
        self.seen.append("get")
        return Response.text("got")

    def post(self, request: Request) -> Response:
        self.seen.append("post")
        return Response.text("posted")


def ask(view: Callable[..., Any], method: str = "GET", path: str = "/") -> Response:
    answered = view(Request.build(method, path))
    if isawaitable(answered):

        async def finish(waiting: Awaitable[Response]) -> Response:
            return await waiting

        answered = asyncio.run(finish(answered))
    assert isinstance(answered, Response)
    return answered


def test_the_order_is_that_of_the_declarations_base_classes_first() -> None:
    view = Albums.as_view()
    assert ask(view).headers["x-seen"] == "check, timed in, get, note, tell"
    assert ask(view, "POST").headers["x-seen"] == "check, timed in, load, post, tell"


def test_an_answer_before_the_action_keeps_it_and_all_behind_it_from_running() -> None:
    refused = ask(Albums.as_view(), "GET", "/?refuse=1")
    assert (refused.status, refused.body) == (403, b"refused")
    assert "x-seen" not in refused.headers


def test_what_stands_around_sees_an_early_answer_behind_it() -> None:
    class Late(Base):
        @before_action()
        def stop(self) -> Response:
            self.seen.append("stop")
            return Response.text("stopped")

        def get(self, request: Request) -> Response:
            raise AssertionError("the action must not run")

    assert ask(Late.as_view()).headers["x-seen"] == "check, timed in, stop, tell"


def test_a_subclass_replaces_a_callback_in_its_place_or_leaves_it_out() -> None:
    class Other(Albums):
        timed = None  # type: ignore[assignment]  # leaves it out

        @before_action()
        def check(self) -> None:
            self.seen.append("other check")

    assert ask(Other.as_view()).headers["x-seen"] == "other check, get, note, tell"


def test_what_an_action_raises_goes_through_what_stands_around_it() -> None:
    class Failing(Base):
        @around_action()
        def rescue(self, proceed: Callable[[], Response]) -> Response:
            try:
                return proceed()
            except LookupError as error:
                return Response.text(f"rescued {error}")

        def get(self, request: Request) -> Response:
            raise LookupError("album")

    assert ask(Failing.as_view()).body == b"rescued album"


def test_async_actions_and_callbacks_are_awaited() -> None:
    class Async(CallbacksMixin):
        seen: list[str]

        @before_action()
        async def check(self) -> None:
            await asyncio.sleep(0)
            self.seen = ["check"]

        @around_action()
        async def timed(self, proceed: Callable[[], Awaitable[Response]]) -> Response:
            self.seen.append("in")
            response = await proceed()
            self.seen.append("out")
            return response

        @after_action()
        def tell(self, response: Response) -> Response:
            return response.with_header("X-Seen", " ".join(self.seen))

        def get(self, request: Request) -> Response:
            self.seen.append("get")
            return Response.text("got")

    assert Async.view_is_async()
    assert ask(Async.as_view()).headers["x-seen"] == "check in get"


def test_a_single_name_instead_of_a_list_is_refused() -> None:
    with pytest.raises(ViewConfigurationError, match=r"take a list of actions, such as \['get'\]"):
        before_action(only="get")


def test_what_protects_get_protects_head_unless_the_view_has_a_head_of_its_own() -> None:
    class Secret(CallbacksMixin):
        @before_action(only=["GET"])  # capitals, as methods are written elsewhere
        def check(self) -> Response:
            return Response.text("refused", 403)

        def get(self, request: Request) -> Response:
            return Response.text("secret")

    assert [ask(Secret.as_view(), method).status for method in ("GET", "HEAD")] == [403, 403]

    class Public(Secret):
        def head(self, request: Request) -> Response:
            return Response.text("")

    assert [ask(Public.as_view(), method).status for method in ("GET", "HEAD")] == [403, 200]

    class Open(CallbacksMixin):
        @before_action(exclude=["get"])
        def check(self) -> Response:
            return Response.text("refused", 403)

        def get(self, request: Request) -> Response:
            return Response.text("open")

    assert [ask(Open.as_view(), method).status for method in ("GET", "HEAD", "OPTIONS")] == [200, 200, 403]


def test_an_action_that_no_request_asks_for_is_told_while_the_class_is_made() -> None:
    with pytest.raises(
        ViewConfigurationError, match=r"Typo\.check is for the action 'psot', but there are only get, post"
    ):

        class Typo(CallbacksMixin):
            @before_action(only=["psot"])
            def check(self) -> None:
                """Check nothing."""

    class Own(CallbacksMixin):
        http_method_names = ("get", "purge")

        @after_action(exclude=["purge"])
        def note(self, response: Response) -> None:
            """Note nothing."""

    assert Own.http_method_names == ("get", "purge")


def test_what_is_declared_first_stands_outermost_on_the_way_in_and_out() -> None:
    seen: list[str] = []

    class Onion(CallbacksMixin):
        @after_action()
        def last(self, response: Response) -> None:
            seen.append("last")

        @around_action()
        def outer(self, proceed: Callable[[], Response]) -> Response:
            seen.append("outer in")
            response = proceed()
            seen.append("outer out")
            return response

        @before_action()
        def before(self) -> None:
            seen.append("before")

        @around_action()
        def inner(self, proceed: Callable[[], Response]) -> Response:
            seen.append("inner in")
            response = proceed()
            seen.append("inner out")
            return response

        @after_action()
        def first(self, response: Response) -> None:
            seen.append("first")

        def get(self, request: Request) -> Response:
            seen.append("get")
            return Response.text("got")

    ask(Onion.as_view())
    assert seen == ["outer in", "before", "inner in", "get", "first", "inner out", "outer out", "last"]
